package lean

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// How much is kept, in fields of plans and selections of documents; one takes some 300 bytes.
const (
	maxGeneration = 1 << 15
	maxDocument   = maxGeneration / 8
)

// Plans holds the plans of documents that were executed lately. It has two generations: when the new one is
// full, the old one is dropped, and the new one is old. What was used meanwhile has moved on.
type Plans struct {
	types Types

	mu       sync.RWMutex
	new, old map[*ast.QueryDocument]*document
	size     int // of the new generation

	written, left atomic.Int64
}

// NewPlans returns Plans for a schema's types.
func NewPlans(types Types) *Plans {
	return &Plans{types: types, new: map[*ast.QueryDocument]*document{}}
}

// Counts returns how many subtrees were written here, and how many were left to gqlgen.
func (p *Plans) Counts() (written, left int64) { return p.written.Load(), p.left.Load() }

// document is a document with its plans.
type document struct {
	// variables are those in @skip and @include: other values, other plans.
	variables []string
	// foreign tells that there are directives of another kind.
	foreign bool

	mu    sync.RWMutex
	plans map[planKey][]selected
	size  int
}

// planKey finds a plan, together with all of the selections: merged ones can begin with the same.
type planKey struct {
	first ast.Selection
	typ   string
	bools uint64 // values of the variables
}

// selected is the plan for selections; nil when they are gqlgen's to resolve.
type selected struct {
	sel  ast.SelectionSet
	plan *Plan
}

// plan returns the plan for selections on an object type, or nil when they are gqlgen's to resolve.
func (p *Plans) plan(ctx context.Context, op *graphql.OperationContext, sel ast.SelectionSet, typ string) *Plan {
	d := p.document(op.Doc)
	bools, ok := d.bools(op.Variables)
	if !ok {
		return nil
	}
	key := planKey{sel[0], typ, bools}
	if s, ok := d.find(key, sel); ok {
		return s.plan
	}
	plan := compile(ctx, op, p.types, sel, typ)
	if n := d.keep(key, selected{sel, plan}); n > 0 {
		p.mu.Lock()
		p.grow(n)
		p.mu.Unlock()
	}
	return plan
}

func (p *Plans) document(doc *ast.QueryDocument) *document {
	p.mu.RLock()
	d := p.new[doc]
	p.mu.RUnlock()
	if d != nil {
		return d
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.new[doc]; d != nil {
		return d
	}
	d = p.old[doc]
	if d == nil {
		d = newDocument(doc)
	}
	p.new[doc] = d
	p.grow(d.size)
	return d
}

// grow counts what was added to the new generation, and begins another when it is full.
func (p *Plans) grow(n int) {
	if p.size += n; p.size > maxGeneration {
		p.new, p.old, p.size = map[*ast.QueryDocument]*document{}, p.new, 0
	}
}

// find returns what is known about selections.
func (d *document) find(key planKey, sel ast.SelectionSet) (selected, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, s := range d.plans[key] {
		if slices.Equal(s.sel, sel) {
			return s, true
		}
	}
	return selected{}, false
}

// keep remembers a plan, if there is room for it, and returns the room that it takes.
func (d *document) keep(key planKey, s selected) int {
	n := 1 + len(s.sel)
	if s.plan != nil {
		n += s.plan.size
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.size+n > maxDocument {
		return 0
	}
	d.size += n
	d.plans[key] = append(d.plans[key], s)
	return n
}

// bools returns the values of the variables in @skip and @include; ok is false when gqlgen has to
// decide what they mean.
func (d *document) bools(values map[string]any) (bits uint64, ok bool) {
	if d.foreign {
		return 0, false
	}
	for i, name := range d.variables {
		yes, ok := values[name].(bool)
		if !ok {
			return 0, false
		}
		if yes {
			bits |= 1 << i
		}
	}
	return bits, true
}

func newDocument(doc *ast.QueryDocument) *document {
	d := &document{plans: map[planKey][]selected{}}
	for _, o := range doc.Operations {
		d.read(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		d.read(f.SelectionSet)
	}
	d.foreign = d.foreign || len(d.variables) > 64
	return d
}

func (d *document) read(set ast.SelectionSet) {
	for _, s := range set {
		d.size++
		switch s := s.(type) {
		case *ast.Field:
			d.directives(s.Directives)
			d.read(s.SelectionSet)
		case *ast.InlineFragment:
			d.directives(s.Directives)
			d.read(s.SelectionSet)
		case *ast.FragmentSpread:
			d.directives(s.Directives)
		}
	}
}

func (d *document) directives(list ast.DirectiveList) {
	for _, dir := range list {
		if dir.Name != "skip" && dir.Name != "include" {
			d.foreign = true
			continue
		}
		v := dir.Arguments.ForName("if").Value
		if v.Kind == ast.Variable && !slices.Contains(d.variables, v.Raw) {
			d.variables = append(d.variables, v.Raw)
		}
	}
}
