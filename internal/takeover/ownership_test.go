package takeover

import (
	"fmt"
	"testing"

	"purser/ent"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

func boughtBy(user string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) {
		p.SetPurchaserID(user).SetPurchaserKey("avery").SetSearchKey("power bi pro\navery")
	}
}

func TestTakeOwnership(t *testing.T) {
	for _, by := range []string{"an admin", "a service"} {
		t.Run(by, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				users, purchaser, admin := b.Users(t, 3), b.User(t), b.Admin
				if by == "a service" {
					admin = ""
				}
				taken := b.Purchase(t, selfService, 5, users, boughtBy(purchaser))
				before := b.Get(t, taken)
				if err := b.s.TakeOwnership(b.As(t, admin, viewer.BillingAdmin), taken); err != nil {
					t.Fatal(err)
				}
				p := b.Get(t, taken)
				if p.Source != "CENTRAL" || p.Status != "ACTIVE" || p.OwnershipTakenAt == nil || deref(p.PurchaserID) != admin {
					t.Errorf("%s, %s, bought by %v", p.Source, p.Status, p.PurchaserID)
				}
				if admin != "" && p.SearchKey != "power bi pro\navery" || admin == "" && p.SearchKey != "power bi pro" {
					t.Errorf("found by %q", p.SearchKey)
				}
				if p.Quantity != before.Quantity || p.UnitPrice != before.UnitPrice || p.ExpiresAt != before.ExpiresAt || p.RecurringBilling != before.RecurringBilling {
					t.Errorf("something else changed: %v", p)
				}
				b.Holders(t, taken, users...)
				b.Check(t)
				if got := fmt.Sprint(b.Events(t, taken)); got != "[purchase.taken]" {
					t.Errorf("events: %s", got)
				}
				mail := b.DB.Client().Notification.Query().OnlyX(b.System(t))
				if mail.ToID != purchaser || mail.Kind != "OWNERSHIP_TAKEN" || mail.Status != "QUEUED" {
					t.Errorf("mail %s to %s: %s", mail.Kind, mail.ToID, mail.Status)
				}
				// it is a target like any other central one now, and no source
				b.move(t, b.Purchase(t, selfService, 2, b.Users(t, 2)), taken)
				work(t.Context(), b.s)
				b.Check(t)
				if err := b.s.TakeOwnership(b.As(t, admin, viewer.BillingAdmin), taken); paths(t, err) != "NOT_SELF_SERVICE purchaseId" {
					t.Errorf("taken twice: %v", err)
				}
			})
		})
	}
}

func TestTakeOwnershipRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		foreign := takeovertest.New(t, db, "en").Purchase(t, selfService, 1, nil)
		moving := b.Purchase(t, selfService, 1, nil)
		b.move(t, moving, b.Purchase(t, central, 1, nil))
		for _, c := range []struct{ name, purchase, want string }{
			{"unknown", b.IDs.New(id.Purchase), "NOT_FOUND purchaseId"},
			{"foreign", foreign, "NOT_FOUND purchaseId"},
			{"malformed", "nonsense", "NOT_FOUND purchaseId"},
			{"deleted", b.Purchase(t, selfService, 1, nil, status("DELETED")), "WRONG_STATUS purchaseId"},
			{"deleted and central", b.Purchase(t, central, 1, nil, status("DELETED")), "WRONG_STATUS purchaseId"},
			{"central", b.Purchase(t, central, 1, nil), "NOT_SELF_SERVICE purchaseId"},
			{"moving", moving, "MOVE_IN_PROGRESS purchaseId"},
		} {
			if err := b.s.TakeOwnership(b.As(t, b.Admin, viewer.GlobalAdmin), c.purchase); paths(t, err) != c.want {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
		}
		own := b.Purchase(t, selfService, 1, nil)
		for r, want := range map[viewer.Role]string{
			viewer.LicenseAdmin: "FORBIDDEN purchaseId", viewer.UserAdmin: "FORBIDDEN purchaseId", viewer.GlobalReader: "FORBIDDEN purchaseId", viewer.Member: "FORBIDDEN purchaseId",
		} {
			if err := b.s.TakeOwnership(b.As(t, b.Admin, r), own); paths(t, err) != want {
				t.Errorf("%s: %v, want %s", r, err, want)
			}
		}
		if err := b.s.TakeOwnership(b.As(t, b.User(t), viewer.Member), own); paths(t, err) != "NOT_FOUND purchaseId" {
			t.Errorf("a member who does not see it: %v", err)
		}
		if n := b.DB.Client().Notification.Query().CountX(b.System(t)); n != 0 {
			t.Errorf("refusals queued %d mails", n)
		}
	})
}
