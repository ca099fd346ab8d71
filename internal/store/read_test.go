package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"testing"

	"purser/internal/fault"
	"purser/internal/sql"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// one selects an expression.
func one(r *store.Reader, expression string) sql.Querier {
	return sql.NewBuilder(r.Postgres()).WriteString("SELECT " + expression)
}

// together reads expressions together, and returns what was read in the order in which it was.
func together(ctx context.Context, t *testing.T, db *store.DB, expressions ...string) (got []string, err error) {
	t.Helper()
	r, err := db.Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	reads := make([]store.Read, len(expressions))
	for i, e := range expressions {
		reads[i] = store.Read{Statement: one(r, e), Row: func(rows *store.Rows) error {
			var s string
			err := rows.Scan(&s)
			got = append(got, s)
			return err
		}}
	}
	return got, r.Together(ctx, reads...)
}

// halfway is an expression that fails after its first row.
func halfway(db *store.DB) string {
	if db.Postgres() {
		return "(1 / (2 - n))::text FROM GENERATE_SERIES(1, 2) AS n"
	}
	return "CASE value WHEN 1 THEN 'a' ELSE JSON(value || '}') END FROM JSON_EACH('[1, 2]')"
}

func TestTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, n := store.CountStatements(viewer.NewContext(t.Context(), viewer.System("ten_1")))
		for _, tt := range []struct {
			expressions, want []string
			fails             bool
		}{
			{nil, nil, false},
			{[]string{"'a'"}, []string{"a"}, false},
			{[]string{"'a'", "'b'", "'a'"}, []string{"a", "b", "a"}, false},
			{[]string{"'a'", "missing", "'c'"}, nil, true},
			{[]string{"'a'", "NULL", "'c'"}, nil, true}, // a row that cannot be taken
			{[]string{halfway(db), "'c'"}, nil, true},
			{[]string{halfway(db)}, nil, true},
			{[]string{"'after failures'", "'too'"}, []string{"after failures", "too"}, false},
		} {
			n.Store(0)
			got, err := together(ctx, t, db, tt.expressions...)
			if (err != nil) != tt.fails || !tt.fails && !slices.Equal(got, tt.want) {
				t.Errorf("%v: %v, %v", tt.expressions, got, err)
			}
			if int(n.Load()) != len(tt.expressions) {
				t.Errorf("%v: %d statements", tt.expressions, n.Load())
			}
		}
		if !db.Postgres() {
			return
		}
		// what PostgreSQL is sent at once is one transaction, which has one time
		if got, err := together(ctx, t, db, "NOW()::text", "NOW()::text"); err != nil || got[0] != got[1] {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// TestTogetherAfterALoss begins with the statement that was lost, and does none again.
func TestTogetherAfterALoss(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := new(storetest.Faults)
			db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
			ctx := viewer.NewContext(t.Context(), viewer.System("ten_1"))
			broken := errors.New("broken")
			for _, tt := range []struct {
				fault storetest.Fault
				want  []string
				err   error
			}{
				{storetest.Fault{At: 2, Err: driver.ErrBadConn, Dead: true}, []string{"a", "b", "c"}, nil},
				{storetest.Fault{At: 2, Err: broken}, []string{"a"}, broken},
			} {
				var got []string
				var err error
				_, strikes := faults.During(tt.fault, func() { got, err = together(ctx, t, db, "'a'", "'b'", "'c'") })
				if !slices.Equal(got, tt.want) || !errors.Is(err, tt.err) || strikes != 1 {
					t.Errorf("%v, %v after %d losses", got, err, strikes)
				}
			}
		})
	}
}

// TestTogetherLeavesNothingOpen: a read that fails does not keep its connection in the past.
func TestTogetherLeavesNothingOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.System("ten_1"))
		r, err := db.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tenants := 0
		all := store.Read{Statement: texts(r), Row: func(*store.Rows) error { tenants++; return nil }}
		from, n := r.From("tenants", "n")
		others := store.Read{Statement: from.Select(n.C("country")), Row: func(*store.Rows) error { return nil }}
		refused := errors.New("refused")
		for name, failing := range map[string]store.Read{
			"nonsense":        {Statement: one(r, "missing"), Row: func(*store.Rows) error { return nil }},
			"a row refused":   {Statement: one(r, "'b'"), Row: func(*store.Rows) error { return refused }},
			"a row not there": {Statement: one(r, halfway(db)), Row: func(*store.Rows) error { return nil }},
		} {
			if err := db.InTx(ctx, add("ten_1")); err != nil {
				t.Fatal(err)
			}
			if err := r.Together(ctx, all, failing, others); err == nil {
				t.Errorf("%s: no error", name)
			}
			if err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "DELETE FROM tenants")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			tenants = 0
			if err := r.Together(ctx, all); err != nil || tenants != 0 {
				t.Errorf("after %s there are still %d tenants, %v", name, tenants, err)
			}
		}
	})
}

// TestNothingIsBegunTooLate: what is not watched meanwhile is not begun when there is no time left.
func TestNothingIsBegunTooLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(viewer.NewContext(t.Context(), viewer.System("ten_1")))
		r, err := db.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		last := store.Read{Statement: one(r, "'a'"), Row: func(*store.Rows) error { n++; cancel(); return nil }, AtMost: 1}
		if db.Postgres() {
			return // it is sent all at once
		}
		if err := r.Together(ctx, last, last); fault.CodeOf(err) != fault.Unavailable || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}
