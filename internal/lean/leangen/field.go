package leangen

import (
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/templates"
)

// field is a field of an object type.
type field struct {
	*codegen.Field
	Index int
	Kind  string // of package lean
	Type  string // of what a plain one holds, where that has fields

	code func(expr string) string // of a plain one
}

func (s *schema) field(f *codegen.Field, index int) *field {
	out := &field{Field: f, Index: index, Kind: "Inline"}
	switch {
	case f.IsResolver || f.MethodHasContext || f.IsBatch():
		out.Kind = "Slow"
	case f.IsMap() || f.HasHaser || f.VOkFunc || f.IsMethod() && !f.NoErr || f.HasDirectives() || moreArguments(f):
	default:
		if v, ok := s.value(f.TypeReference); ok {
			out.Kind, out.Type, out.code = "Plain", v.typ, v.code
		}
	}
	return out
}

// moreArguments tells whether there is more to a field's arguments than to decode them.
func moreArguments(f *codegen.Field) bool {
	for _, a := range f.Args {
		if len(a.ImplDirectives()) > 0 {
			return true
		}
	}
	return codegen.GetInlineArgsMetadata(f.Object.Name, f.Name) != nil
}

// Code returns the statements of the field's case; none for a slow one, which never gets here.
func (f *field) Code() string {
	switch {
	case f.Kind == "Inline":
		return fmt.Sprintf(`if v := w.Call(b, %t, func(ctx context.Context) graphql.Marshaler { return ec._%s_%s(ctx, f.Collected, obj) }); v != nil {
b = v
} else {
ok = false
}`, f.TypeReference.GQL.NonNull, f.Object.Name, f.Name)
	case f.Kind == "Slow":
		return ""
	case !f.IsMethod():
		return f.code("obj." + f.GoFieldName)
	case len(f.Args) == 0:
		return f.code("obj." + f.GoFieldName + "()")
	}
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = fmt.Sprintf("a[%d].(%s)", i, templates.CurrentImports.LookupType(a.TypeReference.GO))
	}
	return "a := w.Args(f)\n" + f.code("obj."+f.GoFieldName+"("+strings.Join(args, ", ")+")")
}
