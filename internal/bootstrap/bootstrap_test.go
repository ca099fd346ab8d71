package bootstrap_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent/tenant"
	"purser/ent/user"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/bootstrap"
	"purser/internal/directory"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

type bundle struct {
	*bootstrap.Service
	now time.Time
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	b := &bundle{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	ids := id.NewSource(clock)
	trail := audit.New(ids, clock)
	credentials := access.New(db, trail, ids, clock, rand.Reader)
	b.Service = bootstrap.New(bootstrap.Deps{
		DB: db, Directory: directory.New(db, ids, trail, credentials.Changes, clock), Access: credentials, Now: clock, Rand: rand.Reader,
	})
	return b
}

func (b *bundle) offer(t *testing.T) string {
	t.Helper()
	secret, err := b.Offer(t.Context())
	check(t, err)
	return secret
}

var (
	contoso = directory.Organization{Name: " Contoso ", Domain: "Contoso.Example", Country: "nl"}
	ann     = directory.Admin{UserPrincipalName: "Ann@contoso.example", DisplayName: "Ann", Mail: "ann@mail.example"}
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// untouched fails the test if the database holds anything.
func untouched(t *testing.T, db *store.DB) {
	t.Helper()
	for _, table := range []string{"tenants", "users", "api_tokens", "audit_events"} {
		rows, err := db.QueryUnwalled(t.Context(), "SELECT 1 FROM "+table)
		check(t, err)
		if rows.Next() {
			t.Errorf("there is something in %s", table)
		}
		check(t, rows.Err())
		check(t, rows.Close())
	}
}

func TestUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		secret := b.offer(t)
		if !strings.HasPrefix(secret, "psb_") || len(secret) != 4+43 {
			t.Errorf("the secret %q", secret)
		}
		b.now = b.now.Add(30*time.Minute - time.Millisecond)
		made, err := b.Use(t.Context(), secret, contoso, ann)
		check(t, err)

		ten := db.Client().Tenant.Query().Where(tenant.Domain("contoso.example")).OnlyX(t.Context())
		if ten.ID != made.TenantID || ten.Name != "Contoso" || ten.Country != "NL" || ten.Locale != "en" || ten.Cloud != "WORLDWIDE" || ten.Segment != "COMMERCIAL" {
			t.Errorf("tenant %v", ten)
		}
		ctx := viewer.NewContext(t.Context(), viewer.System(ten.ID))
		u := db.Client().User.Query().Where(user.UpnKey("ann@contoso.example")).OnlyX(ctx)
		if u.ID != made.UserID || u.Roles != viewer.SetOf(viewer.GlobalAdmin) || !u.AccountEnabled || u.Kind != "MEMBER" || *u.Mail != "ann@mail.example" {
			t.Errorf("user %v", u)
		}
		caller, err := b.Access.Authenticate(t.Context(), made.Token.Secret)
		check(t, err)
		want := []viewer.Access{{Tenant: ten.ID, Roles: viewer.SetOf(viewer.GlobalAdmin, viewer.Member)}}
		if diff := cmp.Diff(want, caller.Reach); diff != "" || caller.User != u.ID {
			t.Errorf("the token is %v's, and reaches (-want +got):\n%s", caller.User, diff)
		}
		if end := made.Token.ExpiresAt.Time(); !end.Equal(b.now.Add(24 * time.Hour)) {
			t.Errorf("the token ends at %v", end)
		}
		var actions []string
		for _, e := range db.Client().AuditEvent.Query().AllX(ctx) {
			actions = append(actions, e.Action+" by "+e.ActorName)
		}
		slices.Sort(actions)
		if diff := cmp.Diff([]string{"api_token.created by Purser", "tenant.created by Purser"}, actions); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}

		if n := db.Client().BootstrapLink.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d links are left", n)
		}
		_, err = b.Use(t.Context(), secret, directory.Organization{Name: "B", Domain: "b.example", Country: "NL"}, ann)
		if fault.CodeOf(err) != fault.WrongStatus || !strings.Contains(err.Error(), "set up already") {
			t.Errorf("a second use: %v", err)
		}
		if again := b.offer(t); again != "" {
			t.Error("there is a link though there is a tenant")
		}
	})
}

