package access_test

import (
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// TestAuthenticateAtOnce: a look-up is one statement, and the first after another process has revoked the token refuses it.
func TestAuthenticateAtOnce(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			b, other := setup(t, open(t, url)), open(t, url)
			clock := func() time.Time { return b.now }
			ids := id.NewSource(clock)
			elsewhere := access.New(other, audit.New(ids, clock), ids, clock, nil)
			token := b.create(t, b.contoso, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
			ask := func(want fault.Code) {
				t.Helper()
				ctx, statements := store.CountStatements(t.Context())
				if _, err := b.tokens.Authenticate(ctx, token.Secret); fault.CodeOf(err) != want || statements.Load() != 1 {
					t.Errorf("%v after %d statements, want %q after one", err, statements.Load(), want)
				}
			}
			ask("")
			ask("")
			check(t, elsewhere.RevokeToken(in(t, b.contoso), token.ID))
			ask(fault.Unauthenticated)
		})
	}
}
