package access_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// TestKnownTokens looks tokens up while changes are heard of: on PostgreSQL once, and again as soon as anything
// has changed, here or elsewhere, or ended by itself; on SQLite each time.
func TestKnownTokens(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			b, other := setup(t, open(t, url)), open(t, url)
			clock := func() time.Time { return b.now }
			ids := id.NewSource(clock)
			elsewhere := access.New(other, audit.New(ids, clock), ids, clock, nil)
			heard := make(chan string, 100)
			defer b.tokens.Changes.Watch(func(tenant string) { heard <- tenant })()
			newToken := func(ttl time.Duration) access.Token {
				return b.create(t, b.contoso, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: ttl})
			}
			long, short := newToken(time.Hour), newToken(time.Second)
			ask := func(what string, tok access.Token, code fault.Code, postgres int64) {
				t.Helper()
				want := int64(1)
				if kind == "postgres" {
					want = postgres
				}
				ctx, statements := store.CountStatements(t.Context())
				_, err := b.tokens.Authenticate(ctx, tok.Secret)
				for range 2 { // there may be word of a change more than once
					if err == nil && statements.Load() > want {
						statements.Store(0)
						_, err = b.tokens.Authenticate(ctx, tok.Secret)
					}
				}
				if n := statements.Load(); fault.CodeOf(err) != code || n != want {
					t.Errorf("%s: %v after %d statements, want %q after %d", what, err, n, code, want)
				}
			}
			ask("nobody is heard yet", long, "", 1)
			ask("nobody is heard yet, again", long, "", 1)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- b.tokens.Changes.Listen(ctx, slog.New(slog.DiscardHandler)) }()
			first := newToken(time.Hour)
			check(t, elsewhere.RevokeToken(in(t, b.contoso), first.ID))
			hear(t, heard, b.contoso)
			if got := b.tokens.Changes.Hears(); got != (kind == "postgres") {
				t.Fatalf("others are heard: %v", got)
			}
			ask("others are heard", long, "", 1)
			ask("again", long, "", 0)
			ask("another one", short, "", 1)
			b.now = b.now.Add(time.Second)
			ask("it has ended", short, fault.Unauthenticated, 1)
			ask("the other has not", long, "", 0)
			b.now = b.now.Add(time.Second)
			ask("after two seconds", long, "", 1)
			ask("and again", long, "", 0)
			second := newToken(time.Hour)
			check(t, b.tokens.RevokeToken(in(t, b.contoso), second.ID))
			ask("something was revoked here", long, "", 1)
			check(t, b.tokens.RevokeToken(in(t, b.contoso), long.ID))
			ask("it was revoked here", long, fault.Unauthenticated, 1)
			third := newToken(time.Hour)
			ask("a third", third, "", 1)
			for len(heard) > 0 {
				<-heard
			}
			check(t, elsewhere.RevokeToken(in(t, b.contoso), third.ID))
			hear(t, heard, b.contoso)
			ask("it was revoked elsewhere", third, fault.Unauthenticated, 1)
			stop()
			check(t, <-done)
			fourth := newToken(time.Hour)
			ask("nobody is heard any more", fourth, "", 1)
			ask("nobody is heard any more, again", fourth, "", 1)
		})
	}
}

// TestKnownForAsLongAsAccess: what a partner was granted ends by itself too.
func TestKnownForAsLongAsAccess(t *testing.T) {
	k := access.NewKnown()
	k.Hear()
	c := &viewer.Caller{Credential: viewer.Credential{ExpiresAt: 10_000}, Reach: []viewer.Access{{Tenant: "a"}, {Tenant: "b", ExpiresAt: 1500}}}
	for at, want := range map[instant.Milli]bool{1000: true, 1499: true, 1500: false} {
		if got := k.KeptAt(1000, at, c); got != want {
			t.Errorf("at %d: %v", at, got)
		}
	}
	if c.Reach = nil; !k.KeptAt(9000, 9999, c) || k.KeptAt(9000, 10_000, c) || k.KeptAt(1000, 3000, c) {
		t.Error("kept for too short or too long")
	}
	if k.KeptThrough(k.Hear, c) || k.KeptThrough(k.Miss, c) {
		t.Error("kept through a change")
	}
}