// TestStored: the database holds no secret.
func TestStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		secret := b.offer(t)
		link := db.Client().BootstrapLink.Query().OnlyX(t.Context())
		if len(link.Hash) != 32 || strings.Contains(secret, string(link.Hash)) {
			t.Errorf("it holds %x", link.Hash)
		}
	})
}

func TestRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		use := func(secret, what string, want fault.Code) {
			t.Helper()
			made, err := b.Use(t.Context(), secret, contoso, ann)
			if fault.CodeOf(err) != want || made != (bootstrap.Made{}) {
				t.Errorf("%s: %v, %v, want %s", what, made, err, want)
			}
			untouched(t, db)
		}
		use("", "before there is a link", fault.NotFound)
		old := b.offer(t)
		secret := b.offer(t)
		use(old, "the link of a former start", fault.NotFound)
		use("", "nothing", fault.NotFound)
		use(secret+"x", "longer", fault.NotFound)
		use(secret[:len(secret)-1], "shorter", fault.NotFound)
		use(strings.ToUpper(secret), "in capitals", fault.NotFound)
		b.now = b.now.Add(30 * time.Minute)
		use(secret, "too late", fault.WrongStatus)

		secret = b.offer(t)
		_, _, err := b.Directory.Found(t.Context(), directory.Organization{Name: "B", Domain: "b.example", Country: "NL"}, ann) // somebody imports a tenant
		check(t, err)
		if _, err := b.Use(t.Context(), secret, contoso, ann); fault.CodeOf(err) != fault.WrongStatus {
			t.Errorf("with a tenant already: %v", err)
		}
	})
}

// TestWrongInput names each wrong field, makes nothing, and leaves the link alone.
func TestWrongInput(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		secret := b.offer(t)
		for name, c := range map[string]struct {
			o    directory.Organization
			a    directory.Admin
			want []string
		}{
			"nothing": {
				directory.Organization{},
				directory.Admin{},
				[]string{"organization.name", "organization.domain", "organization.country", "admin.userPrincipalName", "admin.displayName"},
			},
			"all wrong": {
				directory.Organization{Name: "a\nb", Domain: "https://a.example", Country: "Holland", Locale: "?"},
				directory.Admin{UserPrincipalName: "a b", DisplayName: strings.Repeat("x", 257), Mail: "no mail"},
				[]string{
					"organization.name", "organization.domain", "organization.country", "organization.locale",
					"admin.userPrincipalName", "admin.displayName", "admin.mail",
				},
			},
			"a country that is none": {directory.Organization{Name: "A", Domain: "a.example", Country: "XX"}, ann, []string{"organization.country"}},
		} {
			_, err := b.Use(t.Context(), secret, c.o, c.a)
			all, ok := fault.All(err)
			var got []string
			for _, f := range all {
				if f.Code != fault.Invalid {
					t.Errorf("%s: %v", name, f)
				}
				got = append(got, strings.Join(f.Field, "."))
			}
			if diff := cmp.Diff(c.want, got); !ok || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
			untouched(t, db)
		}
		if _, err := b.Use(t.Context(), "psb_wrong", directory.Organization{}, ann); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("without the secret: %v, want no help", err)
		}
		_, err := b.Use(t.Context(), secret, contoso, ann)
		check(t, err)
	})
}

// TestOnlyOnce: of many who come at once one gets in.
func TestOnlyOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		secret := b.offer(t)
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				o := contoso
				o.Domain = string(rune('a'+i)) + ".example"
				_, err := b.Use(t.Context(), secret, o, ann)
				switch fault.CodeOf(err) {
				case "":
					won.Add(1)
				case fault.WrongStatus:
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := db.Client().Tenant.Query().CountX(t.Context()); won.Load() != 1 || n != 1 {
			t.Errorf("%d got in, and there are %d tenants", won.Load(), n)
		}
	})
}

// TestHalfDone: what fails after the tenant was made takes it back, and the link works on.
func TestHalfDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		b := setup(t, db)
		secret := b.offer(t)
		clock := func() time.Time { return b.now }
		ids := id.NewSource(clock)
		broken := b.Deps
		broken.Access = access.New(db, audit.New(ids, clock), ids, clock, iotest.ErrReader(context.Canceled))
		if _, err := bootstrap.New(broken).Use(t.Context(), secret, contoso, ann); err == nil {
			t.Fatal("a token without randomness")
		}
		untouched(t, db)
		_, err := b.Use(t.Context(), secret, contoso, ann)
		check(t, err)
	})
}
