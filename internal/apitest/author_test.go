package apitest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// author writes documents that are good, or nearly: every field, argument and type of the schema comes up, with values
// of the right type, literally or by variables.
type author struct {
	*rand.Rand
	schema    *ast.Schema
	ids       []string // of things that exist, and of some that do not
	cursors   []string
	variables map[string]any
	defined   []string // variables, with their types
}

// word is a value that is written without quotes: an enum's.
type word string

func (a *author) pick(from ...string) string { return from[a.IntN(len(from))] }

// now and then, one time in n.
func (a *author) oneIn(n int) bool { return a.IntN(n) == 0 }

// document writes a document and its variables.
func (a *author) document() string {
	a.variables, a.defined = map[string]any{}, nil
	root, operation, fields := a.schema.Query, "query", 1+a.IntN(3)
	switch a.IntN(10) {
	case 0, 1:
		root, operation = a.schema.Mutation, "mutation"
	case 2:
		root, operation, fields = a.schema.Subscription, "subscription", 1
	}
	var selected []string
	for i := range fields {
		f := root.Fields[a.IntN(len(root.Fields))]
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		use := fmt.Sprintf("r%d: %s", i, a.use(f, 1+a.IntN(3)))
		if name, rest, _ := strings.Cut(use[4:], "{"); operation == "mutation" && a.oneIn(4) {
			use = use[:4] + name + fmt.Sprintf(`@idempotent(key: "k%d") {`, a.IntN(5)) + rest
		}
		selected = append(selected, use)
	}
	if len(selected) == 0 {
		selected = []string{"__typename"}
	}
	head := operation + a.pick("", " A", " "+strings.Repeat("a", 1+a.IntN(50)))
	if len(a.defined) > 0 {
		head += "(" + strings.Join(a.defined, ", ") + ")"
	}
	return head + " { " + strings.Join(selected, " ") + " }"
}

// use writes a field with arguments and what is selected below it.
func (a *author) use(f *ast.FieldDefinition, depth int) string {
	var args []string
	for _, arg := range f.Arguments {
		if arg.Type.NonNull || a.oneIn(4) {
			args = append(args, arg.Name+": "+a.argument(arg.Type))
		}
	}
	text := f.Name
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	if a.oneIn(30) {
		text += a.pick(" @skip(if: false)", " @include(if: true)", " @skip(if: true)")
	}
	return text + a.selection(a.schema.Types[f.Type.Name()], depth)
}

func (a *author) selection(typ *ast.Definition, depth int) string {
	if typ.IsLeafType() {
		return ""
	}
	selected := []string{"__typename"}
	if typ.IsAbstractType() {
		possible := a.schema.GetPossibleTypes(typ)
		p := possible[a.IntN(len(possible))]
		return " { id ... on " + p.Name + a.selection(p, depth) + " }"
	}
	for range 1 + a.IntN(4) {
		f := typ.Fields[a.IntN(len(typ.Fields))]
		if leaf := a.schema.Types[f.Type.Name()].IsLeafType(); strings.HasPrefix(f.Name, "__") || !leaf && depth == 0 {
			continue
		}
		selected = append(selected, fmt.Sprintf("f%d: %s", a.IntN(100), a.use(f, depth-1)))
	}
	return " { " + strings.Join(selected, " ") + " }"
}

// argument writes a value, or a variable that has it.
func (a *author) argument(typ *ast.Type) string {
	v := a.value(typ, 3)
	if !a.oneIn(3) {
		return literal(v)
	}
	name := fmt.Sprintf("v%d", len(a.defined))
	a.defined = append(a.defined, "$"+name+": "+typ.String())
	a.variables[name] = v
	return "$" + name
}

// value makes one of the type.
func (a *author) value(typ *ast.Type, depth int) any {
	if !typ.NonNull && a.oneIn(5) {
		return nil
	}
	if typ.Elem != nil {
		list := []any{}
		for range a.IntN(4) {
			list = append(list, a.value(typ.Elem, depth-1))
		}
		return list
	}
	def := a.schema.Types[typ.NamedType]
	switch def.Kind {
	case ast.Enum:
		return word(def.EnumValues[a.IntN(len(def.EnumValues))].Name)
	case ast.InputObject:
		object := map[string]any{}
		for _, f := range def.Fields {
			if f.Type.NonNull || depth > 0 && a.oneIn(3) {
				object[f.Name] = a.value(f.Type, depth-1)
			}
		}
		return object
	case ast.Scalar, ast.Object, ast.Interface, ast.Union:
	}
	return a.scalar(typ.NamedType)
}

func (a *author) scalar(name string) any {
	switch name {
	case "ID":
		return a.ids[a.IntN(len(a.ids))]
	case "Int":
		return []int{-1, 0, 1, 2, 20, 100, 101, 1 << 30}[a.IntN(8)]
	case "Float":
		return a.Float64()
	case "Boolean":
		return a.oneIn(2)
	case "DateTime":
		return a.pick("2026-03-02T09:30:00Z", "2026-04-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2026-02-30T00:00:00Z")
	case "Cursor":
		return a.cursors[a.IntN(len(a.cursors))]
	case "Decimal":
		return a.pick("0", "8.40", "-1", "1e9")
	}
	return a.pick("", "a", "contoso.example", "%_", "Visio", "İ", "\x00", "zzz", "MAo", strings.Repeat("ä", 250))
}

// literal writes a value as documents do.
func literal(v any) string {
	switch v := v.(type) {
	case word:
		return string(v)
	case string:
		b, _ := json.Marshal(v) //nolint:errchkjson // a string
		return string(b)
	case int:
		return strconv.Itoa(v)
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, literal(e))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case map[string]any:
		var list []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			list = append(list, name+": "+literal(v[name]))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}
