package store_test

import (
	"context"
	stdsql "database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// TestStatementsTogether runs statements of which each needs what the one before has done, and some that fail.
func TestStatementsTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var names []string
		note := func(r *store.Rows) error {
			names = append(names, "")
			return r.Scan(&names[len(names)-1])
		}
		rename := func(to, from string) store.Statement {
			return store.Statement{SQL: "UPDATE tenants SET name = ? WHERE name = ? RETURNING name", Args: []any{to, from}, Row: note}
		}
		together := func(ctx context.Context, statements ...store.Statement) error {
			names = nil
			return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.Together(ctx, statements...) })
		}
		if err := db.InTx(t.Context(), add("ten_a")); err != nil {
			t.Fatal(err)
		}
		ctx, n := store.CountStatements(t.Context())
		err := together(ctx, rename("b", "ten_a"), store.Statement{SQL: "UPDATE tenants SET domain = name"}, rename("c", "b"))
		if diff := cmp.Diff([]string{"b", "c"}, names); err != nil || diff != "" || n.Load() != 3 {
			t.Errorf("%v, %d statements, names (-want +got):\n%s", err, n.Load(), diff)
		}
		for what, wrong := range map[string]store.Statement{
			"INTERNAL": {SQL: "UPDATE tenants SET nothing = 1"},
			"CONFLICT": {SQL: "INSERT INTO tenants SELECT * FROM tenants WHERE name = ?", Args: []any{"d"}},
		} {
			if err := together(t.Context(), rename("d", "c"), wrong, rename("e", "d")); string(fault.CodeOf(err)) != what {
				t.Errorf("got %v, want %s", err, what)
			}
			if got := db.Client().Tenant.Query().OnlyX(t.Context()).Name; got != "c" {
				t.Errorf("after %s the name is %s", what, got)
			}
		}
	})
}

// TestAConnectionIsLostWithinATransaction: one that has not begun begins on another connection; nothing of one that has is left.
func TestAConnectionIsLostWithinATransaction(t *testing.T) {
	db := storetest.OpenPostgres(t)
	for name, c := range map[string]struct {
		first unit
		code  fault.Code
	}{
		"before it began": {func(context.Context, *store.Tx) error { return nil }, ""},
		"afterwards":      {add("ten_a"), fault.Unavailable},
	} {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := c.first(ctx, tx); err != nil {
				return err
			}
			tx.LoseConnection()
			n, err := tx.Exec(ctx, "UPDATE tenants SET name = name")
			if n != 0 {
				t.Errorf("%s: %d tenants", name, n)
			}
			return err
		})
		if n := db.Client().Tenant.Query().CountX(t.Context()); fault.CodeOf(err) != c.code || n != 0 {
			t.Errorf("%s: %v, %d tenants", name, err, n)
		}
	}
}

// TestAWaitForSomebodysLockEnds with the deadline, also where it begins the transaction.
func TestAWaitForSomebodysLockEnds(t *testing.T) {
	db := storetest.OpenPostgres(t)
	if err := db.InTx(t.Context(), add("ten_a")); err != nil {
		t.Fatal(err)
	}
	rename := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE tenants SET name = name || 'x'")
		return err
	}
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := rename(ctx, tx); err != nil {
			return err
		}
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := db.InTx(short, rename); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("got %v, want UNAVAILABLE", err)
		}
		return nil
	})
	if name := db.Client().Tenant.Query().OnlyX(t.Context()).Name; err != nil || name != "ten_ax" {
		t.Errorf("%v, the name is %s", err, name)
	}
}
