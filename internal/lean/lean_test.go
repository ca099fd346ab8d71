package lean_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"

	"purser/internal/lean"
)

const sdl = `
directive @other on FIELD
interface Pet { owner: Owner }
type Cat implements Pet { owner: Owner }
type Dog implements Pet { owner: Owner }
type Owner { id: ID! name: String! pet: Pet }
type Query { pet: Pet }`

// types are as the generator describes them; the pets are gqlgen's to resolve, their owners are not.
var types = lean.Types{
	"Cat": {Satisfies: []string{"Cat", "Pet"}, Fields: map[string]lean.FieldInfo{"owner": {Index: 1, Kind: lean.Slow}}},
	"Dog": {Satisfies: []string{"Dog", "Pet"}, Fields: map[string]lean.FieldInfo{"owner": {Index: 1, Kind: lean.Slow}}},
	"Owner": {Satisfies: []string{"Owner"}, Fields: map[string]lean.FieldInfo{
		"id": {Index: 1, Kind: lean.Plain}, "name": {Index: 2, Kind: lean.Plain}, "pet": {Index: 3, Kind: lean.Slow},
	}},
	"Pet": {Possible: []string{"Cat", "Dog"}},
}

// operation returns the operation of a document with the values of its variables, and a context to run it in.
func operation(t *testing.T, doc *ast.QueryDocument, variables map[string]any) (context.Context, *graphql.OperationContext) {
	t.Helper()
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables}
	ctx := graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, func(context.Context, any) error { return errors.New("a panic") })
	return graphql.WithOperationContext(ctx, op), op
}

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: sdl})

