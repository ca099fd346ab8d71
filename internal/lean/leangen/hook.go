package leangen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
)

// hook lets gqlgen's functions that write objects of the types named ask the writers first. Each type must
// have its function.
func hook(file string, objects []string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, name := range objects {
		wanted["_"+name] = true
	}
	var out bytes.Buffer
	done := 0
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !wanted[f.Name.Name] || !writesObject(f) {
			continue
		}
		delete(wanted, f.Name.Name)
		at := set.Position(f.Body.Lbrace).Offset + 1
		out.Write(src[done:at])
		fmt.Fprintf(&out, "\n\tif m, ok := ec.lean%s(ctx, sel, obj); ok {\n\t\treturn m\n\t}\n", f.Name.Name)
		done = at
	}
	if len(wanted) > 0 {
		missing := []string{}
		for name := range wanted {
			missing = append(missing, name)
		}
		slices.Sort(missing)
		return fmt.Errorf("%s has no function of the known form for %v: gqlgen generates other code than package lean knows", file, missing)
	}
	out.Write(src[done:])
	return os.WriteFile(file, out.Bytes(), 0o644) //nolint:gosec // as gqlgen's own
}

// writesObject tells whether a function is a method of ec with the parameters that the statement needs.
func writesObject(f *ast.FuncDecl) bool {
	if f.Recv == nil || len(f.Recv.List[0].Names) != 1 || f.Recv.List[0].Names[0].Name != "ec" || f.Body == nil {
		return false
	}
	var names []string
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			names = append(names, n.Name)
		}
	}
	return slices.Equal(names, []string{"ctx", "sel", "obj"}) && f.Type.Results.NumFields() == 1
}
