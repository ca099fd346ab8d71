package store_test

import (
	"context"
	"errors"
	"testing"

	"purser/internal/store"
	"purser/internal/store/storetest"
)

// twoTenants makes tenants s and t, and products p and q.
func twoTenants(t *testing.T, db *store.DB) {
	t.Helper()
	exec(t, db, `INSERT INTO tenants (id, name, name_key, search_key, domain, cloud, segment, country, locale)
		VALUES ('s', '', '', '', 's', 'WORLDWIDE', 'COMMERCIAL', 'NL', 'nl'), ('t', '', '', '', 't', 'WORLDWIDE', 'COMMERCIAL', 'NL', 'nl')`)
	exec(t, db, `INSERT INTO products (id, vendor_product_id, name, name_key, search_key, family, family_key, kind, self_service_eligible, trial_without_payment_method, trial_days)
		VALUES ('p', 'p', '', '', '', '', '', 'PRODUCT', TRUE, FALSE, 0), ('q', 'q', '', '', '', '', '', 'PRODUCT', TRUE, FALSE, 0)`)
}

// bought starts a statement that inserts purchases of tenant t; each row is (id, product, its key, source, status, quantity, assigned, reserved).
const bought = `INSERT INTO purchases (kind, unit_price, currency, billing_term, recurring_billing, purchased_at, expires_at, search_key, tenant_id,
		purchaser_id, id, product_id, product_key, source, status, quantity, assigned, reserved)
	SELECT 'PAID', 3, 'EUR', 'MONTHLY', TRUE, 0, 0, '', 't', 'u', v.* FROM (VALUES `

const buyer = `INSERT INTO users (id, tenant_id, display_name, name_key, search_key, user_principal_name, upn_key, locale, kind, account_enabled, roles)
	VALUES ('u', 't', '', '', '', 'u', 'u', 'en', 'MEMBER', TRUE, 0)`

const somePurchases = bought + `('1', 'p', 'pp', 'CENTRAL', 'ACTIVE', 9, 2, 1), ('2', 'p', 'pp', 'CENTRAL', 'EXPIRED', 8, 1, 0),
	('3', 'p', 'pp', 'SELF_SERVICE', 'ACTIVE', 7, 7, 0), ('4', 'q', 'qq', 'CENTRAL', 'ACTIVE', 6, 0, 6), ('5', 'q', 'qq', 'CENTRAL', 'DISABLED', 5, 5, 0),
	('6', 'q', 'qq', 'SELF_SERVICE', 'DELETED', 4, 0, 0)) AS v WHERE TRUE`

// TestProductTotals changes purchases in every way that a statement can.
func TestProductTotals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		twoTenants(t, db)
		exec(t, db, buyer)
		for _, statement := range []string{
			somePurchases,
			"UPDATE purchases SET assigned = assigned + 1 WHERE id = '1'",
			"UPDATE purchases SET assigned = 0, reserved = reserved / 2, quantity = quantity + 1 WHERE status <> 'DELETED'",
			"UPDATE purchases SET status = 'DISABLED' WHERE id = '1'",
			"UPDATE purchases SET quantity = 30 WHERE id = '1'", // costs nothing meanwhile
			"UPDATE purchases SET status = 'EXPIRED', assigned = 3 WHERE id = '1'",
			"UPDATE purchases SET status = 'ACTIVE' WHERE id = '1'",
			"UPDATE purchases SET status = 'DELETED', assigned = 0 WHERE id = '2'",
			"UPDATE purchases SET unit_price = unit_price + 2",
			"UPDATE purchases SET currency = 'USD', assigned = 4, unit_price = 7 WHERE id IN ('1', '4')",
			"UPDATE purchases SET billing_term = 'ANNUAL', unit_price = unit_price * 10 WHERE source = 'CENTRAL'",
			"UPDATE purchases SET recurring_billing = id > '3'",
			"UPDATE purchases SET kind = 'TRIAL_WITH_PAYMENT_METHOD', recurring_billing = id > '1', quantity = quantity + 1 WHERE id < '4'",
			"UPDATE purchases SET kind = 'PAID', status = 'ACTIVE' WHERE id = '3'",
			"UPDATE purchases SET status = 'ACTIVE', quantity = 40",
			"UPDATE purchases SET source = 'CENTRAL' WHERE source = 'SELF_SERVICE'",
			"UPDATE purchases SET source = 'SELF_SERVICE', quantity = quantity + 1 WHERE id IN ('1', '4')",
			"UPDATE purchases SET product_key = 'renamed' WHERE product_id = 'p'",
			"UPDATE purchases SET product_id = 'q', product_key = 'qq' WHERE id = '1'",
			"UPDATE purchases SET tenant_id = 's', product_key = 'other' WHERE id IN ('1', '2')",
			"UPDATE purchases SET id = '7' WHERE id = '1'",
			"UPDATE purchases SET noticed = 7, active_move_id = NULL",
			somePurchases + ` ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, status = excluded.status, assigned = 0, reserved = 0`,
			somePurchases + ` ON CONFLICT (id) DO NOTHING`,
			"DELETE FROM purchases WHERE id IN ('1', '5')",
			"DELETE FROM purchases",
			somePurchases,
		} {
			exec(t, db, statement)
			if storetest.CheckTotals(t, db); t.Failed() {
				t.Fatal(statement)
			}
		}
	})
}

var errUndone = errors.New("undone")

// TestProductTotalsUndone: what is rolled back was never counted.
func TestProductTotalsUndone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		twoTenants(t, db)
		exec(t, db, buyer)
		exec(t, db, somePurchases)
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE purchases SET status = 'DISABLED', quantity = 100")
			return errors.Join(err, errUndone)
		})
		if !errors.Is(err, errUndone) {
			t.Fatal(err)
		}
		storetest.CheckTotals(t, db)
	})
}

// TestTotalsLetNobodyWait has two transactions change purchases of the same two products in opposite order, each
// while the other one holds what it has changed. Where one waited for the other, they would for ever.
func TestTotalsLetNobodyWait(t *testing.T) {
	db := storetest.OpenPostgres(t) // SQLite has one writer
	twoTenants(t, db)
	exec(t, db, buyer)
	exec(t, db, bought+`('p1', 'p', 'pp', 'CENTRAL', 'ACTIVE', 900, 0, 0), ('p2', 'p', 'pp', 'CENTRAL', 'ACTIVE', 900, 0, 0),
		('q1', 'q', 'qq', 'CENTRAL', 'ACTIVE', 900, 0, 0), ('q2', 'q', 'qq', 'CENTRAL', 'ACTIVE', 900, 0, 0)) AS v`)
	assign := func(ctx context.Context, tx *store.Tx, purchaseID string) {
		if _, err := tx.Exec(ctx, "UPDATE purchases SET assigned = assigned + 1 WHERE id = ?", purchaseID); err != nil {
			t.Fatal(err)
		}
	}
	patient := func(do func(ctx context.Context, tx *store.Tx)) {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '5s'")
			do(ctx, tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		patient(func(ctx context.Context, one *store.Tx) {
			assign(ctx, one, "p1")
			patient(func(ctx context.Context, other *store.Tx) {
				assign(ctx, other, "q2")
				assign(ctx, one, "q1")
				assign(ctx, other, "p2")
			})
		})
	}
	n, err := db.CountUnwalled(t.Context(), "SELECT COUNT(*) FROM product_totals")
	if err != nil {
		t.Fatal(err)
	}
	if n != 4 { // a second row for each of the two products, used again from then on
		t.Errorf("%d rows of totals, want 4", n)
	}
}