func load(t *testing.T, text string) *ast.QueryDocument {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// owner returns what is asked of the owner of a pet of a type.
func owner(op *graphql.OperationContext, satisfies ...string) graphql.CollectedField {
	pet := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	return graphql.CollectFields(op, pet.Selections, satisfies)[0]
}

// keys is a writer that writes the keys alone.
func keys(_ *lean.Writer, b []byte, of []*lean.Plan) []byte {
	for i := range of[0].Fields {
		b = append(b, of[0].Fields[i].Key...)
	}
	return b
}

// write writes selections on an owner.
func write(t *testing.T, p *lean.Plans, doc *ast.QueryDocument, variables map[string]any, sel ast.SelectionSet) string {
	t.Helper()
	ctx, op := operation(t, doc, variables)
	m, ok := p.Write(ctx, op, sel, "Owner", keys)
	if !ok {
		return "left to gqlgen"
	}
	var out bytes.Buffer
	m.MarshalGQL(&out)
	return out.String()
}

// TestMergedSelections: what is asked of a cat's owner and of a dog's begins with the same selection.
func TestMergedSelections(t *testing.T) {
	doc := load(t, "{ pet { owner { id } ... on Dog { owner { name } } } }")
	p := lean.NewPlans(types)
	_, op := operation(t, doc, nil)
	for range 2 {
		for typ, want := range map[string]string{"Cat": `"id":`, "Dog": `"id":,"name":`} {
			if got := write(t, p, doc, nil, owner(op, types[typ].Satisfies...).Selections); got != want {
				t.Errorf("the owner of a %s: %s, want %s", typ, got, want)
			}
		}
	}
}

// TestVariables: a plan is for the values of the variables in @skip and @include.
func TestVariables(t *testing.T) {
	doc := load(t, "query($a: Boolean!, $b: Boolean!) { pet { owner { id @skip(if: $a) ... @include(if: $b) { name } } } }")
	p := lean.NewPlans(types)
	_, op := operation(t, doc, nil)
	sel := owner(op, "Pet").Selections
	for range 2 {
		for _, tt := range []struct {
			a, b any
			want string
		}{
			{false, true, `"id":,"name":`},
			{false, false, `"id":`},
			{true, true, `"name":`},
			{true, false, ``},
			{nil, true, "left to gqlgen"},
		} {
			if got := write(t, p, doc, map[string]any{"a": tt.a, "b": tt.b}, sel); got != tt.want {
				t.Errorf("a %v, b %v: %s, want %s", tt.a, tt.b, got, tt.want)
			}
		}
	}
}

// TestLeft: these selections are gqlgen's to resolve.
func TestLeft(t *testing.T) {
	for _, text := range []string{ // gqlgen knows what @other means
		"{ pet { owner { id pet { __typename } } } }",
		"{ pet { owner { id ... on Owner { pet { __typename } } } } }",
		"{ pet { owner { id @other } } }",
	} {
		doc := load(t, text)
		_, op := operation(t, doc, nil)
		p := lean.NewPlans(types)
		if got := write(t, p, doc, nil, owner(op, "Pet").Selections); got != "left to gqlgen" {
			t.Errorf("%s: %s", text, got)
		}
		if written, left := p.Counts(); written != 0 || left != 1 {
			t.Errorf("%d written, %d left", written, left)
		}
	}
}

// TestPanic: gqlgen gets another chance, unless its own functions were called before.
func TestPanic(t *testing.T) {
	doc := load(t, "{ pet { owner { id } } }")
	_, op := operation(t, doc, nil)
	sel := owner(op, "Pet").Selections
	for _, called := range []bool{false, true} {
		ctx, op := operation(t, doc, nil)
		m, ok := lean.NewPlans(types).Write(ctx, op, sel, "Owner", func(w *lean.Writer, b []byte, _ []*lean.Plan) []byte {
			if called {
				b = w.Call(b, true, func(context.Context) graphql.Marshaler { return graphql.MarshalString("x") })
			}
			return b[:cap(b)+1]
		})
		errs := graphql.GetErrors(ctx)
		if ok != called || called && m != graphql.Null {
			t.Errorf("called %t: %v, %t", called, m, ok)
		}
		if got := errs.Error(); (got == "input: a panic\n") != called {
			t.Errorf("called %t: errors %q", called, got)
		}
	}
}

// TestNull: what gqlgen says of a null depends on whether one type or several are possible.
func TestNull(t *testing.T) {
	doc := load(t, "{ pet { owner { id pet { __typename } } } }")
	fields := map[string]lean.FieldInfo{"id": {Index: 1, Kind: lean.Plain, Type: "Cat"}, "pet": {Index: 2, Kind: lean.Plain, Type: "Pet"}}
	p := lean.NewPlans(lean.Types{"Cat": types["Cat"], "Dog": types["Dog"], "Pet": types["Pet"], "Owner": {Satisfies: []string{"Owner"}, Fields: fields}})
	ctx, op := operation(t, doc, nil)
	m, ok := p.Write(ctx, op, owner(op, "Pet").Selections, "Owner", func(w *lean.Writer, b []byte, of []*lean.Plan) []byte {
		for i := range of[0].Fields {
			lean.Object(w, b, &of[0].Fields[i], (*int)(nil), nil)
		}
		return nil
	})
	if !ok || m != graphql.Null {
		t.Errorf("%v, %t", m, ok)
	}
	want := "input: id the requested element is null which the schema does not allow\ninput: pet must not be null\n"
	if got := graphql.GetErrors(ctx).Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestBounded executes more documents than are kept.
func TestBounded(t *testing.T) {
	p := lean.NewPlans(types)
	text := "{ pet { owner { " + strings.Repeat("id ", 100) + "} } }"
	for range 1000 {
		doc := load(t, text)
		_, op := operation(t, doc, nil)
		sel := owner(op, "Pet").Selections
		if got := write(t, p, doc, nil, sel); got != `"id":` {
			t.Fatal(got)
		}
	}
	if n := p.Documents(); n > 700 {
		t.Errorf("%d documents are kept", n)
	}
}

func TestAppendString(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, s := range []string{"", "plain", "é☃\u2028", string(all), "\xff\xc3", `""\\`, "\n"} {
		var want bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		if got := string(lean.AppendString([]byte("b"), s)); got != "b"+want.String() {
			t.Errorf("%q: %s, want %s", s, got, want.String())
		}
	}
	for _, s := range []string{"", "ACTIVE", "X_1", "lower", "é", `"`, "\u2028", "\xff"} {
		if got, want := string(lean.AppendEnum(nil, s)), strconv.Quote(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		var want bytes.Buffer
		graphql.MarshalFloat(f).MarshalGQL(&want)
		if got := string(lean.AppendFloat([]byte("b"), f)); got != "b"+want.String() {
			t.Errorf("%g: %s, want %s", f, got, want.String())
		}
	})
}
