package leangen

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
)

// value is how the values of a type are written in place.
type value struct {
	typ  string                   // its name, where it has fields
	code func(expr string) string // for the value of an expression
}

// value returns how values of a type are written; ok is false when gqlgen has to.
func (s *schema) value(ref *config.TypeReference) (v value, ok bool) {
	switch {
	case ref.IsPtrToPtr() || ref.IsPtrToSlice() || ref.IsPtrToIntf():
		return v, false
	case ref.IsSlice() && ref.Definition.IsCompositeType():
		return s.list(ref)
	case ref.IsSlice():
		return s.scalars(ref)
	case ref.Definition.IsCompositeType():
		return s.composite(ref)
	default:
		return s.scalar(ref)
	}
}

// composite writes an object, or one of several types.
func (s *schema) composite(ref *config.TypeReference) (value, bool) {
	if !s.written(ref) {
		return value{}, false
	}
	name := ref.Definition.Name
	return value{name, func(e string) string {
		if ref.GQL.NonNull {
			return orNot("lean.Object(w, b, f, %s, ec.leanWrite_%s)", e, name)
		}
		return fmt.Sprintf("b = lean.OptionalObject(w, b, f, %s, ec.leanWrite_%s)", e, name)
	}}, true
}

// list writes a list of these.
func (s *schema) list(ref *config.TypeReference) (value, bool) {
	elem := ref.Elem()
	if !s.written(elem) {
		return value{}, false
	}
	name := ref.Definition.Name
	return value{name, func(e string) string {
		if ref.GQL.NonNull {
			return orNot("lean.List(w, b, f, %s, %t, ec.leanWrite_%s)", e, elem.GQL.NonNull, name)
		}
		return fmt.Sprintf("b = lean.OptionalList(w, b, f, %s, %t, ec.leanWrite_%s)", e, elem.GQL.NonNull, name)
	}}, true
}

// written tells whether there is a writer for the pointer or interface.
func (s *schema) written(ref *config.TypeReference) bool {
	name := ref.Definition.Name
	if s.abstract[name] != nil {
		return types.IsInterface(ref.GO)
	}
	o := s.objects[name]
	return o != nil && types.Identical(ref.GO, o.Reference())
}

// orNot goes on with a value, or notes that a null takes the object with it.
func orNot(format string, args ...any) string {
	return "if v := " + fmt.Sprintf(format, args...) + "; v != nil {\nb = v\n} else {\nok = false\n}"
}

func (s *schema) scalar(ref *config.TypeReference) (value, bool) {
	appended, ok := s.appended(ref)
	if !ok || ref.IsPtr() && ref.GQL.NonNull || !ref.IsPtr() && ref.IsNilable() {
		return value{}, false
	}
	return value{"", func(e string) string {
		if !ref.IsPtr() {
			return "b = " + appended(e)
		}
		return fmt.Sprintf("if v := %s; v != nil {\nb = %s\n} else {\nb = lean.OrNull(b, nil)\n}", e, appended("*v"))
	}}, true
}

// scalars writes a list of scalars.
func (s *schema) scalars(ref *config.TypeReference) (value, bool) {
	elem := ref.Elem()
	appended, ok := s.appended(elem)
	if !ok || elem.IsSlice() || elem.IsNilable() {
		return value{}, false
	}
	loop := "b = append(b, '[')\nfor i, v := range list {\nif i > 0 {\nb = append(b, ',')\n}\nb = " + appended("v") + "\n}\nb = append(b, ']')"
	return value{"", func(e string) string {
		if ref.GQL.NonNull {
			return "list := " + e + "\n" + loop
		}
		return "if list := " + e + "; list == nil {\nb = lean.OrNull(b, nil)\n} else {\n" + loop + "\n}"
	}}, true
}

// What gqlgen's own scalars become. They are never null, and there is no error.
var appendScalar = map[string]struct{ code, as string }{
	"github.com/99designs/gqlgen/graphql.MarshalString":  {"lean.AppendString(b, %s)", "string"},
	"github.com/99designs/gqlgen/graphql.MarshalID":      {"lean.AppendString(b, %s)", "string"},
	"github.com/99designs/gqlgen/graphql.MarshalInt":     {"strconv.AppendInt(b, int64(%s), 10)", ""},
	"github.com/99designs/gqlgen/graphql.MarshalBoolean": {"strconv.AppendBool(b, %s)", "bool"},

	"github.com/99designs/gqlgen/graphql.MarshalFloatContext": {"lean.AppendFloat(b, %s)", "float64"},
}

// appended returns the code that appends a scalar's value: gqlgen's own scalars, enums that gqlgen generates, and
// types that append themselves.
func (s *schema) appended(ref *config.TypeReference) (code func(expr string) string, ok bool) {
	t := ref.GO
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	switch {
	case ref.HasEnumValues():
		return nil, false
	case ref.Marshaler != nil:
		f, ok := appendScalar[ref.Marshaler.FullName()]
		if !ok {
			return nil, false
		}
		return func(e string) string {
			if f.as != "" && t.String() != f.as {
				e = f.as + "(" + e + ")"
			}
			return fmt.Sprintf(f.code, e)
		}, true
	case ref.IsContext:
		return nil, false
	case ref.IsMarshaler && appendsItself(t):
		return func(e string) string { return strings.TrimPrefix(e, "*") + ".AppendGQL(b)" }, true
	case ref.IsMarshaler && s.generatedEnum(ref, t):
		return func(e string) string { return "lean.AppendEnum(b, string(" + e + "))" }, true
	}
	return nil, false
}

// appendsItself tells whether a type has a method AppendGQL([]byte) []byte, which appends what MarshalGQL writes.
func appendsItself(t types.Type) bool {
	m := types.NewMethodSet(t).Lookup(nil, "AppendGQL")
	return m != nil && types.Identical(m.Type(), types.NewSignatureType(nil, nil, nil, bytesTuple, bytesTuple, false))
}

var bytesTuple = types.NewTuple(types.NewVar(0, nil, "", types.NewSlice(types.Typ[types.Byte])))
