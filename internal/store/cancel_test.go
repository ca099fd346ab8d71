package store_test

import (
	"context"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// endless returns a statement that would take hours.
func endless(db *store.DB) string {
	if db.Postgres() {
		return "SELECT 1 FROM (SELECT pg_sleep(7200)) endless"
	}
	return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
}

// TestASlowStatementIsCutOff: a deadline reaches the statement that is running, and its connection is
// good for the next one.
func TestASlowStatementIsCutOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, run := range map[string]func(ctx context.Context) error{
			"a read": func(ctx context.Context) error {
				rows, err := db.QueryUnwalled(ctx, endless(db))
				if err != nil {
					return err
				}
				defer func() { _ = rows.Close() }()
				for rows.Next() {
				}
				return rows.Err()
			},
			"a count": func(ctx context.Context) error {
				_, err := db.CountUnwalled(ctx, endless(db))
				return err
			},
			"in a transaction": func(ctx context.Context) error {
				return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					var n int
					return tx.ReadRow(ctx, endless(db), nil, &n)
				})
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if err := run(ctx); fault.CodeOf(err) != fault.Unavailable {
				t.Errorf("%s: got %v, want UNAVAILABLE", name, err)
			}
			cancel()
			if n, err := db.CountUnwalled(t.Context(), "SELECT COUNT(*) FROM tenants"); n != 0 || err != nil {
				t.Errorf("after %s: %d, %v", name, n, err)
			}
			if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "DELETE FROM tenants")
				return err
			}); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
		if !db.Postgres() {
			return
		}
		end := time.After(10 * time.Second)
		for { // PostgreSQL is told, too
			n, err := db.CountUnwalled(t.Context(), "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%endless' AND pid <> pg_backend_pid()")
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
			select {
			case <-end:
				t.Fatalf("%d statements still run", n)
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}
