package apitest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// TestEveryField asks for every field of what each root field returns, and of what hangs below it, as
// an admin: what nobody else asks for must load too.
func TestEveryField(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: string(apitest.SDL(t))})
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			startMove(t, s)
			ids := knownIDs(t, s)
			for _, f := range schema.Query.Fields {
				if strings.HasPrefix(f.Name, "__") {
					continue
				}
				t.Run(f.Name, func(t *testing.T) {
					for _, query := range queries(schema, f, ids) {
						ask(t, s, f.Name, query)
					}
				})
			}
		})
	}
}

func ask(t *testing.T, s *apitest.Server, field, query string) {
	t.Helper()
	got := s.Post(t, "admin@contoso.example", query, nil)
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(got.Body, &answer); err != nil {
		t.Fatalf("%v: %s", err, got.Body)
	}
	if len(answer.Errors) > 0 || string(answer.Data[field]) == "null" {
		t.Errorf("%s\nanswered %.2000s", query, got.Body)
	}
}

// queries asks for a root field one level deep, and then for each object below it two levels deep:
// together they would be longer than a document may be.
func queries(schema *ast.Schema, f *ast.FieldDefinition, ids map[string]string) []string {
	list := []string{"{ " + use(schema, f, ids, 1) + " }"}
	open, end := head(f, ids)+" { ", " }"
	node := schema.Types[f.Type.Name()]
	if name, ok := strings.CutSuffix(node.Name, "Connection"); ok {
		node, open, end = schema.Types[name], open+"nodes { ", " } }"
	}
	for _, g := range node.Fields {
		if k := schema.Types[g.Type.Name()].Kind; k == ast.Object || k == ast.Interface {
			list = append(list, "{ "+open+use(schema, g, ids, 1)+end+" }")
		}
	}
	return list
}

// use writes a field with all that it has, depth levels of objects deep.
func use(schema *ast.Schema, f *ast.FieldDefinition, ids map[string]string, depth int) string {
	return head(f, ids) + selection(schema, schema.Types[f.Type.Name()], ids, depth)
}

// head writes a field's name and arguments.
func head(f *ast.FieldDefinition, ids map[string]string) string {
	var args []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first":
			args = append(args, "first: 2")
		case a.Type.NonNull && a.Name == "ids":
			args = append(args, fmt.Sprintf("ids: [%q]", ids["purchase"]))
		case a.Type.NonNull:
			args = append(args, fmt.Sprintf("%s: %q", a.Name, ids[f.Name+"."+a.Name]))
		}
	}
	text := f.Name
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	return text
}

func selection(schema *ast.Schema, typ *ast.Definition, ids map[string]string, depth int) string {
	if typ.Kind == ast.Scalar || typ.Kind == ast.Enum {
		return ""
	}
	if typ.Kind == ast.Interface {
		return everyType(schema, typ)
	}
	var fields []string
	wrapper := strings.HasSuffix(typ.Name, "Connection")
	for _, f := range typ.Fields {
		if f.Name == "edges" {
			fields = append(fields, "edges { cursor }")
			continue
		}
		leaf := schema.Types[f.Type.Name()].Kind == ast.Scalar || schema.Types[f.Type.Name()].Kind == ast.Enum
		if leaf || wrapper {
			fields = append(fields, use(schema, f, ids, depth))
		} else if depth > 0 {
			fields = append(fields, use(schema, f, ids, depth-1))
		}
	}
	if len(fields) == 0 {
		return " { __typename }"
	}
	return " { " + strings.Join(fields, " ") + " }"
}

// everyType asks for the plain fields of each type of an interface. Fields that are called the same but
// are not of one type get names of their own.
func everyType(schema *ast.Schema, typ *ast.Definition) string {
	text := " { __typename id"
	first := map[string]string{}
	for _, p := range schema.GetPossibleTypes(typ) {
		text += " ... on " + p.Name + " {"
		for _, f := range p.Fields {
			if k := schema.Types[f.Type.Name()].Kind; k != ast.Scalar && k != ast.Enum {
				continue
			}
			if first[f.Name] == "" {
				first[f.Name] = f.Type.String()
			}
			if first[f.Name] != f.Type.String() {
				text += " " + strings.ToLower(p.Name) + "_" + f.Name + ":"
			}
			text += " " + f.Name
		}
		text += " }"
	}
	return text + " }"
}

// knownIDs returns an id for every argument that needs one.
func knownIDs(t *testing.T, s *apitest.Server) map[string]string {
	t.Helper()
	db, ctx := s.DB.Client(), s.In(t, "contoso.example")
	purchase := db.Purchase.Query().FirstIDX(ctx)
	move := db.Move.Query().FirstIDX(ctx)
	product := db.Product.Query().FirstIDX(ctx)
	return map[string]string{
		"purchase": purchase, "node.id": purchase, "purchase.id": purchase, "selfServicePolicy.productId": product,
		"move.id": move,
	}
}
