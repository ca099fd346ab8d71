package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/idempotency"
	"purser/internal/lean"
)

// NewSchema returns the API on the resolver's services. It keeps what @idempotent promises by itself, so
// that whoever serves it cannot forget to. With plans, answers are written by package lean where it can.
func NewSchema(r *Resolver, keys *idempotency.Keys, plans *lean.Plans) graphql.ExecutableSchema {
	return schema{NewExecutableSchema(Config{Resolvers: root{r, plans}, Schema: offered()}), keys}
}

// NewPlans returns the plans by which package lean writes this API's types.
func NewPlans() *lean.Plans { return lean.NewPlans(leanTypes) }

// root is the resolvers, with the plans for what needs none.
type root struct {
	ResolverRoot
	plans *lean.Plans
}

// plans returns the plans by which package lean writes; nil when it does not.
func (ec *executionContext) plans() *lean.Plans {
	r, _ := ec.Resolvers.(root)
	return r.plans
}

type schema struct {
	graphql.ExecutableSchema
	keys *idempotency.Keys
}

// Exec implements graphql.ExecutableSchema.
func (s schema) Exec(ctx context.Context) graphql.ResponseHandler {
	next, op := exec(ctx, s.ExecutableSchema), graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Mutation {
		return next
	}
	m := &mutating{keys: s.keys, op: op, field: op.RootResolverMiddleware}
	op.RootResolverMiddleware = m.intercept
	return func(ctx context.Context) *graphql.Response {
		return m.complete(ctx, next(ctx))
	}
}

// exec executes an operation as gqlgen's Exec does. With plans a query or mutation is written into the buffer that its
// sender has for it; and it goes without the decoders of input objects in its context, which are for
// resolvers that take maps, and without @defer, which is not offered.
func exec(ctx context.Context, s graphql.ExecutableSchema) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	generated, ok := s.(*executableSchema)
	if !ok || op.Operation.Operation == ast.Subscription {
		return s.Exec(ctx)
	}
	ec := newExecutionContext(op, generated, nil)
	if ec.plans() == nil {
		return s.Exec(ctx)
	}
	resolve := ec._Query
	if op.Operation.Operation == ast.Mutation {
		resolve = ec._Mutation
	} else if f, field := only(op.Operation.SelectionSet); field != nil {
		resolve = func(ctx context.Context, _ ast.SelectionSet) graphql.Marshaler { return ec.one(ctx, f, field) }
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		b := lean.BufferFrom(ctx)
		start := b.Len()
		resolve(ctx, op.Operation.SelectionSet).MarshalGQL(b)
		return &graphql.Response{Data: b.Bytes()[start:]}
	}
}
