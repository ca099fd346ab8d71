package access_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// bundle is a service on a database with two tenants, on a clock that the test moves.
type bundle struct {
	db                *store.DB
	ids               *id.Source
	now               time.Time
	tokens            *access.Service
	contoso, fabrikam string
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	b := &bundle{db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	b.ids = id.NewSource(clock)
	b.tokens = access.New(db, audit.New(b.ids, clock), b.ids, clock, rand.Reader)
	b.contoso, b.fabrikam = b.tenant(t, "contoso.example"), b.tenant(t, "fabrikam.example")
	return b
}

func (b *bundle) tenant(t *testing.T, domain string) string {
	t.Helper()
	tid := b.ids.New(id.Tenant)
	check(t, b.db.Client().Tenant.Create().SetID(tid).SetName(domain).SetNameKey(fold.Key(domain)).SetSearchKey(fold.Key(domain)).
		SetDomain(domain).SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale("en").Exec(t.Context()))
	return tid
}

type person struct {
	name             string
	kind             string
	roles            viewer.Roles
	blocked, removed bool
}

func (b *bundle) user(t *testing.T, tenant string, p person) string {
	t.Helper()
	if p.kind == "" {
		p.kind = "MEMBER"
	}
	uid := b.ids.New(id.User)
	check(t, b.db.Client().User.Create().SetID(uid).SetTenantID(tenant).SetDisplayName(p.name).SetNameKey(fold.Key(p.name)).
		SetSearchKey(fold.Key(p.name)).SetUserPrincipalName(p.name).SetUpnKey(fold.Key(p.name)).SetLocale("en").SetKind(p.kind).
		SetAccountEnabled(!p.blocked).SetRemoved(p.removed).SetRoles(p.roles).Exec(in(t, tenant)))
	return uid
}

func (b *bundle) grant(t *testing.T, tenant, partner string, roles viewer.Roles, until time.Time) {
	t.Helper()
	check(t, b.db.Client().PartnerAccess.Create().SetID(b.ids.New(id.PartnerAccess)).SetTenantID(tenant).SetPartnerDomain(partner).
		SetRoles(roles).SetExpiresAt(instant.From(until)).SetGrantedAt(instant.From(b.now)).Exec(in(t, tenant)))
}

func (b *bundle) create(t *testing.T, tenant string, n access.NewToken) access.Token {
	t.Helper()
	tok, err := b.tokens.CreateToken(in(t, tenant), n)
	check(t, err)
	return tok
}

func in(t *testing.T, tenant string) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.System(tenant))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUserToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		b.grant(t, b.contoso, "fabrikam.example", viewer.SetOf(viewer.BillingAdmin, viewer.GlobalReader, viewer.Member), b.now.Add(time.Hour))
		b.grant(t, b.tenant(t, "tulip.example"), "fabrikam.example", viewer.SetOf(viewer.GlobalAdmin), b.now) // over
		b.grant(t, b.tenant(t, "lotus.example"), "contoso.example", viewer.SetOf(viewer.GlobalAdmin), b.now.Add(time.Hour))
		uid := b.user(t, b.fabrikam, person{name: "Pat", roles: viewer.SetOf(viewer.LicenseAdmin)})
		tok := b.create(t, b.fabrikam, access.NewToken{Name: "laptop", UserID: &uid, TTL: time.Hour})

		ctx, statements := store.CountStatements(t.Context())
		got, err := b.tokens.Authenticate(ctx, tok.Secret)
		check(t, err)
		end := instant.From(b.now.Add(time.Hour))
		want := &viewer.Caller{
			Credential: viewer.Credential{ID: tok.ID, Kind: viewer.APIToken, Name: "laptop", ExpiresAt: end},
			User:       uid, Name: "Pat", Home: b.fabrikam,
			Reach: []viewer.Access{
				{Tenant: b.fabrikam, Roles: viewer.SetOf(viewer.LicenseAdmin, viewer.Member)},
				{Tenant: b.contoso, Roles: viewer.SetOf(viewer.BillingAdmin, viewer.GlobalReader), Delegated: true, ExpiresAt: end},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("caller (-want +got):\n%s", diff)
		}
		if n := statements.Load(); n > 2 {
			t.Errorf("%d statements, want at most 2", n)
		}
	})
}

func TestServiceToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		b.grant(t, b.contoso, "fabrikam.example", viewer.SetOf(viewer.GlobalAdmin), b.now.Add(time.Hour))
		tok := b.create(t, b.fabrikam, access.NewToken{Name: "nightly", Roles: viewer.SetOf(viewer.GlobalReader), TTL: access.MaxTTL})
		got, err := b.tokens.Authenticate(t.Context(), tok.Secret)
		check(t, err)
		want := &viewer.Caller{
			Credential: viewer.Credential{ID: tok.ID, Kind: viewer.APIToken, Name: "nightly", ExpiresAt: tok.ExpiresAt},
			Name:       "nightly", Home: b.fabrikam,
			Reach: []viewer.Access{{Tenant: b.fabrikam, Roles: viewer.SetOf(viewer.GlobalReader)}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("caller (-want +got):\n%s", diff)
		}
	})
}

func TestAGuestReachesNoOtherTenant(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		b.grant(t, b.contoso, "fabrikam.example", viewer.SetOf(viewer.GlobalAdmin), b.now.Add(time.Hour))
		uid := b.user(t, b.fabrikam, person{name: "Guest", kind: "GUEST"})
		got, err := b.tokens.Authenticate(t.Context(), b.create(t, b.fabrikam, access.NewToken{Name: "x", UserID: &uid, TTL: time.Hour}).Secret)
		check(t, err)
		if len(got.Reach) != 1 || got.Reach[0].Tenant != b.fabrikam {
			t.Errorf("reach %v, want the own tenant alone", got.Reach)
		}
	})
}

func TestRefusedAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		token := func(p person) (uid, secret string) {
			uid = b.user(t, b.contoso, p)
			return uid, b.create(t, b.contoso, access.NewToken{Name: "x", UserID: &uid, TTL: time.Hour}).Secret
		}
		_, good := token(person{name: "good"})
		blockedUser, blocked := token(person{name: "blocked"})
		removedUser, removed := token(person{name: "removed"})
		users := db.Client().User
		check(t, users.UpdateOneID(blockedUser).SetAccountEnabled(false).Exec(in(t, b.contoso)))
		check(t, users.UpdateOneID(removedUser).SetRemoved(true).Exec(in(t, b.contoso)))
		expired := b.create(t, b.contoso, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Minute}).Secret
		b.now = b.now.Add(time.Minute)

		var said string
		for name, secret := range map[string]string{
			"empty": "", "short": "psr_", "other": "hello", "checksum": flip(good, len(good)-1), "random part": flip(good, 12),
			"prefix": "psx_" + good[4:], "longer": good + "0", "NUL": strings.Repeat("\x00", len(good)), "unknown": unknown(t),
			"blocked user": blocked, "removed user": removed, "expired": expired,
		} {
			c, err := b.tokens.Authenticate(t.Context(), secret)
			if c != nil || fault.CodeOf(err) != fault.Unauthenticated {
				t.Fatalf("%s: %v, %v, want UNAUTHENTICATED", name, c, err)
			}
			if said == "" {
				said = err.Error()
			}
			if err.Error() != said {
				t.Errorf("%s: says %q where others say %q", name, err, said)
			}
		}
		if _, err := b.tokens.Authenticate(t.Context(), good); err != nil {
			t.Errorf("the good one: %v", err)
		}
	})
}

func flip(s string, at int) string {
	c := byte('a')
	if s[at] == c {
		c = 'b'
	}
	return s[:at] + string(c) + s[at+1:]
}

// unknown returns a well-formed secret that no database holds.
func unknown(t *testing.T) string {
	t.Helper()
	s, err := access.NewSecret(rand.Reader)
	check(t, err)
	return s
}

func TestCreateTokenRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		uid := b.user(t, b.contoso, person{name: "a"})
		foreign := b.user(t, b.fabrikam, person{name: "b"})
		blocked := b.user(t, b.contoso, person{name: "c", blocked: true})
		gone := b.user(t, b.contoso, person{name: "d", removed: true})
		reader := viewer.SetOf(viewer.GlobalReader)
		for name, c := range map[string]struct {
			token access.NewToken
			want  fault.Code
			field string
		}{
			"no time":          {access.NewToken{Name: "x", Roles: reader}, fault.Invalid, "ttl"},
			"negative time":    {access.NewToken{Name: "x", Roles: reader, TTL: -time.Hour}, fault.Invalid, "ttl"},
			"too long":         {access.NewToken{Name: "x", Roles: reader, TTL: access.MaxTTL + time.Millisecond}, fault.Invalid, "ttl"},
			"no name":          {access.NewToken{Name: " ", Roles: reader, TTL: time.Hour}, fault.Invalid, "name"},
			"long name":        {access.NewToken{Name: strings.Repeat("é", 201), Roles: reader, TTL: time.Hour}, fault.Invalid, "name"},
			"no roles":         {access.NewToken{Name: "x", TTL: time.Hour}, fault.Invalid, "roles"},
			"member":           {access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.Member), TTL: time.Hour}, fault.Invalid, "roles"},
			"roles and user":   {access.NewToken{Name: "x", UserID: &uid, Roles: reader, TTL: time.Hour}, fault.Invalid, "roles"},
			"foreign user":     {access.NewToken{Name: "x", UserID: &foreign, TTL: time.Hour}, fault.NotFound, "userId"},
			"blocked user":     {access.NewToken{Name: "x", UserID: &blocked, TTL: time.Hour}, fault.Invalid, "userId"},
			"user who is gone": {access.NewToken{Name: "x", UserID: &gone, TTL: time.Hour}, fault.Invalid, "userId"},
		} {
			_, err := b.tokens.CreateToken(in(t, b.contoso), c.token)
			all, _ := fault.All(err)
			if len(all) != 1 || all[0].Code != c.want || len(all[0].Field) != 1 || all[0].Field[0] != c.field {
				t.Errorf("%s: %v, want %s at %s", name, err, c.want, c.field)
			}
		}
		mere := viewer.NewContext(t.Context(), viewer.Viewer{Tenant: b.contoso, Roles: viewer.SetOf(viewer.BillingAdmin, viewer.Member)})
		if _, err := b.tokens.CreateToken(mere, access.NewToken{Name: "x", Roles: reader, TTL: time.Hour}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("billing admin: %v, want FORBIDDEN", err)
		}
		if _, err := b.tokens.CreateToken(t.Context(), access.NewToken{Name: "x", Roles: reader, TTL: time.Hour}); err == nil {
			t.Error("nobody may make a token")
		}
		check(t, noRows(in(t, b.contoso), db))
	})
}

func noRows(ctx context.Context, db *store.DB) error {
	if n, err := db.Client().APIToken.Query().Count(ctx); err != nil || n != 0 {
		return fault.New(fault.Internal, "%d tokens, %v: nothing should be left of a refusal", n, err)
	}
	n, err := db.Client().AuditEvent.Query().Count(ctx)
	if err == nil && n != 0 {
		return fault.New(fault.Internal, "%d events of refusals", n)
	}
	return err
}

func TestWhatIsStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		tok := b.create(t, b.contoso, access.NewToken{Name: "nightly", Roles: viewer.SetOf(viewer.GlobalReader, viewer.LicenseAdmin), TTL: time.Hour})
		ctx := in(t, b.contoso)
		row, err := db.Client().APIToken.Query().Only(ctx)
		check(t, err)
		if row.Prefix != tok.Secret[:10] || len(row.Hash) != 32 || strings.Contains(string(row.Hash), tok.Secret) {
			t.Errorf("stored prefix %q and %d bytes of hash", row.Prefix, len(row.Hash))
		}
		event, err := db.Client().AuditEvent.Query().Only(ctx)
		check(t, err)
		want := `[["name",null,"nightly"],["roles",null,"LICENSE_ADMIN GLOBAL_READER"],["expiresAt",null,"2026-03-01T13:00:00Z"]]`
		if event.Action != string(audit.TokenCreated) || event.SubjectID != tok.ID || event.Changes != want {
			t.Errorf("event %s of %s: %s", event.Action, event.SubjectID, event.Changes)
		}
	})
}

func TestNoRandomness(t *testing.T) {
	t.Parallel()
	if s, err := access.NewSecret(iotest.ErrReader(context.Canceled)); err == nil {
		t.Errorf("a secret %q without randomness", s)
	}
}

func FuzzAuthenticate(f *testing.F) {
	s, err := access.NewSecret(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s)
	f.Add("psr_")
	f.Add("psr_" + strings.Repeat("0", 36))
	f.Fuzz(func(t *testing.T, s string) {
		if !access.WellFormed(s) {
			return
		}
		if len(s) != 40 || !strings.HasPrefix(s, "psr_") || strings.Trim(s[4:], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q passes", s)
		}
	})
}
