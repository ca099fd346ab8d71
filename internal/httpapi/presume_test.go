package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"purser/internal/fault"
	"purser/internal/httpapi"
	"purser/internal/viewer"
)

// presuming starts a server that looks up familiar tokens after the query: as late as that can be.
func presuming(t *testing.T) (b *bundle, along *atomic.Int64) {
	t.Helper()
	along = new(atomic.Int64)
	b = setup(t, func(o *httpapi.Options) {
		known := o.Authenticate
		o.LookUp = func(_ context.Context, token string) viewer.LookUp {
			return late{along: func() { along.Add(1) }, outcome: func(ctx context.Context) (*viewer.Caller, error) { return known(ctx, token) }}
		}
	})
	return b, along
}

// late is a look-up that is done when its outcome is asked for.
type late struct {
	along   func()
	outcome func(context.Context) (*viewer.Caller, error)
}

// Along implements viewer.LookUp.
func (l late) Along(ctx context.Context) context.Context {
	l.along()
	return ctx
}

// Outcome implements viewer.LookUp.
func (l late) Outcome(ctx context.Context) (*viewer.Caller, error) { return l.outcome(ctx) }

// TestPresumed: familiar tokens are looked up once a request, and along with queries alone.
func TestPresumed(t *testing.T) {
	b, along := presuming(t)
	for i, tt := range []struct {
		ask   func() answer
		along int64
	}{
		{func() answer { return b.post(t, "{about{caller}}") }, 0},
		{func() answer { return b.post(t, "{about{caller}}") }, 1},
		{func() answer { return b.call(t, "GET", "/graphql?query={about{caller}}", "", asGood) }, 1},
		{func() answer { return b.post(t, "{hello boom}") }, 1},
		{func() answer { return b.post(t, "mutation{set(value:1)}") }, 0},
		{func() answer { return b.post(t, "{nonsense}") }, 0},
		{func() answer { return b.post(t, "{hello}", "Accept: text/event-stream") }, 0},
		{func() answer { return b.post(t, "subscription{count(to:1)}", "Accept: text/event-stream") }, 0},
	} {
		asked := b.tokens.questions()
		along.Store(0)
		got := tt.ask()
		if got.status != http.StatusOK || along.Load() != tt.along {
			t.Errorf("%d: %d %s; %d went along", i, got.status, got.body, along.Load())
		}
		if n := b.tokens.questions() - asked; n != 1 && !strings.Contains(got.body, "event:") { // a stream asks again what has changed
			t.Errorf("%d: looked up %d times", i, n)
		}
	}
}

// TestPresumedWrongly: what a token was good for before counts for nothing.
func TestPresumedWrongly(t *testing.T) {
	ways := map[string]func(t *testing.T, b *bundle) answer{
		"query":        func(t *testing.T, b *bundle) answer { t.Helper(); return b.post(t, "{hello about{caller}}") },
		"failed query": func(t *testing.T, b *bundle) answer { t.Helper(); return b.post(t, "{boom}") },
		"GET": func(t *testing.T, b *bundle) answer {
			t.Helper()
			return b.call(t, "GET", "/graphql?query={hello}", "", asGood)
		},
		"mutation":     func(t *testing.T, b *bundle) answer { t.Helper(); return b.post(t, "mutation{set(value:1)}") },
		"bad document": func(t *testing.T, b *bundle) answer { t.Helper(); return b.post(t, "{nonsense}") },
		"events": func(t *testing.T, b *bundle) answer {
			t.Helper()
			return b.post(t, "{hello}", "Accept: text/event-stream")
		},
		"subscription": func(t *testing.T, b *bundle) answer {
			t.Helper()
			return b.post(t, "subscription{count(to:1)}", "Accept: text/event-stream")
		},
	}
	for name, ask := range ways {
		t.Run(name, func(t *testing.T) {
			b, _ := presuming(t)
			b.post(t, "{hello}")
			b.tokens.revoke("good")
			logged := len(b.logs.String())
			for range 2 { // the second time it is not presumed any more
				got := ask(t, b)
				if got.status != http.StatusUnauthorized || strings.Contains(got.body, `"data"`) || !strings.Contains(got.body, `"UNAUTHENTICATED"`) {
					t.Errorf("%d %s", got.status, got.body)
				}
			}
			if s := b.logs.String()[logged:]; strings.Contains(s, "viewer=") || strings.Contains(s, "kind=") {
				t.Errorf("logged: %s", s)
			}
		})
	}
}

// TestPresumedWronglyIsLogged: why a credential is refused is for the log alone.
func TestPresumedWronglyIsLogged(t *testing.T) {
	var why error
	b := setup(t, func(o *httpapi.Options) {
		o.LookUp = func(context.Context, string) viewer.LookUp {
			return late{along: func() {}, outcome: func(context.Context) (*viewer.Caller, error) {
				return nil, fault.New(fault.Unauthenticated, "No.").Because(why)
			}}
		}
	})
	b.post(t, "{hello}")
	why = errors.New("the moon is full")
	got := b.post(t, "{hello}")
	if got.status != http.StatusUnauthorized || strings.Contains(got.body, "moon") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if s := b.logs.String(); strings.Count(s, "moon") != 1 || !strings.Contains(s, `msg="credential refused" why="the moon is full"`) || strings.Contains(s, "level=ERROR") {
		t.Errorf("logged: %s", s)
	}
}

// TestPresumedAnew: a caller who can do something else now is answered as who they are now.
func TestPresumedAnew(t *testing.T) {
	for _, query := range []string{"{about{caller} reach}", "mutation{about{caller} reach}"} {
		t.Run(query, func(t *testing.T) {
			b, _ := presuming(t)
			b.post(t, "{hello}")
			b.tokens.reaches("good", viewer.Access{Tenant: "ten_other"})
			for range 2 {
				if got := b.post(t, query); !strings.Contains(got.body, `"reach":"ten_other"`) {
					t.Errorf("%s", got.body)
				}
			}
		})
	}
}
