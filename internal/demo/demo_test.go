package demo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"purser/ent"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/catalog"
	"purser/internal/demo"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 31, 23, 50, 0, 0, time.UTC)

func clock() time.Time { return now }

func seed(t *testing.T, db *store.DB, size demo.Size) demo.Result {
	t.Helper()
	r, err := demo.New(db, catalog.New(db, id.NewSource(clock)), clock).Seed(t.Context(), size, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// in returns a context at work in the tenant.
func in(t *testing.T, db *store.DB, domain string) context.Context {
	t.Helper()
	tenants := db.Client().Tenant.Query().AllX(t.Context())
	for _, tenant := range tenants {
		if tenant.Domain == domain {
			return viewer.NewContext(t.Context(), viewer.System(tenant.ID))
		}
	}
	t.Fatalf("there is no %s", domain)
	return nil
}

// count runs a statement that counts.
func count(t *testing.T, db *store.DB, query string) int {
	t.Helper()
	rows, err := db.QueryUnwalled(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	n := -1
	if rows.Next() {
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

const contoso = "tenant_id = (SELECT id FROM tenants WHERE domain = 'contoso.example') AND "

// situations are what a demo must show: each statement counts where it does.
var situations = map[string]string{
	"avery has two active purchases with licensed users": `SELECT COUNT(*) / 2 FROM purchases WHERE ` + contoso + `source = 'SELF_SERVICE' AND status = 'ACTIVE' AND assigned > 1
		AND purchaser_id = (SELECT id FROM users WHERE upn_key = 'avery@contoso.example')`,
	"one of forty users, with a central one that has room and one that has not": `SELECT COUNT(*) FROM purchases s WHERE ` + contoso + `source = 'SELF_SERVICE' AND status = 'ACTIVE' AND assigned = 40
		AND EXISTS (SELECT 1 FROM purchases c WHERE c.tenant_id = s.tenant_id AND c.product_id = s.product_id AND c.source = 'CENTRAL' AND c.status = 'ACTIVE' AND c.quantity - c.assigned >= 40)
		AND EXISTS (SELECT 1 FROM purchases c WHERE c.tenant_id = s.tenant_id AND c.product_id = s.product_id AND c.source = 'CENTRAL' AND c.status = 'ACTIVE' AND c.quantity - c.assigned BETWEEN 1 AND 20)`,
	"orphaned, the purchaser removed": `SELECT COUNT(*) FROM purchases p WHERE p.` + contoso + `status = 'ACTIVE' AND source = 'SELF_SERVICE' AND EXISTS (SELECT 1 FROM users u WHERE u.id = purchaser_id AND u.removed)`,
	"orphaned, the purchaser blocked": `SELECT COUNT(*) FROM purchases p WHERE p.` + contoso + `status = 'ACTIVE' AND source = 'SELF_SERVICE' AND EXISTS (SELECT 1 FROM users u WHERE u.id = purchaser_id AND NOT u.account_enabled AND NOT u.removed)`,
	"expired":                         `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `status = 'EXPIRED' AND source = 'SELF_SERVICE'`,
	"disabled":                        `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `status = 'DISABLED' AND source = 'SELF_SERVICE'`,
	"deleted":                         `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `status = 'DELETED' AND cancellation_cause = 'ADMIN_TAKE_OVER_CANCEL' AND assigned = 0`,
	"trial, no payment":               `SELECT COUNT(*) FROM purchases p JOIN products ON products.id = product_id WHERE p.` + contoso + `p.kind = 'TRIAL_WITHOUT_PAYMENT_METHOD' AND trial_without_payment_method`,
	"trial, payment":                  `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `kind = 'TRIAL_WITH_PAYMENT_METHOD'`,
	"central by nobody":               `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `source = 'CENTRAL' AND purchaser_id IS NULL`,
	"euros":                           `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `currency = 'EUR'`,
	"yuan":                            `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `currency = 'CNY'`,
	"guest":                           `SELECT COUNT(*) FROM users WHERE ` + contoso + `kind = 'GUEST'`,
	"blocked":                         `SELECT COUNT(*) FROM users WHERE ` + contoso + `NOT account_enabled AND NOT removed`,
	"removed":                         `SELECT COUNT(*) FROM users WHERE ` + contoso + `removed`,
	"policies":                        `SELECT COUNT(*) / 5 FROM self_service_policies WHERE ` + contoso + `1 = 1`,
	"policy, former id":               `SELECT COUNT(*) FROM self_service_policies s JOIN products p ON p.id = product_id WHERE s.` + contoso + `former_ids <> ''`,
	"policy history":                  `SELECT COUNT(*) FROM audit_events WHERE ` + contoso + `action = 'policy.set' GROUP BY subject_id HAVING COUNT(*) > 1`,
	"purchase history":                `SELECT COUNT(*) FROM audit_events e WHERE e.` + contoso + `action = 'purchase.canceled' AND EXISTS (SELECT 1 FROM purchases p WHERE p.id = subject_id AND p.status = 'DELETED')`,
	"bought by several":               `SELECT COUNT(*) FROM purchases WHERE ` + contoso + `source = 'SELF_SERVICE' AND status = 'ACTIVE' GROUP BY product_id HAVING COUNT(DISTINCT purchaser_id) > 1`,
	"licensed twice":                  `SELECT COUNT(*) FROM licenses a JOIN purchases p ON p.id = a.purchase_id WHERE a.` + contoso + `p.source = 'CENTRAL' AND EXISTS (SELECT 1 FROM licenses b JOIN purchases q ON q.id = b.purchase_id WHERE b.user_id = a.user_id AND q.product_id = p.product_id AND q.source = 'SELF_SERVICE')`,
	"purchasers read Dutch":           `SELECT COUNT(*) FROM purchases p JOIN users u ON u.id = purchaser_id WHERE p.` + contoso + `locale = 'nl'`,
	"purchasers read German":          `SELECT COUNT(*) FROM purchases p JOIN users u ON u.id = purchaser_id WHERE p.` + contoso + `locale = 'de'`,
	"purchasers read Chinese":         `SELECT COUNT(*) FROM purchases p JOIN users u ON u.id = purchaser_id WHERE p.` + contoso + `locale = 'zh-CN'`,
}

func TestSmall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		got := seed(t, db, demo.Small)
		want := demo.Result{
			Tenants: 4, Users: count(t, db, "SELECT COUNT(*) FROM users"),
			Purchases: count(t, db, "SELECT COUNT(*) FROM purchases"), Licenses: count(t, db, "SELECT COUNT(*) FROM licenses"),
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		for name, query := range situations {
			if n := count(t, db, query); n < 1 {
				t.Errorf("%s: none", name)
			}
		}
		for domain, locale := range map[string]string{"contoso.example": "en", "tulip.example": "nl", "lotus.example": "zh-CN", "fabrikam.example": "en"} {
			ctx := in(t, db, domain)
			for local, role := range map[string]viewer.Role{
				"admin": viewer.GlobalAdmin, "billing": viewer.BillingAdmin, "license": viewer.LicenseAdmin,
				"useradmin": viewer.UserAdmin, "reader": viewer.GlobalReader,
			} {
				u := db.Client().User.Query().Where(user.UpnKey(local + "@" + domain)).OnlyX(ctx)
				if u.Roles != viewer.SetOf(role) || u.Locale != locale || u.Mail == nil {
					t.Errorf("%s is %v", u.UserPrincipalName, u)
				}
			}
		}
		p := db.Client().PartnerAccess.Query().OnlyX(in(t, db, "contoso.example"))
		if p.PartnerDomain != "fabrikam.example" || p.Roles != viewer.SetOf(viewer.BillingAdmin, viewer.GlobalReader) || p.ExpiresAt.Time() != time.Date(2027, 1, 25, 0, 0, 0, 0, time.UTC) {
			t.Errorf("partner access %v", p)
		}
		checkSound(t, db)
	})
}

// checkSound says that the data keeps the rules: seats add up, nothing is from the future, and
// what is active stays so for a while.
func checkSound(t *testing.T, db *store.DB) {
	t.Helper()
	ms := now.UnixMilli()
	for name, query := range map[string]string{
		"seats counted wrongly":    `SELECT COUNT(*) FROM purchases p WHERE assigned <> (SELECT COUNT(*) FROM licenses l WHERE l.purchase_id = p.id)`,
		"licenses of the deleted":  `SELECT COUNT(*) FROM licenses l JOIN purchases p ON p.id = l.purchase_id WHERE p.status = 'DELETED'`,
		"tenants mixed":            `SELECT COUNT(*) FROM licenses l JOIN purchases p ON p.id = l.purchase_id JOIN users u ON u.id = l.user_id WHERE p.tenant_id <> l.tenant_id OR u.tenant_id <> l.tenant_id`,
		"bought by guests":         `SELECT COUNT(*) FROM purchases p JOIN users u ON u.id = p.purchaser_id WHERE p.source = 'SELF_SERVICE' AND u.kind = 'GUEST'`,
		"purchaser keys":           `SELECT COUNT(*) FROM purchases p JOIN users u ON u.id = p.purchaser_id WHERE p.purchaser_key <> u.name_key OR p.search_key <> p.product_key || chr(10) || u.search_key`,
		"product keys":             `SELECT COUNT(*) FROM purchases p JOIN products d ON d.id = p.product_id WHERE p.product_key <> d.name_key`,
		"about to end":             fmt.Sprintf(`SELECT COUNT(*) FROM purchases WHERE status = 'ACTIVE' AND expires_at < %d`, ms+48*3600_000),
		"not ended":                fmt.Sprintf(`SELECT COUNT(*) FROM purchases WHERE status = 'EXPIRED' AND (expires_at > %d OR expires_at < %d)`, ms, ms-29*24*3600_000),
		"bought in the future":     fmt.Sprintf(`SELECT COUNT(*) FROM purchases WHERE purchased_at > %d OR purchased_at >= expires_at`, ms),
		"assigned in the future":   fmt.Sprintf(`SELECT COUNT(*) FROM licenses WHERE assigned_at > %d`, ms),
		"happened in the future":   fmt.Sprintf(`SELECT COUNT(*) FROM audit_events WHERE at > %d`, ms),
		"free":                     `SELECT COUNT(*) FROM purchases WHERE unit_price = 0`,
		"licenses before purchase": `SELECT COUNT(*) FROM licenses l JOIN purchases p ON p.id = l.purchase_id WHERE l.assigned_at < p.purchased_at`,
	} {
		if !db.Postgres() {
			query = strings.Replace(query, "chr(10)", "char(10)", 1)
		}
		if n := count(t, db, query); n != 0 {
			t.Errorf("%s: %d", name, n)
		}
	}
	// events are listed by id: that must be the order of time
	ctx := in(t, db, "contoso.example")
	last := int64(0)
	for _, e := range db.Client().AuditEvent.Query().Order(ent.Asc("id")).AllX(ctx) {
		if int64(e.At) < last {
			t.Errorf("event %s is out of order", e.ID)
		}
		last = int64(e.At)
	}
}

func TestSameEveryTime(t *testing.T) {
	var first []string
	for _, kind := range append(storetest.Kinds(t), "sqlite") {
		db := storetest.Open(t, kind)
		seed(t, db, demo.Small)
		ids := allIDs(t, db)
		if first == nil {
			first = ids
		}
		if d := cmp.Diff(first, ids); d != "" || len(ids) < 300 {
			t.Errorf("%s, %d ids: %s", kind, len(ids), d)
		}
	}
}

func allIDs(t *testing.T, db *store.DB) []string {
	t.Helper()
	rows, err := db.QueryUnwalled(t.Context(), `SELECT id FROM tenants UNION ALL SELECT id FROM users UNION ALL SELECT id FROM purchases
		UNION ALL SELECT id FROM licenses UNION ALL SELECT id FROM self_service_policies UNION ALL SELECT id FROM audit_events
		UNION ALL SELECT id FROM partner_accesses UNION ALL SELECT id FROM products ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := demo.New(db, catalog.New(db, id.NewSource(clock)), clock)
		if _, err := d.Seed(t.Context(), "huge", nil); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("got %v, want INVALID", err)
		}
		seed(t, db, demo.Small)
		users := count(t, db, "SELECT COUNT(*) FROM users")
		for _, size := range demo.Sizes {
			if _, err := d.Seed(t.Context(), size, nil); fault.CodeOf(err) != fault.Conflict || !strings.Contains(err.Error(), "has tenants already") {
				t.Errorf("%s: got %v, want CONFLICT before anything is written", size, err)
			}
		}
		if n := count(t, db, "SELECT COUNT(*) FROM users"); n != users {
			t.Errorf("%d users, want the %d from before", n, users)
		}
	})
}

// TestFailureLeavesNothing gives up in the middle of a big demo.
func TestFailureLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := demo.New(db, catalog.New(db, id.NewSource(clock)), clock).Seed(ctx, demo.Medium, func(done, _ int) {
			if done > 50_000 {
				cancel()
			}
		})
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("got %v, want UNAVAILABLE", err)
		}
		for _, table := range []string{"tenants", "users", "purchases", "licenses"} {
			if n := count(t, db, "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("%d %s are left", n, table)
			}
		}
	})
}

