package httpapi_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"purser/internal/httpapi"
)

type (
	contextKey  struct{}
	withTimeout func(context.Context, time.Duration) (context.Context, context.CancelFunc)
	ending      func(parent context.CancelCauseFunc, own context.CancelFunc)
)

var errWhy = errors.New("why")

// TestTimed compares a context that takes a timer only where somebody waits with context.WithTimeout's, whatever ends it.
func TestTimed(t *testing.T) {
	waits := map[string]func(context.Context){
		"nobody":   func(context.Context) {},
		"somebody": func(ctx context.Context) { ctx.Done() },
		"a child":  func(ctx context.Context) { context.AfterFunc(ctx, func() {}) },
	}
	for what, end := range map[string]ending{
		"nothing":           func(context.CancelCauseFunc, context.CancelFunc) {},
		"almost the time":   func(context.CancelCauseFunc, context.CancelFunc) { time.Sleep(time.Second - 1) },
		"the time":          func(context.CancelCauseFunc, context.CancelFunc) { time.Sleep(time.Second) },
		"the parent":        func(parent context.CancelCauseFunc, _ context.CancelFunc) { parent(nil) },
		"the parent, why":   func(parent context.CancelCauseFunc, _ context.CancelFunc) { parent(errWhy) },
		"itself":            func(_ context.CancelCauseFunc, own context.CancelFunc) { own(); own() },
		"itself, then time": func(_ context.CancelCauseFunc, own context.CancelFunc) { own(); time.Sleep(time.Minute) },
	} {
		for who, wait := range waits {
			t.Run(what+" ends it and "+who+" waits", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					want, got := told(context.WithTimeout, wait, end), told(httpapi.WithTimeout, wait, end)
					if got != want {
						t.Errorf("%v, want %v", got, want)
					}
				})
			})
		}
	}
}

// told is all that a context tells once something may have ended it.
func told(timeout withTimeout, wait func(context.Context), end ending) (of [8]any) {
	parent, cancel := context.WithCancelCause(context.WithValue(context.Background(), contextKey{}, "value"))
	defer cancel(nil)
	began := time.Now()
	ctx, own := timeout(parent, time.Second)
	defer own()
	wait(ctx)
	end(cancel, own)
	synctest.Wait()
	at, ok := ctx.Deadline()
	of = [8]any{ctx.Err(), context.Cause(ctx), at.Sub(began), ok, ctx.Value(contextKey{})}
	child, stop := context.WithCancel(ctx)
	defer stop()
	synctest.Wait()
	of[5], of[6] = child.Err(), context.Cause(child)
	select {
	case <-ctx.Done():
		of[7] = "done"
	default:
	}
	return of
}

// TestTimedSooner: a parent's time that comes sooner counts.
func TestTimedSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ctx, end := httpapi.WithTimeout(parent, time.Hour)
		defer end()
		want, _ := parent.Deadline()
		if at, ok := ctx.Deadline(); !ok || !at.Equal(want) {
			t.Errorf("until %v, want %v", at, want)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Error(ctx.Err())
		}
	})
}

// TestTimedAtOnce has several begin to wait while it ends.
func TestTimedAtOnce(t *testing.T) {
	for range 200 {
		ctx, end := httpapi.WithTimeout(t.Context(), time.Hour)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { <-ctx.Done() })
		}
		end()
		wg.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Fatal(ctx.Err())
		}
	}
}
