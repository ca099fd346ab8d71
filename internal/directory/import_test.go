package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"purser/ent"
	"purser/ent/purchase"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/catalog"
	"purser/internal/directory"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// bundle is a directory on a database with the built-in catalogue.
type bundle struct {
	*directory.Directory
	db *store.DB
}

func setup(tb testing.TB, db *store.DB) *bundle {
	tb.Helper()
	ids := id.NewSource(clock)
	if err := catalog.New(db, ids).LoadBuiltIn(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return &bundle{directory.New(db, ids, audit.New(ids, clock), access.NewChanges(db), clock), db}
}

func file(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/contoso.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func (b *bundle) load(t *testing.T, text string) directory.Result {
	t.Helper()
	r, err := b.Import(t.Context(), strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inTenant returns a context at work in contoso.example.
func (b *bundle) inTenant(t *testing.T) context.Context {
	t.Helper()
	tenant, err := b.TenantByDomain(t.Context(), "contoso.EXAMPLE ")
	if err != nil {
		t.Fatal(err)
	}
	return viewer.NewContext(t.Context(), viewer.System(tenant.ID))
}

func (b *bundle) purchase(t *testing.T, ref string) *ent.Purchase {
	t.Helper()
	return b.db.Client().Purchase.Query().Where(purchase.Ref(ref)).OnlyX(b.inTenant(t))
}

// checkSeats says that every purchase counts its licenses exactly.
func (b *bundle) checkSeats(t *testing.T) {
	t.Helper()
	rows, err := b.db.QueryUnwalled(t.Context(), `SELECT id FROM purchases p
		WHERE assigned <> (SELECT COUNT(*) FROM licenses l WHERE l.purchase_id = p.id)`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var purchaseID string
		if err := rows.Scan(&purchaseID); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s counts its licenses wrongly", purchaseID)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) events(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, e := range b.db.Client().AuditEvent.Query().Order(ent.Asc("id")).AllX(b.inTenant(t)) {
		list = append(list, e.Action+" "+e.Changes)
	}
	return list
}

func TestImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		first := b.load(t, file(t))
		tenant, err := b.TenantByDomain(t.Context(), "contoso.example")
		if err != nil {
			t.Fatal(err)
		}
		if tenant.Segment != "COMMERCIAL" || tenant.Cloud != "WORLDWIDE" || tenant.Locale != "en" || tenant.SearchKey != "contoso\ncontoso.example" {
			t.Errorf("got %v", tenant)
		}
		want := directory.Result{
			TenantID: tenant.ID, Domain: "contoso.example", Tenant: directory.Count{Added: 1},
			Users: directory.Count{Added: 6}, Purchases: directory.Count{Added: 4}, Licenses: directory.Count{Added: 3}, Policies: directory.Count{Added: 2},
		}
		if d := cmp.Diff(want, first); d != "" {
			t.Error(d)
		}
		events := b.events(t)
		if len(events) != 3 || events[2] != `tenant.imported [["tenant.added",null,"1"],["users.added",null,"6"],["purchases.added",null,"4"],["licenses.added",null,"3"],["policies.added",null,"2"]]` {
			t.Errorf("events %q", events)
		}
		want = directory.Result{
			TenantID: tenant.ID, Domain: "contoso.example", Tenant: directory.Count{Unchanged: 1},
			Users: directory.Count{Unchanged: 6}, Purchases: directory.Count{Unchanged: 4}, Licenses: directory.Count{Unchanged: 3}, Policies: directory.Count{Unchanged: 2},
		}
		if d := cmp.Diff(want, b.load(t, file(t))); d != "" {
			t.Errorf("once more: %s", d)
		}
		if again := b.events(t); len(again) != len(events) {
			t.Errorf("an import that changed nothing left events: %q", again[len(events):])
		}
		b.checkSeats(t)
	})
}

func TestDefaults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.load(t, file(t))
		type facts struct{ Source, Kind, Status, Price, Term, Expires, PurchaserKey, SearchKey string }
		of := func(ref string) facts {
			p := b.purchase(t, ref)
			return facts{p.Source, p.Kind, p.Status, p.UnitPrice.Format(p.Currency) + " " + p.Currency, p.BillingTerm, p.ExpiresAt.String(), p.PurchaserKey, p.SearchKey}
		}
		want := map[string]facts{
			"bi":      {"SELF_SERVICE", "PAID", "ACTIVE", "14.00 USD", "MONTHLY", "2026-02-28T10:00:00Z", "avery howard", fold.Keys("Power BI Pro", "Avery Howard", "avery@contoso.example", "avery@contoso.example")},
			"central": {"CENTRAL", "PAID", "ACTIVE", "12.50 EUR", "ANNUAL", "2027-02-28T10:00:00Z", "", "power bi pro"},
			"old":     {"SELF_SERVICE", "PAID", "DELETED", "180.00 USD", "ANNUAL", "2025-02-28T10:00:00Z", "lee left", fold.Keys("Visio Plan 2", "Lee Left", "left@contoso.example")},
			"trial":   {"SELF_SERVICE", "TRIAL_WITHOUT_PAYMENT_METHOD", "ACTIVE", "6.00 USD", "MONTHLY", "2026-04-30T00:00:00Z", "blake ölund", fold.Keys("Viva Goals", "Blake Ölund", "blake@contoso.example")},
		}
		for ref, w := range want {
			if d := cmp.Diff(w, of(ref)); d != "" {
				t.Errorf("%s: %s", ref, d)
			}
		}
		admin, err := b.UserByName(t.Context(), b.purchase(t, "bi").TenantID, "ADMIN@contoso.example")
		if err != nil {
			t.Fatal(err)
		}
		if admin.Roles != viewer.SetOf(viewer.GlobalAdmin) || admin.Locale != "en" || !admin.AccountEnabled || admin.Kind != "MEMBER" || admin.Department != nil {
			t.Errorf("got %v", admin)
		}
		if _, err := b.UserByName(t.Context(), admin.TenantID, "nobody@contoso.example"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("got %v, want NOT_FOUND", err)
		}
		policies := b.db.Client().SelfServicePolicy.Query().Order(ent.Asc("value")).AllX(b.inTenant(t))
		bi := b.purchase(t, "bi").ProductID
		if len(policies) != 2 || policies[0].ProductID != bi || policies[0].ID != id.Compose(id.Policy, id.Body(admin.TenantID), id.Body(bi)) {
			t.Errorf("policies %v, want one of the product that has the former id", policies)
		}
	})
}

