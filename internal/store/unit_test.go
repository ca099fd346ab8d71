package store_test

import (
	"context"
	stdsql "database/sql"
	"errors"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestNothingIsWrittenAfterTheDeadline: a statement is not begun when the context has ended, nor is what was done before committed.
func TestNothingIsWrittenAfterTheDeadline(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		faults := new(storetest.Faults)
		db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
		for name, more := range map[string]func(ctx context.Context, tx *store.Tx) error{
			"at the end":     func(context.Context, *store.Tx) error { return nil },
			"a statement":    func(ctx context.Context, tx *store.Tx) error { _, err := tx.Exec(ctx, "DELETE FROM users"); return err },
			"one of ent":     add("ten_b"),
			"whatever fails": func(context.Context, *store.Tx) error { return errors.New("broken") },
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				defer end()
				var err error
				statements, _ := faults.During(storetest.Fault{}, func() {
					err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
						if err := add("ten_a")(ctx, tx); err != nil {
							return err
						}
						end()
						return more(ctx, tx)
					})
				})
				if fault.CodeOf(err) != fault.Unavailable && name != "whatever fails" {
					t.Errorf("got %v, want UNAVAILABLE", err)
				}
				if len(statements) != 2 { // BEGIN, INSERT
					t.Errorf("sent %v", statements)
				}
				if n := db.Client().Tenant.Query().CountX(t.Context()); n != 0 {
					t.Errorf("%d tenants", n)
				}
				if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					return errors.Join(add("ten_c")(ctx, tx), errors.New("undone"))
				}); err == nil || fault.CodeOf(err) != fault.Internal {
					t.Errorf("after it: %v", err)
				}
			})
		}
	}
}

// TestReadRow reads the first of several rows, and none.
func TestReadRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for at, want := range []error{nil, nil, stdsql.ErrNoRows} {
				n := 0
				err := tx.ReadRow(ctx, "SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS two WHERE n > ? ORDER BY n", []any{at}, &n)
				if !errors.Is(err, want) || want == nil && n != at+1 {
					t.Errorf("beyond %d: %d, %v", at, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
