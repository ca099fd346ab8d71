package apitest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	graphql "github.com/vektah/gqlparser/v2/ast"

	"purser/ent/migrate"
	"purser/internal/apitest"
	"purser/internal/store/schemadiff"
	"purser/internal/store/storetest"
)

func loadSchema(t *testing.T) *graphql.Schema {
	t.Helper()
	return gqlparser.MustLoadSchema(&graphql.Source{Input: string(apitest.SDL(t))})
}

// TestEverythingIsDescribed reads the whole schema: what has no description nobody can look up.
func TestEverythingIsDescribed(t *testing.T) {
	schema := loadSchema(t)
	check := func(name, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", name)
		}
	}
	arguments := func(owner string, list graphql.ArgumentDefinitionList) {
		for _, a := range list {
			check(owner+"("+a.Name+")", a.Description)
		}
	}
	for _, typ := range schema.Types {
		if typ.BuiltIn {
			continue
		}
		check(typ.Name, typ.Description)
		for _, f := range typ.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			check(typ.Name+"."+f.Name, f.Description)
			arguments(typ.Name+"."+f.Name, f.Arguments)
		}
		for _, v := range typ.EnumValues {
			check(typ.Name+"."+v.Name, v.Description)
		}
	}
	for _, d := range schema.Directives {
		if d.Position.Src.BuiltIn {
			continue
		}
		check("@"+d.Name, d.Description)
		arguments("@"+d.Name, d.Arguments)
	}
}

func TestErrorCodesAreTheFaults(t *testing.T) {
	var codes []string
	for _, v := range loadSchema(t).Types["ErrorCode"].EnumValues {
		codes = append(codes, v.Name)
	}
	slices.Sort(codes)
	if diff := cmp.Diff(codes, constants(t, "../fault/fault.go", "Code")); diff != "" {
		t.Errorf("the schema's ErrorCode and package fault differ (-schema +fault):\n%s", diff)
	}
}

func TestAuditActionsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(string(b), -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(documented)
	if diff := cmp.Diff(documented, constants(t, "../audit/actions.go", "Action")); diff != "" {
		t.Errorf("docs/audit.md and audit/actions.go differ (-docs +code):\n%s", diff)
	}
}

// constants returns the sorted values of a file's string constants of a type.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	var values []string
	for _, d := range parse(t, file).Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			of, ok := v.Type.(*ast.Ident)
			lit, isLit := v.Values[0].(*ast.BasicLit)
			if !ok || !isLit || of.Name != typ {
				continue
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
	}
	slices.Sort(values)
	return values
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shared are the tables that are not behind the tenant wall: the tenants themselves, the catalogue, and the link
// that makes the first tenant.
var shared = []string{"Tenant", "Product", "BootstrapLink"}

// TestEveryTableIsBehindTheWall reads ent/schema: a table has the mixin that narrows every query and
// every write to the viewer's tenant, and with it the column.
func TestEveryTableIsBehindTheWall(t *testing.T) {
	files, err := filepath.Glob("../../ent/schema/*.go")
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, file := range files {
		for _, d := range parse(t, file).Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != "Mixin" {
				continue
			}
			tables++
			table, ok := m.Recv.List[0].Type.(*ast.Ident)
			if !ok {
				t.Fatalf("%s: an unexpected receiver", file)
			}
			if walled := uses(m.Body, "owned"); walled == slices.Contains(shared, table.Name) {
				t.Errorf("%s: behind the wall: %t", table.Name, walled)
			}
		}
	}
	if tables != len(migrate.Tables) {
		t.Errorf("%d tables have mixins, of %d", tables, len(migrate.Tables))
	}
	for _, table := range migrate.Tables {
		column, walled := table.Column("tenant_id")
		if free := slices.Contains([]string{"tenants", "products", "bootstrap_links"}, table.Name); walled == free || walled && column.Nullable {
			t.Errorf("table %s: has a tenant: %t", table.Name, walled)
		}
	}
}

func uses(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return true
	})
	return found
}

// TestMigrationsAreTheSchema lets the generator of migrations look for something to write.
func TestMigrationsAreTheSchema(t *testing.T) {
	if !slices.Contains(storetest.Kinds(t), "postgres") {
		return // it compares both databases at once
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../ent/migrate")); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	if err := schemadiff.Write(t.Context(), "forgotten", os.Getenv("PURSER_TEST_POSTGRES"), dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("ent/schema has what no migration makes; run newmigration:\n%s", diff)
	}
}

// files returns what the files below dir hold.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string]string{}
	for _, file := range list {
		b, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		contents[filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file)] = string(b)
	}
	return contents
}
