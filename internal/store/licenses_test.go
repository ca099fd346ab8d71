package store_test

import (
	"context"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestLicensesOnce: nobody comes to hold two licenses of a purchase, by whatever statement, and what is none of that is let through.
func TestLicensesOnce(t *testing.T) {
	const given = "INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at) VALUES "
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		twoTenants(t, db)
		exec(t, db, buyer)
		exec(t, db, somePurchases)
		for _, c := range []struct {
			statement string
			refused   bool
		}{
			{given + "('a', 't', '1', 'u', 0), ('b', 't', '2', 'u', 0)", false},
			{given + "('c', 't', '1', 'u', 0)", true},
			{given + "('c', 't', '3', 'u', 0), ('d', 't', '3', 'u', 0)", true},
			{given + "('a', 't', '1', 'u', 7) ON CONFLICT (id) DO UPDATE SET assigned_at = excluded.assigned_at", false},
			{"UPDATE licenses SET purchase_id = '2' WHERE id = 'a'", true},
			{"UPDATE licenses SET purchase_id = '3'", true},
			{"UPDATE licenses SET purchase_id = '1' WHERE id = 'a'", false},
			{"UPDATE licenses SET purchase_id = '3' WHERE id = 'a'", false},
			{"UPDATE licenses SET purchase_id = '1' WHERE id = 'b'", false},
			{"DELETE FROM licenses WHERE id = 'b'", false},
			{"UPDATE licenses SET purchase_id = '1' WHERE id = 'a'", false},
		} {
			err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, c.statement)
				return err
			})
			if got := fault.CodeOf(err); c.refused != (got == fault.Conflict) || !c.refused && err != nil {
				t.Errorf("%s: %v", c.statement, err)
			}
		}
	})
}