func TestMedium(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began := time.Now()
		got := seed(t, db, demo.Medium)
		t.Logf("took %s", time.Since(began).Round(time.Millisecond))
		if d := cmp.Diff(demo.Result{Tenants: 1, Users: 20_000, Purchases: 10_000, Licenses: 200_000}, got); d != "" {
			t.Error(d)
		}
		for table, want := range map[string]int{"tenants": 1, "users": 20_000, "purchases": 10_000, "licenses": 200_000} {
			if n := count(t, db, "SELECT COUNT(*) FROM "+table); n != want {
				t.Errorf("%d %s, want %d", n, table, want)
			}
		}
		ctx := in(t, db, "contoso.example")
		source := db.Client().Purchase.Query().Where(purchase.AssignedGTE(20_000)).OnlyX(ctx)
		target := db.Client().Purchase.Query().Where(purchase.Quantity(25_000)).OnlyX(ctx)
		avery := db.Client().User.Query().Where(user.UpnKey("avery@contoso.example")).OnlyX(ctx)
		if source.Assigned != 20_000 || source.Source != "SELF_SERVICE" || source.Status != "ACTIVE" || *source.PurchaserID != avery.ID {
			t.Errorf("source %v", source)
		}
		if target.Assigned != 0 || target.Source != "CENTRAL" || target.Status != "ACTIVE" || target.ProductID != source.ProductID {
			t.Errorf("target %v", target)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM purchases WHERE assigned BETWEEN 5 AND 30"); n < 6000 {
			t.Errorf("%d purchases have 5 to 30 licenses, want most", n)
		}
		checkSound(t, db)
	})
}
