package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/audit"
	"purser/internal/fault"
)

// Errors is the one place where what went wrong becomes a GraphQL error: every error leaves with
// a code of the API and the request's id, and what is not a fault shows nothing of its cause.
type Errors struct{ Log *slog.Logger }

// ExtensionName implements graphql.HandlerExtension.
func (Errors) ExtensionName() string { return "Errors" }

// Validate implements graphql.HandlerExtension.
func (Errors) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse completes the errors that did not come from a resolver: a document that does
// not parse or validate, a variable that does not fit.
func (e Errors) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	resp := next(ctx)
	if resp == nil {
		return nil
	}
	for _, err := range resp.Errors {
		complete(ctx, err)
	}
	return resp
}

// Present implements graphql.ErrorPresenterFunc.
func (e Errors) Present(ctx context.Context, err error) *gqlerror.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return e.fault(ctx, err, f)
	}
	g, ok := errors.AsType[*gqlerror.Error](err)
	switch {
	case ok && graphql.GetFieldContext(ctx) == nil:
		return g // a request error, see InterceptResponse
	case ok && argument(ctx):
		return gqlError(ctx, g.Path, fault.New(fault.Invalid, "%s", g.Message))
	}
	return e.fault(ctx, err, &fault.Error{Code: fault.Internal})
}

func (e Errors) fault(ctx context.Context, err error, f *fault.Error) *gqlerror.Error {
	if f.Cause != nil || f.Code == fault.Internal {
		e.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("code", string(f.Code)),
			slog.Any("error", err), slog.String("requestId", audit.RequestID(ctx)))
	}
	if f.Code == fault.Internal {
		f = fault.New(fault.Internal, "Something went wrong on our side. Quote the request id.")
	}
	var path ast.Path
	if g, ok := errors.AsType[*gqlerror.Error](err); ok {
		path = g.Path
	}
	return gqlError(ctx, path, f)
}

// Recover turns a panic into an error; gqlgen has caught it.
func (e Errors) Recover(_ context.Context, v any) error {
	return fault.New(fault.Internal, "panic: %v", v).Because(fmt.Errorf("at %s", debug.Stack()))
}

// argument tells whether the error at hand came from reading a field's arguments: gqlgen sets them
// only when all are good.
func argument(ctx context.Context) bool {
	fc := graphql.GetFieldContext(ctx)
	return fc != nil && fc.Field.Field != nil && fc.Args == nil && len(fc.Field.Definition.Arguments) > 0
}

func gqlError(ctx context.Context, path ast.Path, f *fault.Error) *gqlerror.Error {
	if path == nil {
		path = graphql.GetPath(ctx)
	}
	e := &gqlerror.Error{Message: f.Message, Path: path, Extensions: map[string]any{"code": f.Code}}
	maps.Copy(e.Extensions, f.Details)
	complete(ctx, e)
	return e
}

// complete gives an error a code of the API and the request's id.
func complete(ctx context.Context, e *gqlerror.Error) {
	if e.Extensions == nil {
		e.Extensions = map[string]any{}
	}
	if id := audit.RequestID(ctx); id != "" {
		e.Extensions["requestId"] = id
	}
	switch e.Extensions["code"] {
	case errcode.ParseFailed, errcode.ValidationFailed, nil:
		e.Extensions["code"] = fault.GraphQLInvalid
		if variable(e) {
			e.Extensions["code"] = fault.Invalid
		}
	}
}

// variable tells whether a request error is about the value of a variable, not the document.
func variable(e *gqlerror.Error) bool {
	return len(e.Path) > 0 && e.Path[0] == ast.PathName("variable")
}
