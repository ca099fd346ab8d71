package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
	"purser/internal/viewer"
)

// operation is one operation on a socket.
type operation struct {
	id      string
	cancel  context.CancelFunc
	hold    *viewer.Hold // what a subscription stands on
	done    chan struct{}
	endless bool        // a subscription: not waited for when the server stops; guarded by the socket
	silent  atomic.Bool // the client has said that it wants no more
}

// subscribe starts an operation, and tells whether the socket lives on.
func (k *socket) subscribe(ctx context.Context, m message) bool {
	ctx, end := context.WithCancelCause(ctx)
	cancel := func() { end(nil) }
	op := &operation{id: m.ID, cancel: cancel, hold: viewer.NewHold(func() { end(errAccessLost) }), done: make(chan struct{})}
	k.mu.Lock()
	_, duplicate := k.operations[m.ID]
	full, stopping := len(k.operations) >= maxOperations, k.stopping
	if !duplicate && !full && !stopping {
		k.operations[m.ID] = op
	}
	k.mu.Unlock()
	switch {
	case duplicate:
		cancel()
		k.close(closeDuplicate(m.ID))
		return false
	case stopping:
		cancel()
		return true // the socket is about to be closed
	case full:
		cancel()
		resp := k.server.engine.refusal(ctx, fault.New(fault.TooComplex, "At most %d operations at once on one socket.", maxOperations))
		return k.failed(ctx, op, resp)
	}
	k.running.Go(func() {
		defer close(op.done)
		defer k.forget(op)
		k.run(ctx, op, m)
	})
	return true
}

// completed ends an operation because the client says so.
func (k *socket) completed(id string) {
	k.mu.Lock()
	op := k.operations[id]
	k.mu.Unlock()
	if op != nil {
		op.silent.Store(true)
		op.cancel()
		k.forget(op) // its id is free
	}
}

func (k *socket) forget(op *operation) {
	op.cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.operations[op.id] == op {
		delete(k.operations, op.id)
	}
}

// run serves one operation from its message to its end, and logs it like a request.
func (k *socket) run(ctx context.Context, op *operation, m message) {
	ctx, e := k.server.begin(ctx, k.server.NewRequestID())
	e.graphql = true
	defer func() {
		if v := recover(); v != nil {
			k.failed(ctx, op, k.server.panicked(ctx, v))
		}
		k.server.finish(ctx, "operation", e, slog.String("socket", k.id))
	}()
	leave, ok := k.server.busy.enter()
	if !ok {
		k.failed(ctx, op, k.server.engine.refusal(ctx, errBusy))
		return
	}
	defer leave()
	params, err := decodeRequest(m.Payload)
	if err != nil {
		k.close(closeInvalid)
		return
	}
	params.Headers = k.request.Header
	ctx, ok = k.admitted(ctx, op)
	if !ok {
		return
	}
	oc, refused := k.server.engine.prepare(ctx, params)
	if refused != nil {
		k.failed(ctx, op, refused)
		return
	}
	k.answers(ctx, op, oc, leave)
}

// admitted asks anew who the caller is, so that a revoked credential or role does not live on in
// an open socket.
func (k *socket) admitted(ctx context.Context, op *operation) (context.Context, bool) {
	c, err := k.watch.authenticate(ctx)
	switch {
	case err == nil:
	case fault.CodeOf(err) == fault.RateLimited:
		k.failed(ctx, op, k.server.engine.refusal(ctx, err))
		return ctx, false
	default:
		if !errors.Is(ctx.Err(), context.Canceled) {
			k.close(refusedBy(err))
		}
		return ctx, false
	}
	return k.server.admit(graphql.StartOperationTrace(ctx), k.request, c), true
}

// answers sends what an operation yields. A subscription leaves its place among those at work: it waits
// more than it works.
func (k *socket) answers(ctx context.Context, op *operation, oc *graphql.OperationContext, leave func()) {
	if oc.Operation.Operation == ast.Subscription {
		if !k.goesOn(op) {
			return
		}
		leave()
		end, ok := k.server.streams.enter()
		if !ok {
			k.failed(ctx, op, k.server.engine.refusal(ctx, errTooManyOpen))
			return
		}
		defer end()
		ctx = viewer.WithHold(ctx, op.hold)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = k.server.deadline(ctx)
		defer cancel()
	}
	next := k.server.engine.run(ctx, oc)
	for resp := next(); resp != nil && !op.silent.Load() && !cutOff(ctx); resp = next() {
		if !k.send(ctx, wire(head(msgNext, op.id), resp, "}")) {
			return
		}
	}
	if op.silent.Load() || gone(ctx) {
		return
	}
	if ctx.Err() != nil {
		k.failed(ctx, op, k.server.engine.outOfTime(ctx))
		return
	}
	k.forget(op) // the client may use the id again as soon as it reads this
	k.send(ctx, []byte(`{"type":"`+msgComplete+`","id":`+string(marshal(op.id))+`}`))
}

// goesOn notes that an operation has no end of its own, and tells whether it may begin.
func (k *socket) goesOn(op *operation) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	op.endless = true
	return !k.stopping
}

// failed ends an operation with the errors that refuse it.
func (k *socket) failed(ctx context.Context, op *operation, resp *graphql.Response) bool {
	k.forget(op)
	return op.silent.Load() || k.send(ctx, []byte(head(msgError, op.id)+string(marshal(resp.Errors))+"}"))
}
