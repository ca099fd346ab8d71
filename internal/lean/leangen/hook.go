package leangen

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
)

// hook lets gqlgen's functions that write objects of the types named ask the writers first, and leaves out what
// gqlgen makes for every operation and nobody here reads. Each type must have its function, and the map its place.
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
	edits, err := questions(parsed, objects)
	if err != nil {
		return fmt.Errorf("%s %w", file, err)
	}
	unread := unmarshalers(parsed)
	if len(unread) != 3 {
		return fmt.Errorf("%s makes and passes on its map of unmarshalers in %d places instead of 3: %w", file, len(unread), errStrange)
	}
	edits = append(edits, unread...)
	slices.SortFunc(edits, func(a, b edit) int { return int(a.from - b.from) })
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		out.Write(src[done:set.Position(e.from).Offset])
		out.WriteString(e.text)
		done = set.Position(e.to).Offset
	}
	out.Write(src[done:])
	formatted, err := format.Source(out.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(file, formatted, 0o644) //nolint:gosec // as gqlgen's own
}

var errStrange = errors.New("gqlgen generates other code than package lean knows")

// edit puts a text in the place of another one.
type edit struct {
	from, to token.Pos
	text     string
}

// questions are the statements that ask the writers.
func questions(file *ast.File, objects []string) ([]edit, error) {
	wanted := map[string]bool{}
	for _, name := range objects {
		wanted["_"+name] = true
	}
	var edits []edit
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !wanted[f.Name.Name] || !writesObject(f) {
			continue
		}
		delete(wanted, f.Name.Name)
		at := f.Body.Lbrace + 1
		edits = append(edits, edit{at, at, fmt.Sprintf("\n\tif m, ok := ec.lean%s(ctx, sel, obj); ok {\n\t\treturn m\n\t}\n", f.Name.Name)})
	}
	if len(wanted) > 0 {
		return nil, fmt.Errorf("has no function of the known form for %v: %w", slices.Sorted(maps.Keys(wanted)), errStrange)
	}
	return edits, nil
}

// unmarshalers takes out the map of the functions that read input objects: Exec makes it for each operation, with
// reflection, for graphql.UnmarshalInputFromContext alone.
func unmarshalers(file *ast.File) []edit {
	var edits []edit
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Exec" && f.Body != nil {
			ast.Inspect(f.Body, func(n ast.Node) bool {
				s, ok := n.(*ast.AssignStmt)
				if !ok || len(s.Rhs) != 1 {
					return true
				}
				if calls(s.Rhs[0], "BuildUnmarshalerMap") || calls(s.Rhs[0], "WithUnmarshalerMap") {
					edits = append(edits, edit{s.Pos(), s.End(), ""})
				}
				return true
			})
		}
	}
	return edits
}

// calls tells whether an expression is a call of a function of package graphql.
func calls(e ast.Expr, name string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != name {
		return false
	}
	of, ok := f.X.(*ast.Ident)
	return ok && of.Name == "graphql"
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
