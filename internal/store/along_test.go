package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// TestAlong sends a read along with the first statements: once, ahead of them, and in their round trip.
func TestAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		along := func(query string) (ctx context.Context, a *store.Along, got *[]string) {
			got = new([]string)
			ctx, a = store.WithAlong(viewer.NewContext(t.Context(), viewer.System("ten_1")), query, []any{"along"}, func(rows *store.Rows) error {
				var s string
				err := rows.Scan(&s)
				*got = append(*got, s)
				return err
			})
			return ctx, a, got
		}
		ctx, a, got := along("SELECT CAST(? AS TEXT)")
		ctx, n := store.CountStatements(ctx)
		if a.Arrived() {
			t.Error("arrived before anything was read")
		}
		first, err := together(ctx, t, db, "'a'", "'b'")
		second, err2 := together(ctx, t, db, "'c'")
		if all := slices.Concat(first, second); errors.Join(err, err2) != nil || !slices.Equal(all, []string{"a", "b", "c"}) {
			t.Errorf("%v, %v, %v", all, err, err2)
		}
		if !a.Arrived() || !slices.Equal(*got, []string{"along"}) || n.Load() != 4 {
			t.Errorf("arrived: %v, %v, with %d statements", a.Arrived(), *got, n.Load())
		}
		for name, query := range map[string]string{"it fails": "SELECT missing, ?", "it cannot be taken": "SELECT NULL WHERE CAST(? AS TEXT) <> ''"} {
			ctx, a, _ := along(query)
			if _, err := together(ctx, t, db, "'a'"); err == nil || a.Arrived() {
				t.Errorf("%s: %v, arrived: %v", name, err, a.Arrived())
			}
		}
		ctx, a, _ = along("SELECT CAST(? AS TEXT)")
		if _, err := together(ctx, t, db, "missing"); err == nil || a.Arrived() {
			t.Errorf("with what fails: %v, arrived: %v", err, a.Arrived())
		}
		ctx, _, got = along("SELECT CAST(? AS TEXT)")
		r, err := db.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Query(ctx, one(r, "'a'"), func(*store.Rows) error { *got = append(*got, "a"); return nil }); err != nil || !slices.Equal(*got, []string{"along", "a"}) {
			t.Errorf("%v, %v", *got, err)
		}
		if !db.Postgres() {
			return
		}
		ctx, _, got = along("SELECT NOW()::text || LEFT(?, 0)")
		if with, err := together(ctx, t, db, "NOW()::text"); err != nil || !slices.Equal(with, *got) {
			t.Errorf("%v in one round trip with %v, %v", *got, with, err)
		}
	})
}
