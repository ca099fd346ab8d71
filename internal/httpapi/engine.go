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
type engine struct {
	callers, strangers *executor.Executor
	pricing            pricing
	metrics            *metrics
}

func newEngine(o Options, m *metrics) *engine {
	schema, cache := o.Schema, newDocuments()
	price := pricing{schema: schema.Schema(), limit: o.Limits.Cost}
	g := guard{schema: schema.Schema(), cache: cache, introspection: introspectionFields(schema.Schema())}
	build := func() *executor.Executor {
		e := executor.New(schema)
		e.SetErrorPresenter(o.Errors.Present)
		e.SetRecoverFunc(func(ctx context.Context, v any) error {
			m.panics.Inc()
			return o.Errors.Recover(ctx, v)
		})
		e.SetParserTokenLimit(maxTokens)
		e.SetDefaultRulesFn(ruleSet)
		e.Use(o.Errors)
		e.Use(g)
		e.Use(price)
		return e
	}
	callers, strangers := build(), build()
	callers.SetQueryCache(cache)
	strangers.SetDisableSuggestion(true)
	strangers.SetDefaultRulesFn(rulesWithoutSuggestions)
	return &engine{callers: callers, strangers: strangers, pricing: price, metrics: m}
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
		resp := exec.DispatchError(graphql.WithOperationContext(ctx, oc), brief(errs))
		if entryOf(ctx).answered(resp); codeOf(resp) == fault.TooComplex {
			e.metrics.refused("complexity")()
		}
		return nil, resp
	}
	entryOf(ctx).runs(oc.Operation)
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
	return func() *graphql.Response {
		resp := next(ctx)
		if resp != nil {
			e.pricing.report(ctx, resp)
			entryOf(ctx).answered(resp)
		}
		return resp
	}
}

// refusal is the answer that says nothing but err.
func (e *engine) refusal(ctx context.Context, err error) *graphql.Response {
	if _, ok := errors.AsType[*fault.Error](err); !ok { // for the log alone
		err = fault.New(fault.Internal, "refused").Because(err)
	}
	resp := e.callers.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)})
	entryOf(ctx).answered(resp)
	return resp
}

// outOfTime is the answer to an operation that was cut off: it took too long, or its caller's
// credential ended, which is then the context's cause.
func (e *engine) outOfTime(ctx context.Context) *graphql.Response {
	if err, ok := errors.AsType[*fault.Error](context.Cause(ctx)); ok {
		return e.refusal(ctx, err)
	}
	return e.refusal(ctx, fault.New(fault.Unavailable, "The request took too long."))
}
