package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/lean"
)

// resolveField is gqlgen's function for one of the fields that queries begin with.
type resolveField = func(ec *executionContext, ctx context.Context, field graphql.CollectedField) graphql.Marshaler

// only returns the one field that a query asks for, with gqlgen's function for it: as most queries do, and then there is nothing to collect
// and to merge. The function is nil for all else.
func only(set ast.SelectionSet) (*ast.Field, resolveField) {
	if len(set) != 1 {
		return nil, nil
	}
	f, ok := set[0].(*ast.Field)
	if !ok || len(f.Directives) > 0 {
		return nil, nil
	}
	return f, leanQuery[f.Name]
}

// one resolves a query for one field as gqlgen's _Query does one for several.
func (ec *executionContext) one(ctx context.Context, f *ast.Field, resolve resolveField) graphql.Marshaler {
	field := graphql.CollectedField{Field: f, Selections: f.SelectionSet}
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query"})
	ctx = graphql.WithRootFieldContext(ctx, &graphql.RootFieldContext{Object: f.Name, Field: field})
	value := ec.RootResolverMiddleware(ctx, func(ctx context.Context) (value graphql.Marshaler) {
		defer func() {
			if v := recover(); v != nil {
				ec.Error(ctx, ec.Recover(ctx, v))
				value = graphql.RequiredNull
			}
		}()
		return resolve(ec, ctx, field)
	})
	if value == graphql.RequiredNull || f.Definition.Type.NonNull && value == graphql.Null {
		return graphql.Null
	}
	return alone{f.Alias, value}
}

// alone is an object of one field.
type alone struct {
	alias string
	value graphql.Marshaler
}

// MarshalGQL implements graphql.Marshaler.
func (f alone) MarshalGQL(to io.Writer) {
	_, _ = to.Write(append(lean.AppendString([]byte{'{'}, f.alias), ':')) // gqlgen's writer is a buffer
	f.value.MarshalGQL(to)
	_, _ = to.Write([]byte{'}'})
}
