package storetest

import (
	"context"

	"purser/internal/store"
)

// wrongTotals finds what the purchases that users can work on add up to, by tenant, product and source, and
// the totals that the database keeps, where these are not the same.
const wrongTotals = `SELECT tenant_id, product_key, product_id, source, SUM(n), SUM(quantity), SUM(assigned), SUM(reserved) FROM (
	SELECT tenant_id, product_key, product_id, source, purchases AS n, quantity, assigned, reserved FROM product_totals
	UNION ALL SELECT tenant_id, product_key, product_id, source, -1, -quantity, -assigned, -reserved FROM purchases WHERE status IN ('ACTIVE', 'EXPIRED')
	) t GROUP BY tenant_id, product_key, product_id, source
	HAVING SUM(n) <> 0 OR SUM(quantity) <> 0 OR SUM(assigned) <> 0 OR SUM(reserved) <> 0`

// CheckTotals fails the test unless the totals that the database keeps are those of its purchases. Every
// database of this package is checked when its test ends.
func CheckTotals(tb interface {
	Helper()
	Errorf(format string, args ...any)
}, db *store.DB,
) {
	tb.Helper()
	rows, err := db.QueryUnwalled(context.Background(), wrongTotals)
	if err != nil {
		tb.Errorf("the totals: %v", err)
		return
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var tenant, key, product, source string
		var purchases, quantity, assigned, reserved int
		if err := rows.Scan(&tenant, &key, &product, &source, &purchases, &quantity, &assigned, &reserved); err != nil {
			tb.Errorf("the totals: %v", err)
			return
		}
		tb.Errorf("the %s totals of %s (%s) in %s are off by %d purchases, %d seats, %d assigned, %d reserved",
			source, product, key, tenant, purchases, quantity, assigned, reserved)
	}
	if err := rows.Err(); err != nil {
		tb.Errorf("the totals: %v", err)
	}
}
