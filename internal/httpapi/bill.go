package httpapi

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/page"
)

// use is a fragment on objects of one type.
type use struct {
	fragment *ast.FragmentDefinition
	on       *ast.Definition
}

// bill adds up one operation. Each field, and each fragment on each type, is looked at once, however
// often it counts.
type bill struct {
	schema    *ast.Schema
	variables map[string]any
	fragments map[use]price
	fields    map[*ast.Field]price
	lists     map[string]int // how many entries the lists in a variable have
}

// set prices a selection set. Of the types that an interface or union stands for, the dearest counts.
func (b *bill) set(set ast.SelectionSet, on *ast.Definition) price {
	if !on.IsAbstractType() {
		return b.object(set, on)
	}
	var dearest price
	for _, possible := range b.schema.GetPossibleTypes(on) {
		dearest = dearest.or(b.object(set, possible))
	}
	return dearest
}

// object prices a selection set on objects of one type.
func (b *bill) object(set ast.SelectionSet, on *ast.Definition) price {
	var sum price
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if b.included(sel.Directives) {
				sum = sum.plus(b.field(sel, on))
			}
		case *ast.InlineFragment:
			if b.included(sel.Directives) && b.fits(sel.TypeCondition, on) {
				sum = sum.plus(b.object(sel.SelectionSet, on))
			}
		case *ast.FragmentSpread:
			if b.included(sel.Directives) && b.fits(sel.Definition.TypeCondition, on) {
				sum = sum.plus(b.fragment(use{sel.Definition, on}))
			}
		}
	}
	return sum
}

// fits tells whether a fragment with the condition holds for objects of the type.
func (b *bill) fits(condition string, on *ast.Definition) bool {
	return condition == "" || condition == on.Name || slices.Contains(b.schema.PossibleTypes[condition], on)
}

// included heeds @skip and @include, which know their variables by now.
func (b *bill) included(directives ast.DirectiveList) bool {
	skip, include := directives.ForName("skip"), directives.ForName("include")
	return (skip == nil || skip.ArgumentMap(b.variables)["if"] != true) && (include == nil || include.ArgumentMap(b.variables)["if"] != false)
}

func (b *bill) fragment(u use) price {
	p, ok := b.fragments[u]
	if !ok {
		p = b.object(u.fragment.SelectionSet, u.on)
		b.fragments[u] = p
	}
	return p
}

func (b *bill) field(f *ast.Field, on *ast.Definition) price {
	if len(f.SelectionSet) == 0 && len(f.Arguments) == 0 {
		return price{}
	}
	p, ok := b.fields[f]
	if !ok {
		p = b.value(f, on)
		p.once = plus(p.once, b.entries(f)/inputsPerObject)
		b.fields[f] = p
	}
	return p
}

// value prices what a field yields.
func (b *bill) value(f *ast.Field, on *ast.Definition) price {
	switch {
	case len(f.SelectionSet) == 0:
		return price{}
	case strings.HasPrefix(f.Name, "__"): // nothing is loaded for it
		return price{once: 1}
	}
	typ := b.schema.Types[f.Definition.Type.Name()]
	inner := b.set(f.SelectionSet, typ)
	switch {
	case isConnection(typ):
		return inner.page(b.pageSize(f))
	case isConnection(on): // edges, nodes or pageInfo
		return price{perEntry: inner.once, entries: true}
	case strings.HasSuffix(on.Name, "Edge"): // its node is the entry
		return inner
	case f.Definition.Type.Elem != nil:
		return price{once: times(b.listSize(f), plus(1, inner.once))}
	}
	return price{once: plus(1, inner.once)}
}

// isConnection tells whether a type is one page of a list; Relay keeps the name for that.
func isConnection(typ *ast.Definition) bool { return strings.HasSuffix(typ.Name, "Connection") }

// pageSize is how many entries a page may have. More than that is not dear but refused, by the list.
func (b *bill) pageSize(f *ast.Field) int {
	for _, name := range []string{"first", "last"} {
		if n, ok := b.argument(f, name).(int64); ok {
			return int(min(max(n, 0), page.Max))
		}
	}
	return unsized
}

// listSize is how many entries a list without pages has: one for each id asked for.
func (b *bill) listSize(f *ast.Field) int {
	switch ids := b.argument(f, "ids").(type) {
	case nil:
		return unsized
	case []any:
		return len(ids)
	default: // one that stands for a list
		return 1
	}
}

// argument returns the value of a field's argument, nil where it has none.
func (b *bill) argument(f *ast.Field, name string) any {
	value := (*ast.Value)(nil)
	if d := f.Definition.Arguments.ForName(name); d != nil {
		value = d.DefaultValue
	}
	if a := f.Arguments.ForName(name); a != nil {
		if v, ok := b.variables[a.Value.Raw]; ok && a.Value.Kind == ast.Variable {
			return v
		}
		if a.Value.Kind != ast.Variable {
			value = a.Value
		}
	}
	v, _ := value.Value(b.variables) // the document is valid
	return v
}

// entries counts the entries of all lists in a field's arguments.
func (b *bill) entries(f *ast.Field) int {
	n := 0
	for _, a := range f.Arguments {
		n += b.written(a.Value)
	}
	return n
}

// written counts the entries of lists in a value as the document writes it.
func (b *bill) written(v *ast.Value) int {
	if v.Kind == ast.Variable {
		n, ok := b.lists[v.Raw]
		if !ok { // once, however many fields are given it
			n = given(b.variables[v.Raw])
			b.lists[v.Raw] = n
		}
		return n
	}
	n := 0
	if v.Kind == ast.ListValue {
		n = len(v.Children)
	}
	for _, c := range v.Children {
		n += b.written(c.Value)
	}
	return n
}

// given counts the entries of lists in the value of a variable.
func given(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, e := range v {
			n += given(e)
		}
	case map[string]any:
		for _, e := range v {
			n += given(e)
		}
	}
	return n
}
