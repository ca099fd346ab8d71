// Package takeovertest fills a database with what take-overs are tested on, and checks afterwards
// that every seat is accounted for.
package takeovertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Clock is a clock that stands still until it is told otherwise.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// World is one tenant with an administrator and a product.
type World struct {
	DB      *store.DB
	Clock   *Clock
	IDs     *id.Source
	Tenant  string
	Admin   string
	Product string
}

// TB is what a world needs of a test; a rapid.T is one too.
type TB interface {
	Helper()
	Context() context.Context
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Domain is the tenant's.
func (w *World) Domain() string { return id.Body(w.Tenant) + ".example" }

// New makes a tenant of the locale given in the database.
func New(tb TB, db *store.DB, locale string) *World {
	tb.Helper()
	clock := &Clock{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	w := &World{DB: db, Clock: clock, IDs: id.NewSource(clock.Now)}
	w.Tenant, w.Product = w.IDs.New(id.Tenant), w.IDs.New(id.Product)
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Tenant.Create().SetID(w.Tenant).SetName("Contoso").SetNameKey("contoso").SetSearchKey("contoso").
			SetDomain(w.Domain()).SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale(locale).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Product.Create().SetID(w.Product).SetVendorProductID(w.Product).SetName("Power BI Pro").SetNameKey("power bi pro").
			SetSearchKey("power bi pro").SetFamily("Power BI").SetFamilyKey("power bi").SetKind("PRODUCT").
			SetSelfServiceEligible(true).SetTrialWithoutPaymentMethod(true).SetTrialDays(30).Exec(ctx)
	})
	w.Admin = w.User(tb, func(u *ent.UserCreate) { u.SetDisplayName("Ada Admin") })
	return w
}

// Remove deletes the tenant with all that it has, so that a database on which very many worlds
// are tried does not fill up.
func (w *World) Remove(tb TB) {
	tb.Helper()
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		for _, table := range []string{
			"move_users", "moves", "notification_purchases", "notifications", "audit_events", "license_request_users", "license_requests",
			"self_service_policies", "licenses", "purchases", "product_totals", "api_tokens", "partner_accesses", "access_changes", "users",
		} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE tenant_id = ?", w.Tenant); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "DELETE FROM tenants WHERE id = ?", w.Tenant); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM products WHERE id = ?", w.Product)
		return err
	})
}

// System returns a context in which the server itself is at work in the tenant.
func (w *World) System(tb TB) context.Context {
	tb.Helper()
	return viewer.NewContext(tb.Context(), viewer.System(w.Tenant))
}

// As returns a context in which a user with the roles is at work in the tenant; "" is a service credential.
func (w *World) As(tb TB, user string, roles ...viewer.Role) context.Context {
	tb.Helper()
	return viewer.NewContext(tb.Context(), viewer.Viewer{Tenant: w.Tenant, User: user, Name: "Ada Admin", Roles: viewer.SetOf(roles...)})
}

// InTx does something to the database.
func (w *World) InTx(tb TB, f func(ctx context.Context, tx *store.Tx) error) {
	tb.Helper()
	if err := w.DB.InTx(w.System(tb), f); err != nil {
		tb.Fatal(err)
	}
}

// User makes a user, changed as told, and returns the id.
func (w *World) User(tb TB, change ...func(*ent.UserCreate)) string {
	tb.Helper()
	user := w.IDs.New(id.User)
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		u := tx.User.Create().SetID(user).SetDisplayName("Avery").SetNameKey("avery").SetSearchKey("avery").
			SetUserPrincipalName(user + "@contoso.example").SetUpnKey(user + "@contoso.example").SetMail(user + "@contoso.example").
			SetLocale("en").SetKind("MEMBER").SetAccountEnabled(true).SetRoles(0)
		for _, f := range change {
			f(u)
		}
		return u.Exec(ctx)
	})
	return user
}

// Users makes n users and returns their ids.
func (w *World) Users(tb TB, n int) []string {
	tb.Helper()
	users := make([]string, n)
	rows := make([][]any, n)
	for i := range users {
		users[i] = w.IDs.New(id.User)
		name := fmt.Sprintf("User %d", i)
		rows[i] = []any{users[i], w.Tenant, name, fold.Key(name), fold.Key(name), users[i] + "@contoso.example", users[i] + "@contoso.example", "en", "MEMBER", true, 0}
	}
	w.insert(tb, "users (id, tenant_id, display_name, name_key, search_key, user_principal_name, upn_key, locale, kind, account_enabled, roles)", rows)
	return users
}

// Purchase makes an ACTIVE purchase, changed as told, with a license for each of the users, and returns the id.
func (w *World) Purchase(tb TB, source model.PurchaseSource, quantity int, users []string, change ...func(*ent.PurchaseCreate)) string {
	tb.Helper()
	purchase, now := w.IDs.New(id.Purchase), instant.From(w.Clock.Now())
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		p := tx.Purchase.Create().SetID(purchase).SetProductID(w.Product).SetSource(string(source)).SetPurchaserID(w.Admin).SetKind("PAID").
			SetStatus("ACTIVE").SetQuantity(quantity).SetAssigned(len(users)).SetUnitPrice(84000).SetCurrency("USD").SetBillingTerm("MONTHLY").
			SetRecurringBilling(true).SetPurchasedAt(now).SetTermAnchor(now).SetExpiresAt(now.Add(30 * 24 * time.Hour)).
			SetProductKey("power bi pro").SetSearchKey("power bi pro")
		for _, f := range change {
			f(p)
		}
		if kind, _ := p.Mutation().Kind(); kind != string(model.PurchaseKindPaid) {
			if by, ok := p.Mutation().PurchaserID(); ok {
				p.SetTriedBy(by)
			}
		}
		return p.Exec(ctx)
	})
	rows := make([][]any, len(users))
	for i, u := range users {
		rows[i] = []any{w.IDs.New(id.License), w.Tenant, purchase, u, int64(now)}
	}
	w.insert(tb, "licenses (id, tenant_id, purchase_id, user_id, assigned_at)", rows)
	return purchase
}

// insert adds many rows, a few hundred a statement.
func (w *World) insert(tb TB, into string, rows [][]any) {
	tb.Helper()
	const chunk = 500
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		for len(rows) > 0 {
			part := rows[:min(chunk, len(rows))]
			rows = rows[len(part):]
			one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(part[0])), ", ") + ")"
			args := make([]any, 0, len(part)*len(part[0]))
			for _, r := range part {
				args = append(args, r...)
			}
			values := strings.TrimSuffix(strings.Repeat(one+", ", len(part)), ", ")
			if _, err := tx.Exec(ctx, "INSERT INTO "+into+" VALUES "+values, args...); err != nil {
				return err
			}
		}
		return nil
	})
}
