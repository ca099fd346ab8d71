package graph

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"purser/graph/model"
	"purser/internal/shape"
	"purser/internal/viewer"
)

// asks reads the shape of a document's purchase, as one request after the other does.
func asks(t *testing.T, doc *ast.QueryDocument, c *viewer.Caller, variables map[string]any) *shape.Shape {
	t.Helper()
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables}
	ctx := graphql.WithOperationContext(viewer.WithCaller(t.Context(), c), op)
	ctx = graphql.WithResponseContext(ctx, func(_ context.Context, err error) *gqlerror.Error { return gqlerror.Wrap(err) }, nil)
	field := graphql.CollectFields(op, doc.Operations[0].SelectionSet, []string{"Query"})[0]
	return askedOf(graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: field}), c.Reach[0].Roles, "Purchase")
}

// TestKeptShapes checks what requests with one document share: the shape, unless who asks or a variable has a part in it.
func TestKeptShapes(t *testing.T) {
	admin := &viewer.Caller{Reach: []viewer.Access{{Tenant: "ten_a", Roles: viewer.SetOf(viewer.GlobalAdmin)}}}
	member := &viewer.Caller{Reach: []viewer.Access{{Tenant: "ten_b", Roles: viewer.SetOf(viewer.Member)}}}
	has := func(name string) func(*shape.Shape) any { return func(s *shape.Shape) any { return s.Has(name) } }
	first := func(s *shape.Shape) any {
		args, _ := s.Uses("licenses")[0].Args.(model.SearchArgs)
		return *args.First
	}
	for _, tt := range []struct {
		what, selections   string
		one, other         *viewer.Caller
		variables, another map[string]any
		see                func(*shape.Shape) any // where nothing is shared
		sees, seesAnother  any
	}{
		{what: "nothing but fields", selections: "id product { name }", one: admin, other: member},
		{what: "arguments", selections: "licenses(first: 3) { nodes { id } }", one: admin, other: member},
		{what: "a fragment", selections: "...F", one: admin, other: member},
		{what: "a directive", selections: "id @include(if: true)", one: admin, other: member},
		{"a role", "id centralAlternative { __typename }", admin, member, nil, nil, has("centralAlternative"), true, false},
		{"a role that comes later", "id centralAlternative { __typename }", member, admin, nil, nil, has("centralAlternative"), false, true},
		{"a role in a fragment", "...R", admin, member, nil, nil, has("centralAlternative"), true, false},
		{
			"a tenant", `product { policy(tenantId: "ten_a") { value } }`, admin, member, nil, nil,
			func(s *shape.Shape) any { return s.Sub("product", "Product").Has("policy") }, true, false,
		},
		{"@include", "id status @include(if: $x)", admin, admin, map[string]any{"x": true}, map[string]any{"x": false}, has("status"), true, false},
		{"@skip", "id ... @skip(if: $x) { status }", admin, admin, map[string]any{"x": true}, map[string]any{"x": false}, has("status"), false, true},
		{"@include at a fragment", "...F @include(if: $x)", admin, admin, map[string]any{"x": true}, map[string]any{"x": false}, has("kind"), true, false},
		{"@include in a fragment", "...V", admin, admin, map[string]any{"x": true}, map[string]any{"x": false}, has("kind"), true, false},
		{"an argument", "licenses(first: $n) { nodes { id } }", admin, admin, map[string]any{"n": int64(3)}, map[string]any{"n": int64(4)}, first, 3, 4},
		{
			"merged uses", `id } purchase(id: "p") @include(if: $x) { kind`, admin, admin,
			map[string]any{"x": true},
			map[string]any{"x": false},
			has("kind"), true, false,
		},
	} {
		doc := gqlparser.MustLoadQueryWithRules(parsedSchema, `query Q($x: Boolean = true, $n: Int = 1) { purchase(id: "p") { `+tt.selections+` }
			used: nodes(ids: []) @include(if: $x) { id } more: purchases(first: $n) { totalCount } ...U }
			fragment U on Query { n: node(id: "") { ...F ...R ...V } }
			fragment F on Purchase { kind } fragment V on Purchase { kind @include(if: $x) } fragment R on Purchase { centralAlternative { __typename } }`, rules.NewDefaultRules())
		one, other := asks(t, doc, tt.one, tt.variables), asks(t, doc, tt.other, tt.another)
		if tt.see == nil {
			if one != other {
				t.Errorf("%s: the shape is made anew", tt.what)
			}
			continue
		}
		if a, b := tt.see(one), tt.see(other); a != tt.sees || b != tt.seesAnother {
			t.Errorf("%s: %v and %v, want %v and %v", tt.what, a, b, tt.sees, tt.seesAnother)
		}
	}
}

// TestShapesGoWithTheirDocument checks that shapes are kept no longer than what they were read from.
func TestShapesGoWithTheirDocument(t *testing.T) {
	at := func() weak.Pointer[ast.QueryDocument] {
		doc := gqlparser.MustLoadQueryWithRules(parsedSchema, `{ purchase(id: "p") { id } }`, rules.NewDefaultRules())
		asks(t, doc, &viewer.Caller{Reach: []viewer.Access{{Tenant: "ten_a"}}}, nil)
		return weak.Make(doc)
	}()
	if k, _ := shapesByDocument.Load(at); k == nil || len(k.(*keptShapes).shape) != 1 { //nolint:errcheck,forcetypeassert // nothing else is stored
		t.Fatal("no shape is kept")
	}
	for range 1000 {
		runtime.GC()
		if _, ok := shapesByDocument.Load(at); !ok {
			return
		}
		runtime.Gosched() // to who cleans up
	}
	t.Error("the shapes of a document outlive it")
}
