package bulk_test

import (
	"context"
	"fmt"
	"testing"

	"purser/ent"
	"purser/internal/bulk"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

func users(n int, name string) []*ent.User {
	list := make([]*ent.User, n)
	for i := range list {
		list[i] = &ent.User{
			ID: fmt.Sprintf("usr_%04d", i), DisplayName: fmt.Sprintf("%s %04d", name, i),
			UserPrincipalName: fmt.Sprintf("u%d@a.example", i), Locale: "en", Kind: "MEMBER", AccountEnabled: true,
		}
		bulk.KeyUser(list[i])
	}
	return list
}

func TestUsers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := viewer.NewContext(t.Context(), viewer.System("ten_a"))
		write := func(ctx context.Context, list []*ent.User) error {
			return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return bulk.Users(ctx, tx, list) })
		}
		for _, tenant := range []string{"ten_a", "ten_b"} {
			err := db.Client().Tenant.Create().SetID(tenant).SetName(tenant).SetNameKey(tenant).SetSearchKey(tenant).SetDomain(tenant).
				SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("SE").SetLocale("sv").Exec(ctx)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := write(t.Context(), users(1, "A")); err == nil {
			t.Error("users were written without a viewer")
		}
		for _, name := range []string{"Old", "New"} { // more than one statement takes, then the same again
			if err := write(ctx, users(1001, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(viewer.NewContext(t.Context(), viewer.System("ten_b")), users(1, "Foreign")); err != nil {
			t.Fatal(err)
		}
		all := db.Client().User.Query().Order(ent.Asc("id")).AllX(ctx)
		if len(all) != 1001 {
			t.Fatalf("%d users, want 1001", len(all))
		}
		for i, u := range all {
			if want := fmt.Sprintf("New %04d", i); u.DisplayName != want || u.NameKey != fmt.Sprintf("new %04d", i) {
				t.Errorf("got %s, want %s", u.DisplayName, want)
			}
		}
	})
}
