package access_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// watch returns a function that tells of which tenants this process has been told so far.
func (b *bundle) watch(t *testing.T) (told func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	stop := b.tokens.Changes.Watch(func(tenant string) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, tenant)
	})
	t.Cleanup(stop)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), list...)
	}
}

// TestAnotherProcessIsHeard has a second process on the database: a replica on PostgreSQL, the command line on SQLite.
func TestAnotherProcessIsHeard(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			b, other := setup(t, open(t, url)), open(t, url)
			b.tokens.Changes.SetReread(10*time.Millisecond, time.Hour)
			heard := make(chan string, 100)
			defer b.tokens.Changes.Watch(func(tenant string) { heard <- tenant })()
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- b.tokens.Changes.Listen(ctx, slog.New(slog.DiscardHandler)) }()
			clock := func() time.Time { return b.now }
			ids := id.NewSource(clock)
			elsewhere := access.New(other, audit.New(ids, clock), ids, clock, nil)
			for _, tenant := range []string{b.contoso, b.fabrikam, b.contoso} {
				tok := b.create(t, tenant, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
				check(t, elsewhere.RevokeToken(in(t, tenant), tok.ID))
				hear(t, heard, tenant)
			}
			stop()
			check(t, <-done)
		})
	}
}

// hear waits until a tenant is heard of: of one thing there may be word more than once.
func hear(t *testing.T, heard <-chan string, tenant string) {
	t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case got := <-heard:
			if got == tenant {
				return
			}
		case <-late:
			t.Fatalf("nothing was heard of %s", tenant)
		}
	}
}

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	return storetest.Again(t, url, store.Options{})
}

// TestWhatWasUndoneIsNotTold revokes a token in a session that fails.
func TestWhatWasUndoneIsNotTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		tok := b.create(t, b.contoso, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
		told := b.watch(t)
		err := db.InSession(in(t, b.contoso), store.Session{
			Begin: func(context.Context, *store.Tx) error { return nil },
			Run: func(ctx context.Context) error {
				if err := b.tokens.RevokeToken(ctx, tok.ID); err != nil {
					return err
				}
				return context.Canceled
			},
			End: func(context.Context, *store.Tx) error { return nil },
		})
		if err == nil || len(told()) > 0 {
			t.Errorf("%v; told of %v", err, told())
		}
		if n := db.Client().AccessChange.Query().CountX(in(t, b.contoso)); n != 0 {
			t.Errorf("%d changes are counted", n)
		}
	})
}
