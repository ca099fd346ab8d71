package graph

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/idempotency"
	"purser/internal/viewer"
)

// mutating is a mutation under way: its fields are resolved one after the other.
type mutating struct {
	keys     *idempotency.Keys
	op       *graphql.OperationContext
	field    graphql.RootFieldMiddleware // what else stands around a field
	errs     gqlerror.List               // of fields with a key
	replayed []string                    // their aliases
}

// complete adds to an answer what its fields with a key leave.
func (m *mutating) complete(ctx context.Context, resp *graphql.Response) *graphql.Response {
	if resp == nil {
		return nil
	}
	resp.Errors = append(resp.Errors, m.errs...)
	if m.replayed != nil {
		graphql.RegisterExtension(ctx, "idempotency", map[string]any{"replayed": m.replayed})
	}
	return resp
}

// intercept resolves a field. One that carries @idempotent is written out within its transaction; an
// error anywhere below it undoes it.
func (m *mutating) intercept(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	f := graphql.GetRootFieldContext(ctx).Field
	d, caller := f.Directives.ForName("idempotent"), viewer.CallerFrom(ctx)
	if d == nil || caller == nil { // nobody gets any further than that
		return m.field(ctx, next)
	}
	path := ast.Path{ast.PathName(f.Alias)}
	input, err := fingerprint(m.op, f)
	if err != nil {
		graphql.AddError(ctx, gqlerror.WrapPath(path, err))
		return graphql.Null
	}
	key, _ := d.ArgumentMap(m.op.Variables)["key"].(string)
	call := idempotency.Call{Credential: caller.Credential.ID, Key: key, Input: input}
	answer, replayed, err := m.keys.Do(ctx, call, func(ctx context.Context) ([]byte, error) {
		ctx = graphql.WithFreshResponseContext(ctx) // its errors may come to nothing
		var b bytes.Buffer
		m.field(ctx, next).MarshalGQL(&b)
		if errs := graphql.GetErrors(ctx); errs != nil {
			return nil, errs
		}
		return b.Bytes(), nil
	})
	if errs, ok := errors.AsType[gqlerror.List](err); ok { // they have been presented
		m.errs = append(m.errs, errs...)
		return graphql.Null
	}
	if err != nil {
		graphql.AddError(ctx, gqlerror.WrapPath(path, err))
		return graphql.Null
	}
	if replayed {
		m.replayed = append(m.replayed, f.Alias)
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(answer) }) // gqlgen's writer is a buffer
}
