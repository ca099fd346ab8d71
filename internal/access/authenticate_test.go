package access_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/openid/openidtest"
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

// TestLookUp goes along with what is read, says what Authenticate does, and does not take it from what was known before. It is over
// before the provider's keys are asked for again, beside it.
func TestLookUp(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		for what, show := range map[string]func(t *testing.T, b *bundle, user string) (secret string){
			"API token": func(t *testing.T, b *bundle, user string) string {
				t.Helper()
				return b.create(t, b.contoso, access.NewToken{Name: "x", UserID: &user, TTL: 3 * time.Minute}).Secret
			},
			"OpenID token": func(t *testing.T, b *bundle, _ string) string {
				t.Helper()
				i := b.trust(t)
				return i.Sign(t, i.Claims(b.now, "contoso.example", "u@contoso.example", openidtest.Claims{"exp": b.now.Add(3 * time.Minute).Unix()}))
			},
		} {
			t.Run(kind+"/"+what, func(t *testing.T) {
				b := setup(t, open(t, storetest.URL(t, kind)))
				third := b.tenant(t, "third.example")
				b.grant(t, third, "contoso.example", viewer.SetOf(viewer.LicenseAdmin), b.now.Add(2*time.Minute))
				b.grant(t, b.fabrikam, "contoso.example", viewer.SetOf(viewer.GlobalReader), b.now.Add(time.Minute))
				secret := show(t, b, b.user(t, b.contoso, person{name: "u@contoso.example"}))
				b.looksUp(t, secret, b.contoso, b.fabrikam, third) // in this order, whatever the database's is
				b.now = b.now.Add(time.Minute)                     // the last grant is over
				b.looksUp(t, secret, b.contoso, third)
				_, err := b.db.Client().User.Update().SetRoles(viewer.SetOf(viewer.BillingAdmin)).Save(in(t, b.contoso))
				check(t, err)
				b.looksUp(t, secret, b.contoso, third)
				b.endsMeanwhile(t, secret, 2*time.Minute)
			})
		}
	}
}

// looksUp looks a secret up along with so many reads, and wants what Authenticate says, with these tenants in reach.
func (b *bundle) looksUp(t *testing.T, secret string, reach ...string) {
	t.Helper()
	for reads := range 3 {
		plain, err := b.tokens.Authenticate(t.Context(), secret)
		check(t, err)
		l := b.tokens.LookUp(t.Context(), secret)
		ctx, statements := store.CountStatements(l.Along(in(t, b.contoso)))
		for range reads {
			b.read(ctx, t)
		}
		c, err := l.Outcome(ctx)
		if err != nil || !cmp.Equal(c, plain) || int(statements.Load()) != 1+reads {
			t.Errorf("after %d reads: %+v (%v) with %d statements; want %+v", reads, c, err, statements.Load(), plain)
			continue
		}
		var tenants []string
		for _, a := range c.Reach {
			tenants = append(tenants, a.Tenant)
		}
		if !slices.Equal(tenants, reach) {
			t.Errorf("reaches %v, want %v", tenants, reach)
		}
	}
}

// endsMeanwhile wants a secret refused that ends while its request is read, and one that has ended.
func (b *bundle) endsMeanwhile(t *testing.T, secret string, after time.Duration) {
	t.Helper()
	for _, along := range []bool{true, false} {
		l := b.tokens.LookUp(t.Context(), secret)
		b.now = b.now.Add(after)
		ctx := in(t, b.contoso)
		if along {
			ctx = l.Along(ctx)
			b.read(ctx, t)
		}
		if c, err := l.Outcome(ctx); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("ended: %+v, %v", c, err)
		}
		if l := b.tokens.LookUp(t.Context(), secret); l != nil {
			if c, err := l.Outcome(in(t, b.contoso)); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("had ended: %+v, %v", c, err)
			}
		}
		b.now = b.now.Add(-after)
	}
}

func (b *bundle) read(ctx context.Context, t *testing.T) {
	t.Helper()
	r, err := b.db.Reader(ctx)
	check(t, err)
	check(t, r.Query(ctx, sql.NewBuilder(r.Postgres()).WriteString("SELECT 1"), func(*store.Rows) error { return nil }))
}

// TestKeys: no two users are looked up by one key, whatever their names are made of.
func TestKeys(t *testing.T) {
	seen := map[string][2]string{}
	parts := []string{"", "a", "b", "\x00", `"`, `\`, "a\x00", "\x00b", "a\x00b", `a"`, `"b`, `a"b`, `a\"b`}
	for _, user := range parts {
		for _, tenant := range parts {
			key := access.KeyOf(user, tenant)
			if other, ok := seen[key]; ok {
				t.Errorf("%q in %q has the key of %q", user, tenant, other)
			}
			seen[key] = [2]string{user, tenant}
		}
	}
}

// TestNoLookUp: what is refused by itself is not looked up.
func TestNoLookUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.user(t, b.contoso, person{name: "ann@contoso.example"})
		other, i := openidtest.Start(t), b.trust(t)
		claims := func(changes openidtest.Claims) openidtest.Claims {
			return i.Claims(b.now, "contoso.example", "ann@contoso.example", changes)
		}
		for name, secret := range map[string]string{
			"nonsense":            "hello",
			"almost an API token": "psr_hello",
			"no OpenID token":     "eyJ.a.b",
			"another's signature": other.Sign(t, claims(nil)),
			"another issuer":      i.Sign(t, claims(openidtest.Claims{"iss": other.URL})),
			"for somebody else":   i.Sign(t, claims(openidtest.Claims{"aud": "other"})),
			"ended":               i.Sign(t, claims(openidtest.Claims{"exp": b.now.Unix()})),
			"not yet":             i.Sign(t, claims(openidtest.Claims{"nbf": b.now.Add(time.Hour).Unix()})),
		} {
			if b.tokens.LookUp(t.Context(), secret) != nil {
				t.Errorf("%s is looked up", name)
			}
		}
		if b.tokens.LookUp(t.Context(), i.Sign(t, claims(nil))) == nil {
			t.Error("a good one is not looked up")
		}
	})
}
