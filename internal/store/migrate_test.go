package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// unmigrated opens a database that has no tables yet.
func unmigrated(t *testing.T, kind string) *store.DB {
	t.Helper()
	o := store.Options{URL: filepath.Join(t.TempDir(), "purser.db")}
	if kind == "postgres" {
		o.URL = storetest.PostgresURL(t)
	}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if kind == "postgres" {
		exec(t, db, "DROP SCHEMA public CASCADE")
		exec(t, db, "CREATE SCHEMA public")
	}
	return db
}

func exec(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestTermAnchor is about purchases that there were before it was kept from when their terms are counted.
func TestTermAnchor(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			db := unmigrated(t, kind)
			if err := db.MigrateTo(t.Context(), 20261125042804); err != nil {
				t.Fatal(err)
			}
			exec(t, db, `INSERT INTO tenants (id, name, name_key, search_key, domain, cloud, segment, country, locale) VALUES ('t', '', '', '', '', 'WORLDWIDE', 'COMMERCIAL', 'NL', 'nl')`)
			exec(t, db, `INSERT INTO products (id, vendor_product_id, name, name_key, search_key, family, family_key, kind, self_service_eligible, trial_without_payment_method, trial_days)
				VALUES ('p', 'p', '', '', '', '', '', 'PRODUCT', TRUE, FALSE, 0)`)
			want := map[string]string{}
			for _, c := range []struct{ id, purchased, expires, event, at, changes, want string }{
				{"never renewed", "2026-01-31T10:00:00.5Z", "2026-02-28T10:00:00.5Z", "", "", "", "2026-01-31T10:00:00.5Z"},
				{
					"reactivated", "2026-01-05T10:00:00Z", "2026-04-30T11:00:00.25Z", "purchase.reactivated", "2026-03-31T11:00:00.251Z",
					`[["status","EXPIRED","ACTIVE"],["expiresAt","2026-03-05T10:00:00Z","2026-04-30T11:00:00.25Z"]]`, "2026-03-31T11:00:00.25Z",
				},
				{
					"reactivated in its term", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", "purchase.reactivated", "2026-02-10T00:00:00Z",
					`[["status","DISABLED","ACTIVE"]]`, "2026-01-31T10:00:00Z",
				},
				{
					"converted, by a sweeper that was late", "2026-01-01T10:00:00Z", "2026-02-28T10:00:00Z", "purchase.converted", "2026-02-03T07:00:00Z",
					`[["kind","TRIAL_WITH_PAYMENT_METHOD","PAID"],["expiresAt","2026-01-31T10:00:00Z","2026-02-28T10:00:00Z"]]`, "2026-01-31T10:00:00Z",
				},
			} {
				exec(t, db, `INSERT INTO purchases (id, source, kind, status, quantity, unit_price, currency, billing_term, recurring_billing,
						purchased_at, expires_at, product_key, search_key, tenant_id, product_id)
					VALUES (?, 'CENTRAL', 'PAID', 'ACTIVE', 1, 0, 'EUR', 'MONTHLY', TRUE, ?, ?, '', '', 't', 'p')`, c.id, milli(t, c.purchased), milli(t, c.expires))
				if c.event != "" {
					exec(t, db, "INSERT INTO audit_events (id, at, actor_name, action, subject_id, changes, tenant_id) VALUES (?, ?, '', ?, ?, ?, 't')",
						"evt "+c.id, milli(t, c.at), c.event, c.id, c.changes)
				}
				want[c.id] = c.want
			}
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx := viewer.NewContext(t.Context(), viewer.System("t"))
			for _, p := range db.Client().Purchase.Query().AllX(ctx) {
				if got := p.TermAnchor; got != milli(t, want[p.ID]) {
					t.Errorf("%s: counted from %s, want %s", p.ID, got, want[p.ID])
				}
			}
		})
	}
}

