package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"purser/internal/sql"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

type word string

// TestRows scans what reading scans, within a session and outside of any: both say the same.
func TestRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.System("ten_1"))
		insert := func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.Create().SetID("ten_1").SetDomain("a.example").SetName("A").SetNameKey("a").SetSearchKey("a").
				SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale("en").SetDefaultPolicy("ENABLED").Exec(ctx)
		}
		read := func(ctx context.Context) {
			t.Helper()
			r, err := db.Reader(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s, n := r.From("tenants", "n")
			s.Select(n.C("name"), n.C("country"), n.C("external_id")).
				AppendSelectExpr(sql.Raw("COUNT(*)"), sql.Raw("SUM(LENGTH(name))"), sql.Raw("1 = 1"), sql.Raw("NULL"), sql.Raw("7")).
				GroupBy(n.C("name"), n.C("country"), n.C("external_id"))
			var name string
			var country word
			var external, none *word
			var count, length int
			var yes bool
			var small uint8
			if err := r.Query(ctx, s, func(rows *store.Rows) error {
				return rows.Scan(&name, &country, &external, &count, &length, &yes, &none, &small)
			}); err != nil {
				t.Fatal(err)
			}
			if name != "A" || country != "US" || external != nil || count != 1 || length != 1 || !yes || none != nil || small != 7 {
				t.Errorf("got %v %v %v %v %v %v %v %v", name, country, external, count, length, yes, none, small)
			}
			for _, wrong := range []any{&count, &yes} {
				if err := r.Query(ctx, texts(r), func(rows *store.Rows) error { return rows.Scan(wrong) }); err == nil {
					t.Errorf("a text was scanned to %T", wrong)
				}
			}
		}
		if err := db.InSession(ctx, store.Session{
			Begin: func(context.Context, *store.Tx) error { return nil },
			Run: func(ctx context.Context) error {
				if err := db.InTx(ctx, insert); err != nil {
					return err
				}
				read(ctx)
				return nil
			},
			End: func(context.Context, *store.Tx) error { return nil },
		}); err != nil {
			t.Fatal(err)
		}
		read(ctx)
	})
}

// TestALostConnectionIsReplaced: what has not begun is begun again, and nothing else is.
func TestALostConnectionIsReplaced(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := new(storetest.Faults)
			db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
			ctx := viewer.NewContext(t.Context(), viewer.System("ten_1"))
			r, err := db.Reader(ctx)
			if err != nil {
				t.Fatal(err)
			}
			ask := func() error {
				s, n := r.From("tenants", "n")
				return r.Query(ctx, s.Select(n.C("id")), func(*store.Rows) error { return nil })
			}
			_, strikes := faults.During(storetest.Fault{At: 1, Err: driver.ErrBadConn, Dead: true}, func() { err = ask() })
			if err != nil || strikes != 1 {
				t.Errorf("%v after %d losses", err, strikes)
			}
			broken := errors.New("broken")
			seen, strikes := faults.During(storetest.Fault{At: 1, Err: broken}, func() { err = ask() })
			if !errors.Is(err, broken) || strikes != 1 || len(seen) != 1 {
				t.Errorf("%v after %d failures of %v", err, strikes, seen)
			}
		})
	}
}

// TestSteady: no parameter is left bare where SQLite would plan by its value.
func TestSteady(t *testing.T) {
	const query = "SELECT a FROM b WHERE c = ? AND d IN (?) AND e IN (?, ?) AND f <> ? ORDER BY a LIMIT ?"
	for dialect, want := range map[string]string{
		"sqlite3":  "SELECT a FROM b WHERE c = +? AND d IN (+?) AND e IN (+?, ?) AND f <> ? ORDER BY a LIMIT +?",
		"postgres": query,
	} {
		if got := store.Steady(dialect, query); got != want {
			t.Errorf("%s: %s", dialect, got)
		}
	}
}

// texts selects texts.
func texts(r *store.Reader) *sql.Selector {
	s, n := r.From("tenants", "n")
	return s.Select(n.C("name"))
}
