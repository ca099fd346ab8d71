package httpapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// timed is a context that ends with another one, at a time, or when it is told to: what context.WithDeadline returns. It takes a timer, and room
// in the other one, only when somebody waits for its end, as nobody does who reads by a key. Where both the time and the other one have ended before
// anybody looked, it has ended with the other one.
type timed struct {
	context.Context //nolint:containedctx // it is one

	at    time.Time
	ended atomic.Bool

	mu     sync.Mutex
	begun  atomic.Pointer[context.Context] // the one that is waited for
	cancel context.CancelFunc
}

// withTimeout is context.WithTimeout for what as a rule is over before anybody waits for it.
func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	t := &timed{Context: ctx, at: time.Now().Add(d)} //nolint:forbidigo // as context does
	return t, t.end
}

// Deadline implements context.Context.
func (t *timed) Deadline() (time.Time, bool) {
	if at, ok := t.Context.Deadline(); ok && at.Before(t.at) {
		return at, true
	}
	return t.at, true
}

// Done implements context.Context.
func (t *timed) Done() <-chan struct{} { return t.begin().Done() }

// Err implements context.Context.
func (t *timed) Err() error {
	if c := t.begun.Load(); c != nil {
		return (*c).Err()
	}
	if err := t.Context.Err(); err != nil {
		return err
	}
	switch {
	case t.ended.Load():
		return context.Canceled
	case !time.Now().Before(t.at): //nolint:forbidigo // as context does
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. By it package context finds what its contexts wait for.
func (t *timed) Value(key any) any {
	if c := t.begun.Load(); c != nil {
		return (*c).Value(key)
	}
	return t.Context.Value(key)
}

func (t *timed) begin() context.Context {
	if c := t.begun.Load(); c != nil {
		return *c
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.begun.Load(); c != nil {
		return *c
	}
	var ctx context.Context
	if t.ended.Load() { // whether its time has come since is no matter
		ctx, t.cancel = context.WithCancel(t.Context)
		t.cancel()
	} else {
		ctx, t.cancel = context.WithDeadline(t.Context, t.at)
	}
	t.begun.Store(&ctx)
	return ctx
}

func (t *timed) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended.Store(true)
	if t.cancel != nil {
		t.cancel()
	}
}
