package directory_test

import (
	"context"
	"fmt"
	"testing"

	"purser/ent"
	"purser/ent/purchase"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// timed is a small organization with a bought purchase, which is said more of.
func timed(quantity int, rest string) string {
	return fmt.Sprintf(`{"type":"tenant","domain":"timed.example","name":"Timed","country":"US"}
		{"type":"user","userPrincipalName":"a@timed.example","displayName":"A"}
		{"type":"purchase","ref":"p","productId":"CFQ7TTC0HD33","purchaser":"a@timed.example","purchasedAt":"2026-01-05T12:00:00Z","quantity":%d%s}`, quantity, rest)
}

func (b *bundle) inTimed(t *testing.T) context.Context {
	t.Helper()
	tenant, err := b.TenantByDomain(t.Context(), "timed.example")
	if err != nil {
		t.Fatal(err)
	}
	return viewer.NewContext(t.Context(), viewer.System(tenant.ID))
}

// TestDue changes a purchase step by step: its life goes on when it should. It is March 10, 2026.
func TestDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		for i, c := range []struct {
			name, says, due string
			noticed         int
		}{
			{"renews", ``, "2026-02-05T12:00:00Z", 0},
			{"ends later, and does not renew", `,"expiresAt":"2026-05-01T12:00:00Z","recurringBilling":false`, "2026-04-01T12:00:00Z", 0},
			{"the same, of which somebody has been told", `,"expiresAt":"2026-05-01T12:00:00Z"`, "2026-04-24T12:00:00Z", 30},
			{"another term, of which nobody has", `,"expiresAt":"2026-05-02T12:00:00Z"`, "2026-04-02T12:00:00Z", 0},
			{"DISABLED", `,"expiresAt":"2026-02-01T12:00:00Z","status":"DISABLED"`, "2026-06-01T12:00:00Z", 0},
		} {
			if c.noticed > 0 {
				db.Client().Purchase.Update().SetNoticed(c.noticed).ExecX(b.inTimed(t))
			}
			b.load(t, timed(i+1, c.says))
			if p := db.Client().Purchase.Query().OnlyX(b.inTimed(t)); p.DueAt != parse(t, c.due) || p.Noticed != c.noticed {
				t.Errorf("%s: due %s, noticed %d", c.name, p.DueAt, p.Noticed)
			}
		}
	})
}

// TestTimeGoesOn has a file say once more how a purchase stood before time changed it. That changes
// nothing; what it says beyond that does.
func TestTimeGoesOn(t *testing.T) {
	for _, c := range []struct {
		name, says string
		since      func(*testing.T, *ent.PurchaseUpdate)
		quantity   int
		then, want string
	}{
		{
			"lapsed, and about to again", `,"status":"ACTIVE","recurringBilling":false`, func(_ *testing.T, u *ent.PurchaseUpdate) { u.SetStatus("EXPIRED") },
			3, `,"status":"ACTIVE","recurringBilling":false`, "0 updated: PAID EXPIRED 2026-02-05T12:00:00Z 3",
		},
		{
			"lapsed twice", `,"status":"ACTIVE","recurringBilling":false`, func(_ *testing.T, u *ent.PurchaseUpdate) { u.SetStatus("DISABLED") },
			3, `,"status":"ACTIVE","recurringBilling":false`, "0 updated: PAID DISABLED 2026-02-05T12:00:00Z 3",
		},
		{
			"lapsed for good", `,"status":"ACTIVE","expiresAt":"2025-06-05T12:00:00Z","purchasedAt":"2025-01-05T12:00:00Z","recurringBilling":false`,
			func(_ *testing.T, u *ent.PurchaseUpdate) { u.SetStatus("DELETED") },
			3, `,"status":"ACTIVE","expiresAt":"2025-06-05T12:00:00Z","purchasedAt":"2025-01-05T12:00:00Z","recurringBilling":false`, "0 updated: PAID DELETED 2025-06-05T12:00:00Z 3",
		},
		{
			"renewed", `,"expiresAt":"2026-02-05T12:00:00Z"`, func(t *testing.T, u *ent.PurchaseUpdate) {
				t.Helper()
				u.SetExpiresAt(parse(t, "2026-04-05T12:00:00Z"))
			},
			3, `,"status":"ACTIVE","expiresAt":"2026-02-05T12:00:00Z"`, "0 updated: PAID ACTIVE 2026-04-05T12:00:00Z 3",
		},
		{
			"renewed, with more seats", `,"expiresAt":"2026-02-05T12:00:00Z"`, func(t *testing.T, u *ent.PurchaseUpdate) {
				t.Helper()
				u.SetExpiresAt(parse(t, "2026-04-05T12:00:00Z"))
			},
			5, `,"status":"ACTIVE","expiresAt":"2026-02-05T12:00:00Z"`, "1 updated: PAID ACTIVE 2026-04-05T12:00:00Z 5",
		},
		{
			"converted", `,"kind":"TRIAL_WITH_PAYMENT_METHOD"`, func(t *testing.T, u *ent.PurchaseUpdate) {
				t.Helper()
				u.SetKind("PAID").SetExpiresAt(parse(t, "2026-04-04T12:00:00Z"))
			},
			3, `,"kind":"TRIAL_WITH_PAYMENT_METHOD","expiresAt":"2026-02-04T12:00:00Z"`, "0 updated: PAID ACTIVE 2026-04-04T12:00:00Z 3",
		},
		{
			"it ends at another time", `,"expiresAt":"2026-02-05T12:00:00Z"`, func(t *testing.T, u *ent.PurchaseUpdate) {
				t.Helper()
				u.SetExpiresAt(parse(t, "2026-04-05T12:00:00Z"))
			},
			3, `,"expiresAt":"2026-06-06T12:00:00Z"`, "1 updated: PAID ACTIVE 2026-06-06T12:00:00Z 3",
		},
		{
			"it shall not renew", `,"expiresAt":"2026-02-05T12:00:00Z"`, func(t *testing.T, u *ent.PurchaseUpdate) {
				t.Helper()
				u.SetExpiresAt(parse(t, "2026-04-05T12:00:00Z"))
			},
			3, `,"recurringBilling":false`, "1 updated: PAID ACTIVE 2026-04-05T12:00:00Z 3",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				b.load(t, timed(3, c.says))
				u := db.Client().Purchase.Update().Where(purchase.Ref("p"))
				c.since(t, u)
				u.ExecX(b.inTimed(t))
				r := b.load(t, timed(c.quantity, c.then))
				p := db.Client().Purchase.Query().OnlyX(b.inTimed(t))
				if got := fmt.Sprint(r.Purchases.Updated, " updated: ", p.Kind, " ", p.Status, " ", p.ExpiresAt, " ", p.Quantity); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}
