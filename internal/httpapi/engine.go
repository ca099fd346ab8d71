package httpapi

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
	"purser/internal/viewer"
)

// maxTokens is how many tokens a document may have; the parser gives up behind them.
const maxTokens = 5000

// engine runs operations: those of callers, and those of strangers, who get no hints.
type engine struct{ callers, strangers *executor.Executor }

func newEngine(schema graphql.ExecutableSchema, errs Errors) *engine {
	cache := newDocuments()
	g := guard{schema: schema.Schema(), cache: cache, introspection: introspectionFields(schema.Schema())}
	build := func() *executor.Executor {
		e := executor.New(schema)
		e.SetErrorPresenter(errs.Present)
		e.SetRecoverFunc(errs.Recover)
		e.SetParserTokenLimit(maxTokens)
		e.SetDefaultRulesFn(ruleSet)
		e.Use(errs)
		e.Use(g)
		return e
	}
	callers, strangers := build(), build()
	callers.SetQueryCache(cache)
	strangers.SetDisableSuggestion(true)
	strangers.SetDefaultRulesFn(rulesWithoutSuggestions)
	return &engine{callers: callers, strangers: strangers}
}

func (e *engine) executor(ctx context.Context) *executor.Executor {
	if viewer.CallerFrom(ctx) != nil {
		return e.callers
	}
	return e.strangers
}

// prepare parses and checks a request. It returns the operation, ready to run, or the answer
// that refuses it.
func (e *engine) prepare(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, *graphql.Response) {
	params.ReadTime = graphql.TraceTiming{Start: graphql.GetStartTime(ctx), End: graphql.Now()}
	exec := e.executor(ctx)
	oc, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		return nil, exec.DispatchError(graphql.WithOperationContext(ctx, oc), brief(errs))
	}
	note := entryOf(ctx)
	note.operation, note.kind = oc.Operation.Name, string(oc.Operation.Operation)
	return oc, nil
}

// How much is said about a document: errors quote it, and it can be long.
const (
	maxErrors  = 20
	maxMessage = 500
)

// brief keeps errors about a document short.
func brief(errs gqlerror.List) gqlerror.List {
	errs = errs[:min(len(errs), maxErrors)]
	for _, e := range errs {
		if len(e.Message) > maxMessage {
			e.Message = strings.ToValidUTF8(e.Message[:maxMessage], "") + "…"
		}
	}
	return errs
}

// run starts an operation. The function returned gives one answer a call, nil at the end.
func (e *engine) run(ctx context.Context, oc *graphql.OperationContext) func() *graphql.Response {
	next, ctx := e.executor(ctx).DispatchOperation(ctx, oc)
	return func() *graphql.Response { return next(ctx) }
}

// refusal is the answer that says nothing but err.
func (e *engine) refusal(ctx context.Context, err error) *graphql.Response {
	if _, ok := errors.AsType[*fault.Error](err); !ok { // for the log alone
		err = fault.New(fault.Internal, "refused").Because(err)
	}
	return e.callers.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)})
}

// outOfTime is the answer to an operation that was cut off: it took too long, or its caller's
// credential ended, which is then the context's cause.
func (e *engine) outOfTime(ctx context.Context) *graphql.Response {
	if err, ok := errors.AsType[*fault.Error](context.Cause(ctx)); ok {
		return e.refusal(ctx, err)
	}
	return e.refusal(ctx, fault.New(fault.Unavailable, "The request took too long."))
}