const own = `{"type":"tenant","domain":"contoso.example"}` + "\n"

func TestUpdates(t *testing.T) {
	cases := []struct {
		name, text, event string
		check             func(t *testing.T, b *bundle)
	}{
		{
			"a purchaser is renamed", `{"type":"user","userPrincipalName":"avery@contoso.example","displayName":"Avery Jones","mail":null}`,
			`tenant.imported [["users.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				p := b.purchase(t, "bi")
				if p.PurchaserKey != "avery jones" || p.SearchKey != fold.Keys("Power BI Pro", "Avery Jones", "avery@contoso.example") {
					t.Errorf("keys %q, %q", p.PurchaserKey, p.SearchKey)
				}
			},
		},
		{
			"what is left out stays", `{"type":"user","userPrincipalName":"admin@contoso.example","department":"IT"}`,
			`tenant.imported [["users.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				u, err := b.UserByName(t.Context(), b.purchase(t, "bi").TenantID, "admin@contoso.example")
				if err != nil || u.DisplayName != "Ada Admin" || !u.Roles.Has(viewer.GlobalAdmin) || *u.Department != "IT" {
					t.Errorf("got %v, %v", u, err)
				}
			},
		},
		{
			"a purchase changes hands and terms", `{"type":"purchase","ref":"bi","purchaser":"blake@contoso.example","quantity":2,"unitPrice":"9","currency":"EUR","status":"EXPIRED","billingTerm":"ANNUAL","expiresAt":"2026-05-01T00:00:00Z","recurringBilling":false}`,
			`tenant.imported [["purchases.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				p := b.purchase(t, "bi")
				got := fmt.Sprint(p.PurchaserKey, p.Quantity, p.Assigned, p.UnitPrice, p.Currency, p.Status, p.BillingTerm, p.ExpiresAt, p.RecurringBilling)
				if want := "blake ölund2 2 90000EUREXPIREDANNUAL2026-05-01T00:00:00Z false"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if p.SearchKey != fold.Keys("Power BI Pro", "Blake Ölund", "blake@contoso.example") {
					t.Errorf("search key %q", p.SearchKey)
				}
			},
		},
		{
			"a deleted purchase loses its licenses", `{"type":"purchase","ref":"bi","status":"DELETED"}`,
			`tenant.imported [["purchases.updated",null,"1"],["licenses.released",null,"2"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				if p := b.purchase(t, "bi"); p.Assigned != 0 || p.Status != "DELETED" {
					t.Errorf("got %v", p)
				}
				if n := b.db.Client().License.Query().CountX(b.inTenant(t)); n != 1 {
					t.Errorf("%d licenses are left, want the one of the other purchase", n)
				}
			},
		},
		{
			"lines about one thing are done in order",
			`{"type":"purchase","ref":"bi","quantity":9}
			 {"type":"license","purchase":"bi","user":"blake@contoso.example"}
			 {"type":"license","purchase":"bi","user":"cleo@contoso.example"}
			 {"type":"license","purchase":"bi","user":"Blake@contoso.example","assignedAt":"2026-03-01T00:00:00Z"}
			 {"type":"purchase","ref":"bi","quantity":4}
			 {"type":"user","userPrincipalName":"blake@contoso.example","removed":true}`,
			`tenant.imported [["users.updated",null,"1"],["purchases.updated",null,"2"],["licenses.added",null,"2"],["licenses.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				if p := b.purchase(t, "bi"); p.Assigned != 4 || p.Quantity != 4 {
					t.Errorf("%d of %d seats, want 4 of 4", p.Assigned, p.Quantity)
				}
			},
		},
		{
			"a policy changes", `{"type":"policy","productId":"CFQ7TTC0H9MP","value":"ENABLED"}`,
			`tenant.imported [["policies.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				if e := b.events(t); e[len(e)-2] != `policy.set [["value","DISABLED","ENABLED"]]` {
					t.Errorf("events %q", e)
				}
			},
		},
		{
			"the tenant is renamed", `{"type":"tenant","domain":"CONTOSO.example","name":"Contoso Ltd","externalId":null,"locale":"de"}`,
			`tenant.imported [["tenant.updated",null,"1"]]`,
			func(t *testing.T, b *bundle) {
				t.Helper()
				tenant, err := b.TenantByDomain(t.Context(), "contoso.example")
				if err != nil || tenant.NameKey != "contoso ltd" || tenant.ExternalID != nil || tenant.Locale != "de" || tenant.Country != "US" {
					t.Errorf("got %v, %v", tenant, err)
				}
			},
		},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		kind := map[bool]string{false: "sqlite", true: "postgres"}[db.Postgres()]
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				b := setup(t, storetest.Open(t, kind))
				b.load(t, file(t))
				b.load(t, own+c.text)
				c.check(t, b)
				b.checkSeats(t)
				events := b.events(t)
				if last := events[len(events)-1]; last != c.event {
					t.Errorf("the last event is %s, want %s", last, c.event)
				}
				if r := b.load(t, own); len(b.events(t)) != len(events) {
					t.Errorf("the tenant's line alone changed something: %v", r)
				}
			})
		}
	})
}

