package leangen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// generated is what gqlgen generates for an object, as far as it matters.
const generated = `package graph

func (ec *executionContext) _Cat_name(ctx context.Context, field graphql.CollectedField, obj *Cat) graphql.Marshaler {
	return nil
}

func (ec *executionContext) _Cat(ctx context.Context, sel ast.SelectionSet, obj *Cat) graphql.Marshaler {
	fields := graphql.CollectFields(ec.OperationContext, sel, catImplementors)
	return nil
}

func (ec *executionContext) _Query(ctx context.Context, sel ast.SelectionSet) graphql.Marshaler {
	return nil
}

func (e *executableSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	inputUnmarshalMap := graphql.BuildUnmarshalerMap(
		ec.unmarshalInputCatInput,
	)
	first := true
	switch opCtx.Operation.Operation {
	case ast.Query:
		return func(ctx context.Context) *graphql.Response {
			ctx = graphql.WithUnmarshalerMap(ctx, inputUnmarshalMap)
			return nil
		}
	case ast.Mutation:
		return func(ctx context.Context) *graphql.Response {
			ctx = graphql.WithUnmarshalerMap(ctx, inputUnmarshalMap)
			return nil
		}
	}
}
`

func TestHook(t *testing.T) {
	const asked = "obj *Cat) graphql.Marshaler {\n\tif m, ok := ec.lean_Cat(ctx, sel, obj); ok {\n\t\treturn m\n\t}\n\n\tfields := "
	for _, tt := range []struct {
		name, src string
		objects   []string
		fails     string
	}{
		{"as it is", generated, []string{"Cat"}, ""},
		{"a type without a function", generated, []string{"Cat", "Dog"}, "[_Dog]"},
		{"another parameter", strings.Replace(generated, "sel ast.SelectionSet, obj", "sel ast.SelectionSet, more bool, obj", 1), []string{"Cat"}, "[_Cat]"},
		{"another name", strings.Replace(generated, "sel ast.SelectionSet, obj", "selections ast.SelectionSet, obj", 1), []string{"Cat"}, "[_Cat]"},
		{"no receiver", strings.ReplaceAll(generated, "(ec *executionContext) _Cat(", "_Cat("), []string{"Cat"}, "[_Cat]"},
		{"no map of unmarshalers", strings.Replace(generated, "graphql.BuildUnmarshalerMap", "graphql.Unmarshalers", 1), []string{"Cat"}, "in 2 places"},
		{"another use of it", strings.Replace(generated, "\tfirst := true", "\tctx = graphql.WithUnmarshalerMap(ctx, inputUnmarshalMap)", 1), []string{"Cat"}, "in 4 places"},
		{"two results", strings.ReplaceAll(generated, "obj *Cat) graphql.Marshaler {\n\tfields", "obj *Cat) (graphql.Marshaler, error) {\n\tfields"), []string{"Cat"}, "[_Cat]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "generated.go")
			if err := os.WriteFile(file, []byte(tt.src), 0o600); err != nil {
				t.Fatal(err)
			}
			err := hook(file, tt.objects)
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("%v, want one about %q", err, tt.fails)
			}
			b, readErr := os.ReadFile(file)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if got := strings.Count(string(b), "ec.lean"); got != map[bool]int{true: 1}[err == nil] || err == nil && !strings.Contains(string(b), asked) {
				t.Errorf("%d hooks:\n%s", got, b)
			}
			if got := strings.Count(string(b), "UnmarshalerMap"); err == nil && got > 0 {
				t.Errorf("the map of unmarshalers is still there:\n%s", b)
			}
		})
	}
}
