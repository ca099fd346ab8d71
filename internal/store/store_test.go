package store_test

import (
	"context"
	"errors"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

func TestInTx(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		insert := func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.Create().SetID("ten_a").SetName("A").SetNameKey("a").SetSearchKey("a").SetDomain("a.example").
				SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale("en").Exec(ctx)
		}
		stop := errors.New("stop")
		err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return errors.Join(insert(ctx, tx), stop) })
		if !errors.Is(err, stop) {
			t.Fatalf("got %v, want the function's own error", err)
		}
		if n := db.Client().Tenant.Query().CountX(ctx); n != 0 {
			t.Fatalf("%d tenants after a rollback", n)
		}
		if err := db.InTx(ctx, insert); err != nil {
			t.Fatal(err)
		}
		if err := db.InTx(ctx, insert); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("got %v, want CONFLICT for a row that is there already", err)
		}
	})
}

func TestWallFailsClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if _, err := db.Client().User.Query().Count(ctx); err == nil {
			t.Error("a query without a viewer was answered")
		}
		if _, err := db.Client().User.Delete().Exec(ctx); err == nil {
			t.Error("a mutation without a viewer was done")
		}
		if _, err := db.Reader(ctx); err == nil {
			t.Error("there is a reader without a viewer")
		}
		ctx = viewer.NewContext(ctx, viewer.System("ten_a"))
		if _, err := db.Client().User.Query().Count(ctx); err != nil {
			t.Errorf("a query with a viewer: %v", err)
		}
	})
}