// TestLicensesInOrder is about the users of moves that there were before it was kept by which license each came to be moved.
func TestLicensesInOrder(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			db := unmigrated(t, kind)
			if err := db.MigrateTo(t.Context(), 20261125081824); err != nil {
				t.Fatal(err)
			}
			exec(t, db, `INSERT INTO tenants (id, name, name_key, search_key, domain, cloud, segment, country, locale) VALUES ('t', '', '', '', '', 'WORLDWIDE', 'COMMERCIAL', 'NL', 'nl')`)
			exec(t, db, `INSERT INTO products (id, vendor_product_id, name, name_key, search_key, family, family_key, kind, self_service_eligible, trial_without_payment_method, trial_days)
				VALUES ('p', 'p', '', '', '', '', '', 'PRODUCT', TRUE, FALSE, 0)`)
			for _, p := range []string{"source", "target", "other"} {
				exec(t, db, `INSERT INTO purchases (id, source, kind, status, quantity, unit_price, currency, billing_term, recurring_billing,
						purchased_at, expires_at, term_anchor, product_key, search_key, tenant_id, product_id)
					VALUES (?, 'CENTRAL', 'PAID', 'ACTIVE', 9, 0, 'EUR', 'MONTHLY', TRUE, 0, 0, 0, '', '', 't', 'p')`, p)
			}
			exec(t, db, `INSERT INTO moves (id, tenant_id, source_id, target_id, status, subset, total, reserved, requested_by_name, requested_at, changed_at)
				VALUES ('m', 't', 'source', 'target', 'RUNNING', TRUE, 6, 0, '', 0, 0)`)
			want := map[string]moved{}
			for _, u := range []struct{ user, result, holds, license string }{
				{"usr_moved", "MOVED", "target", "lic_usr_moved"},
				{"usr_moved_and_released", "MOVED", "other", "usr_moved_and_released"},
				{"usr_pending", "PENDING", "source", "lic_usr_pending"},
				{"usr_without", "PENDING", "", "usr_without"},
				{"usr_already", "ALREADY_LICENSED", "target", "usr_already"},
				{"usr_gone", "GONE", "", "usr_gone"},
			} {
				at := new(instant.Milli(len(want) + 1))
				if u.result == "PENDING" {
					at = nil
				}
				want[u.user] = moved{u.license, u.result, at}
				exec(t, db, `INSERT INTO users (id, tenant_id, display_name, name_key, search_key, user_principal_name, upn_key, locale, kind, account_enabled, roles)
					VALUES (?, 't', '', '', '', ?, ?, 'en', 'MEMBER', TRUE, 0)`, u.user, u.user, u.user)
				exec(t, db, "INSERT INTO move_users (tenant_id, move_id, user_id, result, at) VALUES ('t', 'm', ?, ?, ?)", u.user, u.result, at)
				if u.holds != "" {
					exec(t, db, "INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at) VALUES (?, 't', ?, ?, 0)", "lic_"+u.user, u.holds, u.user)
				}
			}
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := map[string]moved{}
			for _, u := range db.Client().MoveUser.Query().AllX(viewer.NewContext(t.Context(), viewer.System("t"))) {
				got[u.UserID] = moved{u.LicenseID, u.Result, u.At}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the users of the move (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProductTotalsFromBefore is about purchases that there were before totals were kept.
func TestProductTotalsFromBefore(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			db := unmigrated(t, kind)
			if err := db.MigrateTo(t.Context(), 20261127101158); err != nil {
				t.Fatal(err)
			}
			twoTenants(t, db)
			exec(t, db, buyer)
			exec(t, db, somePurchases)
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			storetest.CheckTotals(t, db)
			exec(t, db, "UPDATE purchases SET quantity = quantity + 1, source = 'CENTRAL'") // as a server of the version before does
			storetest.CheckTotals(t, db)
		})
	}
}

// moved is what became of a user in a move.
type moved struct {
	License, Result string
	At              *instant.Milli
}

func milli(t *testing.T, s string) instant.Milli {
	t.Helper()
	m, err := instant.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
