package lean

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Plan is how an object of one type is written: its fields, those that are left out aside, in order.
type Plan struct {
	Fields []Field
	// late are the fields of a whole subtree whose arguments hold variables; in its topmost plan.
	late []*Field
	size int // how many fields the subtree has
}

// Field is one field of a plan.
type Field struct {
	// Key is the field's alias as a key, with what stands before it.
	Key []byte
	// Index is the writer's case.
	Index int
	// Inline tells that gqlgen's function is called.
	Inline bool
	// Of is what is asked of its value, by possible type. An object type has one.
	Of []*Plan
	// Collected is gqlgen's view of the field.
	Collected graphql.CollectedField

	object string
	absent string // what is said when it must not be null
	info   FieldInfo
	args   arguments // where they hold no variables
	slot   int       // of late ones
}

// arguments are a field's arguments, for its getter and as gqlgen holds them.
type arguments struct {
	list  []any
	named map[string]any
}

// What gqlgen says of a null: to the field of an abstract type, and to all else.
const (
	fieldIsNull   = "must not be null"
	elementIsNull = "the requested element is null which the schema does not allow"
)

// compiler makes the plan of one subtree.
type compiler struct {
	ctx   context.Context //nolint:containedctx // lives for one call
	op    *graphql.OperationContext
	types Types
	late  []*Field
	size  int
}

// compile returns the plan for selections on an object type, or nil when they are gqlgen's to resolve.
func compile(ctx context.Context, op *graphql.OperationContext, types Types, sel ast.SelectionSet, typ string) *Plan {
	c := &compiler{ctx: ctx, types: types, op: &graphql.OperationContext{Doc: op.Doc, Variables: op.Variables}}
	p := c.plan(sel, typ)
	if p != nil {
		p.late, p.size = c.late, c.size
	}
	return p
}

func (c *compiler) plan(sel ast.SelectionSet, typ string) *Plan {
	t := c.types[typ]
	if t == nil {
		return nil
	}
	collected := graphql.CollectFields(c.op, sel, t.Satisfies)
	p := &Plan{Fields: make([]Field, len(collected))}
	aliases := make(map[string]bool, len(collected))
	for i, from := range collected {
		f := &p.Fields[i]
		*f = Field{Key: key(i, from.Alias), Collected: from, object: typ, slot: -1}
		if aliases[from.Alias] {
			return nil
		}
		aliases[from.Alias] = true
		if from.Name != "__typename" && !c.field(f, t) {
			return nil
		}
	}
	c.size += len(collected)
	return p
}

// key returns what is written before a field's value.
func key(i int, alias string) []byte {
	b := make([]byte, 0, len(alias)+4)
	if i > 0 {
		b = append(b, ',')
	}
	return append(AppendString(b, alias), ':')
}

// field completes a field, and tells whether it can be written here.
func (c *compiler) field(f *Field, of *Type) bool {
	f.info = of.Fields[f.Collected.Name]
	f.Index = f.info.Index
	switch f.info.Kind {
	case Inline:
		f.Inline = true
		return true
	case Plain:
		return c.arguments(f) && (f.info.Type == "" || c.below(f))
	case Slow:
	}
	return false
}

// arguments decodes the arguments of a field, unless variables are in them.
func (c *compiler) arguments(f *Field) bool {
	if f.info.Decode == nil {
		return true
	}
	if holdsVariable(f.Collected.Arguments) {
		f.slot = len(c.late)
		c.late = append(c.late, f)
		return true
	}
	var ok bool
	f.args, ok = f.decode(c.ctx, c.op.Variables)
	return ok
}

func (c *compiler) below(f *Field) bool {
	possible := []string{f.info.Type}
	f.absent = elementIsNull
	if t := c.types[f.info.Type]; t != nil && t.Possible != nil {
		possible, f.absent = t.Possible, fieldIsNull
	}
	for _, typ := range possible {
		p := c.plan(f.Collected.Selections, typ)
		if p == nil {
			return false
		}
		f.Of = append(f.Of, p)
	}
	return true
}

// decode reads the arguments; ok is false when gqlgen has to say what is wrong with them.
func (f *Field) decode(ctx context.Context, variables map[string]any) (a arguments, ok bool) {
	named, err := f.info.Decode(ctx, f.Collected.ArgumentMap(variables))
	if err != nil {
		return a, false
	}
	a = arguments{list: make([]any, len(f.info.Args)), named: named}
	for i, name := range f.info.Args {
		a.list[i] = named[name]
	}
	return a, true
}

func holdsVariable(list ast.ArgumentList) bool {
	for _, a := range list {
		if variableIn(a.Value) {
			return true
		}
	}
	return false
}

func variableIn(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, c := range v.Children {
		if variableIn(c.Value) {
			return true
		}
	}
	return false
}
