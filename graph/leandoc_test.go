package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// docWriter writes random documents: aliases, fields that come twice, fragments in and below each other,
// @skip and @include, arguments with and without variables. Most of them are valid.
type docWriter struct {
	r         *rand.Rand
	room      int // for so many selections
	fragments []string
	variables map[string]string // those used, with their types
}

// randomDocument returns a document on the root type given.
func randomDocument(r *rand.Rand, root *ast.Definition) string {
	w := &docWriter{r: r, room: 10 + r.IntN(100), variables: map[string]string{}}
	operation := strings.ToLower(root.Name)
	var fields []string
	from := *root
	if r.IntN(2) == 0 { // a null deep down takes less with it
		from.Fields = slices.DeleteFunc(slices.Clone(root.Fields), func(f *ast.FieldDefinition) bool { return f.Type.NonNull && root.Name == "Query" })
	}
	for range 1 + r.IntN(3) {
		fields = append(fields, w.field(&from, 6))
	}
	if operation == "mutation" {
		fields = fields[:1]
	}
	var vars []string
	for name, typ := range w.variables {
		vars = append(vars, "$"+name+": "+typ)
	}
	head := operation
	if len(vars) > 0 {
		slices.Sort(vars)
		head += "(" + strings.Join(vars, ", ") + ")"
	}
	return head + " { " + strings.Join(fields, " ") + " } " + strings.Join(w.fragments, " ")
}

// variable uses a variable.
func (w *docWriter) variable(name, typ string) string {
	w.variables[name] = typ
	return "$" + name
}

// directives returns none, as a rule.
func (w *docWriter) directives() string {
	switch w.r.IntN(14) {
	case 0:
		return " @include(if: " + w.variable("a", "Boolean!") + ")"
	case 1:
		return " @skip(if: " + w.variable("b", "Boolean!") + ")"
	case 2:
		return " @skip(if: false) @include(if: " + w.variable("b", "Boolean!") + ")"
	case 3:
		return " @include(if: " + w.variable("c", "Boolean = true") + ")"
	}
	return ""
}

func (w *docWriter) selection(def *ast.Definition, depth int) string {
	var out []string
	for range 1 + w.r.IntN(5) {
		out = append(out, w.selections(def, depth)...)
	}
	return "{ " + strings.Join(append(out, "__typename"), " ") + " }"
}

func (w *docWriter) selections(def *ast.Definition, depth int) []string {
	on := def
	if w.room--; w.room < 0 {
		depth = 0
	}
	if def.IsAbstractType() && w.r.IntN(4) > 0 {
		possible := parsedSchema.GetPossibleTypes(def)
		on = possible[w.r.IntN(len(possible))]
	}
	switch n := w.r.IntN(8); {
	case n == 0 && depth > 0:
		body := w.selection(on, depth-1)
		name := fmt.Sprint("F", len(w.fragments))
		w.fragments = append(w.fragments, fmt.Sprintf("fragment %s on %s %s", name, on.Name, body))
		spread := "..." + name + w.directives()
		if w.r.IntN(3) == 0 {
			return []string{spread, "..." + name}
		}
		return []string{spread}
	case (n == 1 || on != def) && depth > 0:
		return []string{"... on " + on.Name + w.directives() + " " + w.selection(on, depth-1)}
	case n == 2 && depth > 0:
		return []string{"..." + w.directives() + " " + w.selection(def, depth-1)}
	case def.IsAbstractType():
		return []string{"id" + w.directives()}
	}
	return []string{w.field(on, depth)}
}

func (w *docWriter) field(def *ast.Definition, depth int) string {
	f := def.Fields[w.r.IntN(len(def.Fields))]
	for n := w.r.IntN(16); n < 8 && common(f); n++ {
		f = def.Fields[w.r.IntN(len(def.Fields))]
	}
	for strings.HasPrefix(f.Name, "__") || depth <= 0 && parsedSchema.Types[f.Type.Name()].IsCompositeType() {
		f = def.Fields[w.r.IntN(len(def.Fields))]
		if depth <= 0 && w.r.IntN(20) == 0 {
			return "__typename"
		}
	}
	args, alias := w.arguments(f)
	if w.r.IntN(4) == 0 {
		alias += string(rune('x' + w.r.IntN(2)))
	}
	s := f.Name + args + w.directives()
	if alias != "" {
		s = f.Name + "_" + alias + ": " + s
	}
	switch t := parsedSchema.Types[f.Type.Name()]; {
	case t.IsAbstractType(): // it is rare
		s += " " + w.selection(t, max(depth-1, 3))
	case t.IsCompositeType():
		s += " " + w.selection(t, depth-1)
	}
	return s
}

// common tells whether there are many fields like it: it has no arguments, and neither it nor what it lists is of several types.
func common(f *ast.FieldDefinition) bool {
	t := parsedSchema.Types[f.Type.Name()]
	if node := strings.TrimSuffix(t.Name, "Connection"); node == "AuditEvent" {
		return false // its subject is
	}
	return len(f.Arguments) == 0 && !t.IsAbstractType()
}

// arguments returns arguments, and an alias that is theirs alone: one with others cannot be merged.
func (w *docWriter) arguments(f *ast.FieldDefinition) (args, alias string) {
	var list []string
	for _, a := range f.Arguments {
		if !a.Type.NonNull && w.r.IntN(2) > 0 || !a.Type.NonNull && a.Name != "first" && w.r.IntN(6) > 0 {
			continue
		}
		n := w.r.IntN(3)
		value := literal(a.Type, n)
		if a.Name == "first" && n == 2 {
			value = w.variable("n", "Int")
		} else if a.Name == "search" && n == 2 {
			value = w.variable("s", "String")
		}
		list, alias = append(list, a.Name+": "+value), fmt.Sprintf("%s%s%d", alias, a.Name, n)
	}
	if list == nil {
		return "", ""
	}
	return "(" + strings.Join(list, ", ") + ")", alias
}

// literal returns a value of an input type, the n-th.
func literal(t *ast.Type, n int) string {
	if t.Elem != nil {
		return "[" + literal(t.Elem, n) + "]"
	}
	def := parsedSchema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[n%len(def.EnumValues)].Name
	case def.Kind == ast.InputObject:
		var fields []string
		for i, f := range def.Fields {
			if f.Type.NonNull || i == n {
				fields = append(fields, f.Name+": "+literal(f.Type, n))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case t.NamedType == "Int":
		return fmt.Sprint(1 + n%2)
	case t.NamedType == "Boolean":
		return "true"
	case t.NamedType == "DateTime":
		return []string{`"2026-01-31T12:00:00Z"`, `"2026-01-31T12:00:00.5+02:00"`, `"yesterday"`}[n]
	}
	return []string{`"t"`, `"u"`, `""`}[n]
}
