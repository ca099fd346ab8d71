package purchasing

import (
	"context"
	"flag"
	"testing"
	"time"

	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

var (
	scale    = flag.Int("scale", 20_000, "how many purchases TestCatchUp has")
	scaleDue = flag.Int("scale-due", 1_000, "how many of them are due")
)

// TestCatchUp catches up with what became due during a downtime, in a database of many purchases.
// 1,000,000 with 10,000 due take minutes to make: make soak.
func TestCatchUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		s.now = func() time.Time { return w.Clock.Now().Add(time.Since(started)) } // batches adapt to the time that they take
		fill(t, w, *scale, *scaleDue)
		if err := db.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		sweep(t, s)
		t.Logf("%d of %d in %s, then %d at once", *scaleDue, *scale, time.Since(start).Round(time.Millisecond), s.sweeping.Size())
		want := map[string]int{"ACTIVE": *scale - *scaleDue*3/4, "EXPIRED": *scaleDue / 4, "DISABLED": *scaleDue / 4, "DELETED": *scaleDue / 4}
		for status, n := range want {
			if got := tally(t, w, "SELECT COUNT(*) FROM purchases WHERE tenant_id = ? AND status = '"+status+"'"); got != n {
				t.Errorf("%d are %s, want %d", got, status, n)
			}
		}
		// EXPIRED: one event, DISABLED: two, DELETED: three; and a quarter has renewed
		if got := tally(t, w, "SELECT COUNT(*) FROM audit_events WHERE tenant_id = ?"); got != *scaleDue*7/4 {
			t.Errorf("%d events, want %d", got, *scaleDue*7/4)
		}
		if due, err := s.due(t.Context()); len(due) > 0 || err != nil {
			t.Errorf("%d are still due: %v", len(due), err)
		}
	})
}

var started = time.Now()

// fill makes purchases, of which the last ones are due: in turn they renew, or have ended 1, 31 and 121 days ago.
func fill(t *testing.T, w *takeovertest.World, n, due int) {
	t.Helper()
	now := instant.From(w.Clock.Now())
	one := w.Purchase(t, central, 3, nil)
	row := func(i int) []any {
		end := now.Add(time.Duration(1+i%300) * day)
		if k := i - (n - due); k >= 0 {
			end = now.Add(-time.Duration([]int{1, 1, 31, 121}[k%4]) * day)
		}
		return []any{w.IDs.New(id.Purchase), i < n-due || (i-n+due)%4 == 0, end.Add(-30 * day), end, end, one}
	}
	const perStatement = 500
	for from := 1; from < n; from += perStatement * 20 { // one is there already
		w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			for at := from; at < min(n, from+perStatement*20); at += perStatement {
				values, args := "", []any{}
				for i := at; i < min(n, at+perStatement); i++ {
					if i > at {
						values += ", "
					}
					values += "(?, CAST(? AS boolean), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint), ?)"
					args = append(args, row(i)...)
				}
				_, err := tx.Exec(ctx, `INSERT INTO purchases (id, recurring_billing, purchased_at, expires_at, due_at, tenant_id, product_id, purchaser_id, source, kind,
					status, quantity, unit_price, currency, billing_term, product_key, search_key)
					SELECT v.column1, v.column2, v.column3, v.column4, v.column5, p.tenant_id, p.product_id, p.purchaser_id, p.source, p.kind,
					p.status, p.quantity, p.unit_price, p.currency, p.billing_term, p.product_key, p.search_key
					FROM (VALUES `+values+`) AS v JOIN purchases p ON p.id = v.column6`, args...)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// tally returns a count.
func tally(t *testing.T, w *takeovertest.World, query string) (n int) {
	t.Helper()
	rows, err := w.DB.QueryUnwalled(t.Context(), query, w.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}