// TestAcrossBatches imports more lines than are written together, things mixed.
func TestAcrossBatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		var text strings.Builder
		text.WriteString(file(t))
		for i := range 700 {
			fmt.Fprintf(&text, `{"type":"user","userPrincipalName":"u%d@contoso.example","displayName":"User %d"}`+"\n", i, i)
			if i%10 == 0 {
				fmt.Fprintf(&text, `{"type":"purchase","ref":"p%d","productId":"CFQ7TTC0HDB1","purchaser":"u%d@contoso.example","quantity":10,"purchasedAt":"2026-03-01T00:00:00Z"}`+"\n", i/10, i)
			}
			fmt.Fprintf(&text, `{"type":"license","purchase":"p%d","user":"u%d@contoso.example"}`+"\n", i/10, i)
		}
		seen := 0
		r, err := b.Import(t.Context(), strings.NewReader(text.String()), func(lines int) { seen = lines })
		if err != nil {
			t.Fatal(err)
		}
		if r.Users.Added != 706 || r.Purchases.Added != 74 || r.Licenses.Added != 703 || seen != 1487 {
			t.Errorf("got %+v after %d lines", r, seen)
		}
		b.checkSeats(t)
		if r := b.load(t, text.String()); r.Users.Unchanged != 706 || r.Purchases.Unchanged != 74 || r.Licenses.Unchanged != 703 {
			t.Errorf("once more: %+v", r)
		}
	})
}

