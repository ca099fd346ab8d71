package httpapi

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
)

// introspected is one field of an introspection type that leads on to another one.
type introspected uint64

// introspectionFields gives every such field a bit. ofType has none: lists of lists go through it
// again and again, and the depth limit holds it.
func introspectionFields(schema *ast.Schema) map[string]introspected {
	bits, next := map[string]introspected{}, introspected(1)
	for name, def := range schema.Types {
		if !strings.HasPrefix(name, "__") {
			continue
		}
		for _, f := range def.Fields {
			if to := schema.Types[f.Type.Name()]; f.Name != "ofType" && to != nil && to.Kind == ast.Object {
				bits[name+"."+f.Name] = next
				next <<= 1
			}
		}
	}
	return bits
}

// size is what a selection set holds, fragments included.
type size struct {
	depth  int
	passes introspected // introspection fields on the way down
}

func (s *size) add(o size) {
	s.depth = max(s.depth, o.depth)
	s.passes |= o.passes
}

// measurement adds up a document. It does not rely on the document being valid.
type measurement struct {
	guard
	fragments map[string]*ast.FragmentDefinition
	sizes     map[string]size // of fragments; zero while one is being measured, which ends cycles

	fields, uses, aliases, directives int
	twice                             bool
}

// measure returns what is too much about a document.
func (g guard) measure(doc *ast.QueryDocument) *fault.Error {
	m := &measurement{guard: g, fragments: map[string]*ast.FragmentDefinition{}, sizes: map[string]size{}}
	for _, f := range doc.Fragments {
		if m.fragments[f.Name] == nil {
			m.fragments[f.Name] = f
		}
	}
	var total size
	for _, f := range doc.Fragments {
		if m.fragments[f.Name] != f { // a second one of that name: counts, too
			total.add(m.set(f.SelectionSet, g.schema.Types[f.TypeCondition]))
			continue
		}
		total.add(m.fragment(f.Name))
	}
	for _, op := range doc.Operations {
		m.directives += len(op.Directives)
		for _, v := range op.VariableDefinitions {
			m.directives += len(v.Directives)
		}
		total.add(m.set(op.SelectionSet, rootOf(g.schema, op.Operation)))
	}
	return m.verdict(total)
}

func (m *measurement) verdict(total size) *fault.Error {
	for _, limit := range []struct {
		what    string
		is, max int
	}{
		{"levels", total.depth, maxDepth},
		{"fields", m.fields, maxFields},
		{"uses of fragments", m.uses, maxFragments},
		{"aliases", m.aliases, maxAliases},
		{"directives", m.directives, maxDirectives},
	} {
		if limit.is > limit.max {
			return fault.New(fault.TooComplex, "The document has %d %s; %d are allowed.", limit.is, limit.what, limit.max)
		}
	}
	if m.twice {
		return fault.New(fault.TooComplex, "Introspection goes through the same field twice.")
	}
	return nil
}

func rootOf(schema *ast.Schema, op ast.Operation) *ast.Definition {
	switch op {
	case ast.Mutation:
		return schema.Mutation
	case ast.Subscription:
		return schema.Subscription
	case ast.Query:
	}
	return schema.Query
}

// set measures a selection set on a type; nil where the type is not known.
func (m *measurement) set(set ast.SelectionSet, on *ast.Definition) size {
	var s size
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			s.add(m.field(sel, on))
		case *ast.InlineFragment:
			m.uses++
			m.directives += len(sel.Directives)
			inner := on
			if sel.TypeCondition != "" {
				inner = m.schema.Types[sel.TypeCondition]
			}
			s.add(m.set(sel.SelectionSet, inner))
		case *ast.FragmentSpread:
			m.uses++
			m.directives += len(sel.Directives)
			s.add(m.fragment(sel.Name))
		}
	}
	return s
}

func (m *measurement) field(f *ast.Field, on *ast.Definition) size {
	m.fields++
	m.directives += len(f.Directives)
	if f.Alias != f.Name {
		m.aliases++
	}
	s := m.set(f.SelectionSet, m.typeOf(f, on))
	s.depth++
	if on != nil {
		bit := m.introspection[on.Name+"."+f.Name]
		m.twice = m.twice || s.passes&bit != 0
		s.passes |= bit
	}
	return s
}

func (m *measurement) typeOf(f *ast.Field, on *ast.Definition) *ast.Definition {
	if on == nil {
		return nil
	}
	if def := on.Fields.ForName(f.Name); def != nil {
		return m.schema.Types[def.Type.Name()]
	}
	return nil
}

// fragment measures a fragment the first time it is met, and remembers.
func (m *measurement) fragment(name string) size {
	if s, ok := m.sizes[name]; ok {
		return s
	}
	f := m.fragments[name]
	if f == nil {
		return size{}
	}
	m.sizes[name] = size{}
	m.directives += len(f.Directives)
	s := m.set(f.SelectionSet, m.schema.Types[f.TypeCondition])
	m.sizes[name] = s
	return s
}
