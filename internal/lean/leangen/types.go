package leangen

import (
	"go/types"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
)

// schema is the types that there are writers for.
type schema struct {
	objects  map[string]*codegen.Object
	abstract map[string]*abstract
	query    *codegen.Object
	binder   *config.Binder
	models   string // the file of the types that gqlgen generates
}

// abstract is an interface or union, all of whose objects can be written.
type abstract struct {
	*codegen.Interface
	Possible []string
}

// object is an object type with its fields.
type object struct {
	*codegen.Object
	Fields []*field
}

func newSchema(data *codegen.Data) *schema {
	s := &schema{
		objects: map[string]*codegen.Object{}, abstract: map[string]*abstract{},
		query: data.QueryRoot, binder: data.Config.NewBinder(), models: data.Config.Model.Filename,
	}
	for _, o := range data.Objects {
		if _, ok := o.Reference().(*types.Pointer); ok && !o.Root && !o.IsReserved() {
			s.objects[o.Name] = o
		}
	}
	for name, i := range data.Interfaces {
		if a := s.newAbstract(i); a != nil {
			s.abstract[name] = a
		}
	}
	return s
}

func (s *schema) newAbstract(i *codegen.Interface) *abstract {
	a := &abstract{Interface: i}
	for _, im := range i.Implementors {
		if s.objects[im.Name] == nil {
			return nil
		}
		if !slices.Contains(a.Possible, im.Name) { // a value and its pointer are two
			a.Possible = append(a.Possible, im.Name)
		}
	}
	return a
}

// At returns where the plan for an object type is among those for the abstract one.
func (a *abstract) At(name string) int { return slices.Index(a.Possible, name) }

// Query returns the fields that queries begin with, those of introspection aside.
func (s *schema) Query() []*codegen.Field {
	return slices.DeleteFunc(slices.Clone(s.query.Fields), func(f *codegen.Field) bool { return f.IsReserved() })
}

// Objects returns the object types in order.
func (s *schema) Objects() []*object {
	var list []*object
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		o := &object{Object: s.objects[name]}
		for i, f := range o.Object.Fields {
			o.Fields = append(o.Fields, s.field(f, i+1)) // __typename is 0
		}
		list = append(list, o)
	}
	return list
}

// Abstract returns the abstract types in order.
func (s *schema) Abstract() []*abstract {
	var list []*abstract
	for _, name := range slices.Sorted(maps.Keys(s.abstract)) {
		list = append(list, s.abstract[name])
	}
	return list
}

// generatedEnum tells whether a type is an enum that gqlgen has generated, and so is a string that is written as it is.
func (s *schema) generatedEnum(ref *config.TypeReference, t types.Type) bool {
	return ref.Definition.Kind == ast.Enum && s.binder.TypePosition(t).Filename == s.models
}
