package store_test

import (
	"context"
	"slices"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// TestReadsOverACutLine reads two things together, with one that goes along, while the line is cut at each message: all of
// it has arrived, or the caller is told.
func TestReadsOverACutLine(t *testing.T) {
	db, line := storetest.OpenLine(t)
	for _, reply := range []bool{false, true} {
		cuts := 0
		for cut := true; cut; cuts++ {
			var got []string
			var err error
			l := &lookUp{query: "SELECT CAST(? AS TEXT)"}
			ctx, a := store.WithAlong(viewer.NewContext(t.Context(), viewer.System("ten_1")), l)
			cut = line.During(storetest.Cut{At: cuts + 1, Reply: reply}, func() { got, err = together(ctx, t, db, "'a'", "'b'") }).Cut
			arrived := a.Arrived() != nil
			switch {
			case err == nil && (!arrived || !slices.Equal(append(l.found, got...), []string{"along", "a", "b"})):
				t.Errorf("cut at %d: %v, %v, arrived: %v", cuts+1, l.found, got, arrived)
			case err != nil && (fault.CodeOf(err) != fault.Unavailable || arrived || !cut):
				t.Errorf("cut at %d: %v, arrived: %v", cuts+1, err, arrived)
			}
		}
		if cuts < 4 {
			t.Errorf("cut %d times", cuts)
		}
	}
}

// TestTheServerGoesAway has PostgreSQL end a connection within a transaction, and not be there at all.
func TestTheServerGoesAway(t *testing.T) {
	db := storetest.OpenPostgres(t)
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := add("ten_a")(ctx, tx); err != nil {
			return err
		}
		var pid int
		if err := tx.ReadRow(ctx, "SELECT pg_backend_pid()::bigint", nil, &pid); err != nil {
			t.Fatal(err)
		}
		err := db.ReadUnwalled(ctx, "SELECT pg_terminate_backend(CAST(? AS INT))", []any{pid}, func(*store.Rows) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(ctx, "UPDATE tenants SET name = name")
		return err
	})
	if n := db.Client().Tenant.Query().CountX(t.Context()); fault.CodeOf(err) != fault.Unavailable || n != 0 {
		t.Errorf("ended within a transaction: %v, %d tenants", err, n)
	}
	if _, err := store.Open(t.Context(), store.Options{URL: "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"}); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("not there: %v, want UNAVAILABLE", err)
	}
}
