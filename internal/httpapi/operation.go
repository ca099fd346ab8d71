package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
	"purser/internal/turn"
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
	leave   func()      // gives back its place; belongs to the goroutine that serves it
	turns   turn.Turns  // of a subscription
}

// subscribe starts an operation, and tells whether the socket lives on.
func (k *socket) subscribe(ctx context.Context, m message) bool {
	ctx, end := context.WithCancelCause(ctx)
	cancel := func() { end(nil) }
	op := &operation{id: m.ID, cancel: cancel, hold: viewer.NewHold(func() { end(errAccessLost) }), done: make(chan struct{}), leave: func() {}}
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
	k.running.Add(1)
	go func() {
		ctx, e := k.server.begin(ctx, k.remote, k.server.NewRequestID())
		e.graphql = true
		k.work(ctx, op, func() bool { return k.run(ctx, op, m) })
	}()
	return true
}

// work serves an operation for a while. Unless the operation waits then, it is over, and logged like a request.
func (k *socket) work(ctx context.Context, op *operation, while func() (waits bool)) {
	waits := false
	defer func() {
		if v := recover(); v != nil {
			k.failed(ctx, op, k.server.panicked(ctx, v))
		}
		if waits {
			return
		}
		op.leave()
		k.server.finish(ctx, "operation", entryOf(ctx), slog.String("socket", k.id))
		k.forget(op)
		close(op.done)
		k.running.Done()
	}()
	waits = while()
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

// run serves an operation from its message on, and tells whether it waits then.
func (k *socket) run(ctx context.Context, op *operation, m message) (waits bool) {
	leave, ok := k.server.busy.enter()
	if !ok {
		k.failed(ctx, op, k.server.engine.refusal(ctx, errBusy))
		return false
	}
	op.leave = leave
	params, err := decodeRequest(m.Payload)
	if err != nil {
		k.close(closeInvalid)
		return false
	}
	ctx, ok = k.admitted(ctx, op)
	if !ok {
		return false
	}
	oc, refused := k.server.engine.prepare(ctx, params)
	if refused != nil {
		k.failed(ctx, op, refused)
		return false
	}
	if oc.Operation.Operation == ast.Subscription {
		return k.follow(ctx, op, oc)
	}
	ctx, cancel := k.server.deadline(ctx)
	defer cancel()
	return k.answer(ctx, op, k.server.engine.run(ctx, oc))
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
	return admit(k.server.WithBaseURL(ctx, k.base), c), true
}

// follow begins a subscription. It leaves its place among those at work: it waits more than it works.
func (k *socket) follow(ctx context.Context, op *operation, oc *graphql.OperationContext) (waits bool) {
	if !k.goesOn(op) {
		return false
	}
	op.leave()
	leave, ok := k.server.streams.enter()
	if !ok {
		k.failed(ctx, op, k.server.engine.refusal(ctx, errTooManyOpen))
		return false
	}
	op.leave = leave
	ctx = turn.NewContext(viewer.WithHold(ctx, op.hold), &op.turns)
	return k.answer(ctx, op, k.server.engine.run(ctx, oc))
}

// answer sends what an operation yields, and tells whether it waits for more: then there is no goroutine for it.
func (k *socket) answer(ctx context.Context, op *operation, next func() *graphql.Response) (waits bool) {
	for resp := next(); resp != nil && !op.silent.Load() && !cutOff(ctx); resp = next() {
		if !k.send(ctx, wire(head(msgNext, op.id), resp, "}")) {
			return false
		}
		// errors alone do not come from who tells of events
		if resp.Data != nil && op.turns.Wait(func() { k.work(ctx, op, func() bool { return k.answer(ctx, op, next) }) }) {
			return true
		}
	}
	if op.silent.Load() || gone(ctx) {
		return false
	}
	if ctx.Err() != nil {
		k.failed(ctx, op, k.server.engine.outOfTime(ctx))
		return false
	}
	k.forget(op) // the client may use the id again as soon as it reads this
	k.send(ctx, []byte(`{"type":"`+msgComplete+`","id":`+string(marshal(op.id))+`}`))
	return false
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