// TestAtOnce has two files race for the same seats: one gets them.
func TestAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.load(t, file(t))
		errs := make(chan error)
		for _, who := range []string{"a", "b"} {
			text := own
			for i := range 6 {
				text += fmt.Sprintf(`{"type":"user","userPrincipalName":"%s%d@contoso.example","displayName":"U"}
					{"type":"license","purchase":"central","user":"%[1]s%[2]d@contoso.example"}`+"\n", who, i)
			}
			go func() {
				_, err := b.Import(t.Context(), strings.NewReader(text), nil)
				errs <- err
			}()
		}
		first, second := <-errs, <-errs
		if err := errors.Join(first, second); err == nil || first != nil && second != nil || !strings.Contains(err.Error(), "NOT_ENOUGH_SEATS: all 10 seats are taken") {
			t.Errorf("got %v and %v, want one of them without seats", first, second)
		}
		if p := b.purchase(t, "central"); p.Assigned != 7 {
			t.Errorf("%d seats are assigned, want 7", p.Assigned)
		}
		b.checkSeats(t)
	})
}

// TestOwnershipTaken imports the same file again after an administrator took ownership of a purchase in it.
func TestOwnershipTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.load(t, file(t))
		taken := b.purchase(t, "bi")
		err := b.db.InTx(b.inTenant(t), func(ctx context.Context, tx *store.Tx) error {
			return tx.Purchase.Update().Where(purchase.ID(taken.ID)).SetSource("CENTRAL").ClearPurchaserID().SetOwnershipTakenAt(1).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := b.load(t, file(t)); r.Purchases.Updated != 0 {
			t.Errorf("got %+v", r.Purchases)
		}
		if p := b.purchase(t, "bi"); p.Source != "CENTRAL" || p.PurchaserID != nil || p.OwnershipTakenAt == nil {
			t.Errorf("%s, bought by %v", p.Source, p.PurchaserID)
		}
	})
}

// TestTargetLapses imports that the target of a move has lapsed.
func TestTargetLapses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.load(t, file(t))
		b.freeze(t)
		b.load(t, own+`{"type":"purchase","ref":"central","status":"DISABLED"}`)
		if p := b.purchase(t, "central"); p.Status != "DISABLED" || p.Reserved != 3 {
			t.Errorf("%s, with %d seats reserved", p.Status, p.Reserved)
		}
	})
}

func TestPipe(t *testing.T) {
	b := setup(t, storetest.Open(t, "sqlite"))
	if _, err := b.Import(t.Context(), io.MultiReader(strings.NewReader(file(t))), nil); err != nil {
		t.Fatal(err)
	}
}
