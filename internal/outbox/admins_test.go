package outbox_test

import (
	"context"
	"slices"
	"testing"

	"purser/ent"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestAdmins finds who holds a role and is there, in one statement.
func TestAdmins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		user := func(roles []viewer.Role, change ...func(*ent.UserCreate)) string {
			return w.User(t, append(change, func(u *ent.UserCreate) { u.SetRoles(viewer.SetOf(roles...)) })...)
		}
		global := user([]viewer.Role{viewer.GlobalAdmin})
		billing := user([]viewer.Role{viewer.LicenseAdmin, viewer.BillingAdmin, viewer.GlobalReader})
		license := user([]viewer.Role{viewer.LicenseAdmin})
		user([]viewer.Role{viewer.GlobalAdmin}, func(u *ent.UserCreate) { u.SetRemoved(true) })
		user([]viewer.Role{viewer.GlobalAdmin}, func(u *ent.UserCreate) { u.SetAccountEnabled(false) })
		user([]viewer.Role{viewer.GlobalReader, viewer.UserAdmin})
		foreign := takeovertest.New(t, db, "en")
		foreign.User(t, func(u *ent.UserCreate) { u.SetRoles(viewer.SetOf(viewer.GlobalAdmin)) })
		admins := func(roles ...viewer.Role) (ids []string) {
			w.InTx(t, func(ctx context.Context, tx *store.Tx) (err error) {
				ctx, n := store.CountStatements(ctx)
				ids, err = outbox.Admins(ctx, tx, roles...)
				if n.Load() != 1 {
					t.Errorf("%d statements", n.Load())
				}
				return err
			})
			return ids
		}
		for _, c := range []struct {
			roles []viewer.Role
			want  []string
		}{
			{[]viewer.Role{viewer.GlobalAdmin}, []string{global}},
			{[]viewer.Role{viewer.GlobalAdmin, viewer.BillingAdmin}, []string{global, billing}},
			{[]viewer.Role{viewer.LicenseAdmin}, []string{billing, license}},
			{nil, nil},
		} {
			if got := admins(c.roles...); !slices.Equal(got, c.want) {
				t.Errorf("%v: %v, want %v", c.roles, got, c.want)
			}
		}
		for range 110 {
			user([]viewer.Role{viewer.UserAdmin})
		}
		if n := len(admins(viewer.UserAdmin)); n != 100 {
			t.Errorf("%d are told of one thing, want 100", n)
		}
	})
}
