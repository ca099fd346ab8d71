package access_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/sql"
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

// TestLookUp goes along with what is read, says what Authenticate does, and does not take it from what was known before.
func TestLookUp(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			b := setup(t, open(t, storetest.URL(t, kind)))
			b.grant(t, b.fabrikam, "contoso.example", viewer.SetOf(viewer.GlobalReader), b.now.Add(time.Hour))
			b.grant(t, b.tenant(t, "third.example"), "contoso.example", viewer.SetOf(viewer.LicenseAdmin), b.now.Add(2*time.Hour))
			user := b.user(t, b.contoso, person{name: "u"})
			token := b.create(t, b.contoso, access.NewToken{Name: "x", UserID: &user, TTL: 3 * time.Hour})
			ask := func(reads int, want fault.Code) {
				t.Helper()
				plain, _ := b.tokens.Authenticate(t.Context(), token.Secret)
				l := b.tokens.LookUp(token.Secret)
				ctx, statements := store.CountStatements(l.Along(in(t, b.contoso)))
				for range reads {
					r, err := b.db.Reader(ctx)
					check(t, err)
					check(t, r.Query(ctx, sql.NewBuilder(r.Postgres()).WriteString("SELECT 1"), func(*store.Rows) error { return nil }))
				}
				c, err := l.Outcome(ctx)
				if fault.CodeOf(err) != want || !cmp.Equal(c, plain) || int(statements.Load()) != 1+reads {
					t.Errorf("after %d reads: %+v (%v) with %d statements; want %+v (%q)", reads, c, err, statements.Load(), plain, want)
				}
			}
			each := func(want fault.Code) {
				t.Helper()
				for _, reads := range []int{0, 1, 2} {
					ask(reads, want)
				}
			}
			each("")
			b.now = b.now.Add(time.Hour) // the first grant is over
			each("")
			_, err := b.db.Client().User.Update().SetRoles(viewer.SetOf(viewer.BillingAdmin)).Save(in(t, b.contoso))
			check(t, err)
			each("")
			b.now = b.now.Add(2 * time.Hour) // the token is
			each(fault.Unauthenticated)
			if b.tokens.LookUp("eyJ.a.b") != nil {
				t.Error("goes along with the token of a provider")
			}
		})
	}
}
