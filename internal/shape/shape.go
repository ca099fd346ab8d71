// Package shape says what a caller asked for of an object, without the words of any transport:
// loaders read it to load just that.
package shape

import "reflect"

// Shape is what was asked for of an object: its fields by name. Nil asks for nothing.
type Shape struct {
	fields map[string][]*Field
	deep   bool
	kept   bool
}

// Field is one use of a field; uses with the same arguments are one.
type Field struct {
	// Args are the field's arguments, of a type that belongs to the field; nil where it has none.
	Args any
	// Of is what was asked for of the value, by the value's concrete type; of a connection: of its nodes.
	Of map[string]*Shape
	// Of a connection: whether its entries, the entries' cursors, where the page lies, and its total were asked for.
	Rows, Edges, Info, Count bool
}

// New returns an empty shape.
func New() *Shape { return &Shape{fields: map[string][]*Field{}} }

// Add adds a use of a field. A use with the arguments of another one is joined with it.
func (s *Shape) Add(name string, f *Field) {
	s.deep = s.deep || len(f.Of) > 0
	for _, g := range s.fields[name] {
		if reflect.DeepEqual(g.Args, f.Args) {
			g.join(f)
			return
		}
	}
	s.fields[name] = append(s.fields[name], f)
}

func (f *Field) join(g *Field) {
	f.Rows, f.Edges, f.Info, f.Count = f.Rows || g.Rows, f.Edges || g.Edges, f.Info || g.Info, f.Count || g.Count
	for typ, of := range g.Of {
		if f.Of[typ] == nil {
			f.Of[typ] = of
			continue
		}
		for name, uses := range of.fields {
			for _, use := range uses {
				f.Of[typ].Add(name, use)
			}
		}
	}
}

// Keep notes that the field will be asked for by the same shapes again. They must not be changed any more.
func (f *Field) Keep() {
	for _, s := range f.Of {
		s.kept = true
	}
}

// Kept tells whether the same shape will be asked for again.
func (s *Shape) Kept() bool { return s != nil && s.kept }

// Has tells whether the field was asked for.
func (s *Shape) Has(name string) bool { return s != nil && len(s.fields[name]) > 0 }

// Deep tells whether anything was asked for that has fields itself.
func (s *Shape) Deep() bool { return s != nil && s.deep }

// Uses returns the uses of a field.
func (s *Shape) Uses(name string) []*Field {
	if s == nil {
		return nil
	}
	return s.fields[name]
}

// Use returns the use of a field with the arguments; an empty one where it was not asked for.
func (s *Shape) Use(name string, args any) *Field {
	for _, f := range s.Uses(name) {
		if reflect.DeepEqual(f.Args, args) {
			return f
		}
	}
	return &Field{}
}

// Sub returns what was asked for of the value of a field without arguments, when it is of a
// type; nil where the field was not asked for.
func (s *Shape) Sub(name, typ string) *Shape {
	for _, f := range s.Uses(name) {
		return f.Of[typ]
	}
	return nil
}
