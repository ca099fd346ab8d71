package access_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/access"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/openid"
	"purser/internal/openid/openidtest"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// trust lets the users of an OpenID provider come in.
func (b *bundle) trust(t *testing.T) *openidtest.Issuer {
	t.Helper()
	i := openidtest.Start(t)
	p, err := openid.New(i.Settings(), func() time.Time { return b.now }, slog.New(slog.DiscardHandler))
	check(t, err)
	b.tokens.TrustIssuer(p)
	return i
}

func TestOIDC(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		i := b.trust(t)
		b.grant(t, b.contoso, "fabrikam.example", viewer.SetOf(viewer.BillingAdmin), b.now.Add(time.Hour))
		stored := viewer.SetOf(viewer.LicenseAdmin)
		uid := b.user(t, b.fabrikam, person{name: "Straße@fabrikam.example", roles: stored})
		check(t, db.Client().Tenant.UpdateOneID(b.fabrikam).SetExternalID("11111111-AAAA").Exec(t.Context()))
		end := instant.From(b.now.Add(time.Hour))
		for name, c := range map[string]struct {
			tenant, user string
			claims       openidtest.Claims
			roles        viewer.Roles
		}{
			"by domain":       {"fabrikam.example", "Straße@fabrikam.example", nil, stored},
			"by external id":  {"11111111-AAAA", "Straße@fabrikam.example", nil, stored},
			"in another case": {"FABRIKAM.example", "STRASSE@Fabrikam.example", nil, stored},
			"roles":           {"fabrikam.example", "straße@fabrikam.example", openidtest.Claims{"roles": []string{"GLOBAL_READER", "x"}}, viewer.SetOf(viewer.GlobalReader)},
			"no roles":        {"fabrikam.example", "straße@fabrikam.example", openidtest.Claims{"roles": []string{}}, 0},
		} {
			ctx, statements := store.CountStatements(t.Context())
			token := i.Sign(t, i.Claims(b.now, c.tenant, c.user, c.claims))
			got, err := b.tokens.Authenticate(ctx, token)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			want := &viewer.Caller{
				Credential: viewer.Credential{ID: got.Credential.ID, Kind: viewer.OIDC, Name: i.URL, ExpiresAt: end},
				User:       uid, Name: "Straße@fabrikam.example", Home: b.fabrikam,
				Reach: []viewer.Access{
					{Tenant: b.fabrikam, Roles: c.roles | viewer.SetOf(viewer.Member)},
					{Tenant: b.contoso, Roles: viewer.SetOf(viewer.BillingAdmin), Delegated: true, ExpiresAt: end},
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: caller (-want +got):\n%s", name, diff)
			}
			if n := statements.Load(); n != 1 {
				t.Errorf("%s: %d statements, want 1", name, n)
			}
		}
	})
}

// TestOIDCCredential: the idempotency keys of a subject outlive a token, and are not another's.
func TestOIDCCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		i := b.trust(t)
		b.user(t, b.contoso, person{name: "ann@contoso.example"})
		id := func(changes openidtest.Claims) string {
			c, err := b.tokens.Authenticate(t.Context(), i.Sign(t, i.Claims(b.now, "contoso.example", "ann@contoso.example", changes)))
			check(t, err)
			return c.Credential.ID
		}
		first := id(nil)
		b.now = b.now.Add(50 * time.Minute)
		if again := id(nil); again != first || !strings.HasPrefix(first, "oidc_") {
			t.Errorf("the credential %q is %q after its token was renewed", first, again)
		}
		if other := id(openidtest.Claims{"sub": "somebody else"}); other == first {
			t.Errorf("two subjects are one credential")
		}
	})
}

func TestOIDCRefusedAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		uid := b.user(t, b.contoso, person{name: "ann@contoso.example"})
		api := b.create(t, b.contoso, access.NewToken{Name: "x", UserID: &uid, TTL: time.Hour}).Secret
		i := b.trust(t)
		b.user(t, b.contoso, person{name: "blocked@contoso.example", blocked: true})
		b.user(t, b.contoso, person{name: "removed@contoso.example", removed: true})
		b.user(t, b.fabrikam, person{name: "pat@fabrikam.example"})
		check(t, db.Client().Tenant.UpdateOneID(b.fabrikam).SetExternalID("tulip.example").Exec(t.Context()))
		b.user(t, b.tenant(t, "tulip.example"), person{name: "tess@tulip.example"})
		token := func(tenant, user string, changes openidtest.Claims) string {
			return i.Sign(t, i.Claims(b.now, tenant, user, changes))
		}
		for name, c := range map[string]string{
			"unknown user":        token("contoso.example", "bob@contoso.example", nil),
			"another tenant's":    token("contoso.example", "pat@fabrikam.example", nil),
			"blocked user":        token("contoso.example", "blocked@contoso.example", nil),
			"removed user":        token("contoso.example", "removed@contoso.example", nil),
			"admin by the token":  token("contoso.example", "blocked@contoso.example", openidtest.Claims{"roles": []string{"GLOBAL_ADMIN"}}),
			"unknown tenant":      token("nobody.example", "ann@contoso.example", nil),
			"which tenant":        token("tulip.example", "tess@tulip.example", nil),
			"tenant with a space": token(" contoso.example", "ann@contoso.example", nil),
			"ended":               token("contoso.example", "ann@contoso.example", openidtest.Claims{"exp": b.now.Unix()}),
			"not for us":          token("contoso.example", "ann@contoso.example", openidtest.Claims{"aud": "other"}),
			"no token":            "hello",
			"no API token":        "psr_hello",
			"unknown API token":   unknown(t),
		} {
			got, err := b.tokens.Authenticate(t.Context(), c)
			all, _ := fault.All(err)
			if got != nil || len(all) != 1 || all[0].Code != fault.Unauthenticated || all[0].Message != "The credential is not valid." || all[0].Field != nil {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		for name, c := range map[string]string{"API token": api, "OpenID token": token("contoso.example", "ann@contoso.example", nil)} {
			if got, err := b.tokens.Authenticate(t.Context(), c); err != nil || got.User != uid {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		i.Down(true)
		b.now = b.now.Add(30 * time.Hour)
		if _, err := b.tokens.Authenticate(t.Context(), token("contoso.example", "ann@contoso.example", nil)); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("while the provider is down: %v", err)
		}
	})
}

// TestOIDCGuest reaches no other tenant, as with an API token.
func TestOIDCGuest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		i := b.trust(t)
		b.grant(t, b.contoso, "fabrikam.example", viewer.SetOf(viewer.GlobalAdmin), b.now.Add(time.Hour))
		b.user(t, b.fabrikam, person{name: "guest@fabrikam.example", kind: "GUEST"})
		got, err := b.tokens.Authenticate(t.Context(), i.Sign(t, i.Claims(b.now, "fabrikam.example", "guest@fabrikam.example", nil)))
		check(t, err)
		if len(got.Reach) != 1 || got.Reach[0].Tenant != b.fabrikam {
			t.Errorf("reach %v, want the own tenant alone", got.Reach)
		}
	})
}

// TestWithoutOIDC no OpenID token counts.
func TestWithoutOIDC(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		b.user(t, b.contoso, person{name: "ann@contoso.example"})
		i := openidtest.Start(t)
		if _, err := b.tokens.Authenticate(t.Context(), i.Sign(t, i.Claims(b.now, "contoso.example", "ann@contoso.example", nil))); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%v, want UNAUTHENTICATED", err)
		}
		if n := i.Asked(); n != 0 {
			t.Errorf("its provider was asked %d times", n)
		}
	})
}
