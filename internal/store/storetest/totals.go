package storetest

import (
	"context"

	"purser/internal/store"
)

// wrongTotals finds what purchases add up to, by all that totals are kept by, and the totals that the database keeps, where
// these are not the same.
const wrongTotals = `SELECT tenant_id, product_key, product_id, source, status, currency, billing_term,
		SUM(n), SUM(quantity), SUM(assigned), SUM(reserved), SUM(spend) FROM (
	SELECT tenant_id, product_key, product_id, source, status, currency, billing_term, purchases AS n, quantity, assigned, reserved, spend FROM product_totals
	UNION ALL SELECT tenant_id, product_key, product_id, source, status, currency, billing_term, -1, -quantity, -assigned, -reserved,
		CASE WHEN status = 'ACTIVE' AND recurring_billing AND kind = 'PAID' THEN -unit_price * quantity ELSE 0 END FROM purchases
	) t GROUP BY tenant_id, product_key, product_id, source, status, currency, billing_term
	HAVING SUM(n) <> 0 OR SUM(quantity) <> 0 OR SUM(assigned) <> 0 OR SUM(reserved) <> 0 OR SUM(spend) <> 0`

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
		var tenant, key, product, source, status, currency, term string
		var purchases, quantity, assigned, reserved, spend int
		err := rows.Scan(&tenant, &key, &product, &source, &status, &currency, &term, &purchases, &quantity, &assigned, &reserved, &spend)
		if err != nil {
			tb.Errorf("the totals: %v", err)
			return
		}
		tb.Errorf("the totals of %s (%s), %s %s %s %s, in %s are off by %d purchases, %d seats, %d assigned, %d reserved, %d of spend",
			product, key, source, status, term, currency, tenant, purchases, quantity, assigned, reserved, spend)
	}
	if err := rows.Err(); err != nil {
		tb.Errorf("the totals: %v", err)
	}
}
