package takeover

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"purser/ent"
	"purser/ent/notification"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

func TestRequestCancellation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		avery, blake := b.User(t), b.User(t, func(u *ent.UserCreate) { u.SetDisplayName("Blake\r\nBcc: everyone@contoso.example") })
		first, second := b.Purchase(t, selfService, 5, nil, boughtBy(avery)), b.Purchase(t, selfService, 7, nil, boughtBy(blake), status("EXPIRED"))
		third := b.Purchase(t, selfService, 3, b.Users(t, 2), boughtBy(avery))
		message := "We have it centrally now.\nPlease cancel by Friday."
		mails, err := b.s.RequestCancellation(b.As(t, b.Admin, viewer.BillingAdmin), []string{first, second, third}, &message)
		if err != nil || len(mails) != 2 {
			t.Fatalf("mails %v: %v", mails, err)
		}
		for i, want := range []struct {
			to        string
			purchases int
		}{{avery, 2}, {blake, 1}} {
			m := b.DB.Client().Notification.Query().Where(notification.ID(mails[i])).WithPurchases().OnlyX(b.System(t))
			if m.ToID != want.to || m.Kind != "CANCELLATION_REQUESTED" || len(m.Edges.Purchases) != want.purchases || !strings.Contains(m.Body, "Please cancel by Friday.") {
				t.Errorf("mail %d: %s to %s about %d purchases:\n%s", i, m.Kind, m.ToID, len(m.Edges.Purchases), m.Body)
			}
			if strings.Contains(m.Subject+m.Body+m.HTML, "\r") || strings.Contains(m.Body, "\nBcc:") {
				t.Errorf("a name broke out of its line:\n%s", m.Body)
			}
		}
		for _, p := range []string{first, second, third} {
			if got := fmt.Sprint(b.Events(t, p)); got != "[purchase.asked]" {
				t.Errorf("events of %s: %s", p, got)
			}
			if b.Get(t, p).Status == "DELETED" {
				t.Error("asking cancelled a purchase")
			}
		}
	})
}

// TestRequestCancellationMeanwhile changes a purchase after the mails were written and before they are queued: they say
// how it is then. One that is cancelled meanwhile is refused.
func TestRequestCancellationMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ent.PurchaseUpdate)
		want   string
	}{
		"more seats": {func(u *ent.PurchaseUpdate) { u.SetQuantity(987) }, ""},
		"cancelled":  {func(u *ent.PurchaseUpdate) { u.SetStatus("DELETED").SetCancellationCause("PURCHASER") }, "WRONG_STATUS purchaseIds.0"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				p := b.Purchase(t, selfService, 5, nil)
				change := sync.OnceFunc(func() { b.Set(t, p, c.change) })
				own := *b.World
				own.DB = openTraced(t, db.URL(), func(statement string) {
					if strings.Contains(statement, `FROM "tenants"`) || strings.Contains(statement, "FROM `tenants`") { // the last that a mail is written of
						change()
					}
				})
				mails, err := newService(&own).RequestCancellation(b.As(t, b.Admin, viewer.BillingAdmin), []string{p}, nil)
				if got := paths(t, err); got != c.want {
					t.Fatalf("%s, want %s", got, c.want)
				}
				for _, m := range b.DB.Client().Notification.Query().AllX(b.System(t)) {
					if c.want != "" || m.ID != mails[0] || !strings.Contains(m.Body, "987") {
						t.Errorf("queued is\n%s", m.Body)
					}
				}
			})
		})
	}
}

func TestRequestCancellationRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		fine := b.Purchase(t, selfService, 5, nil)
		moving := b.Purchase(t, selfService, 1, nil)
		b.move(t, moving, b.Purchase(t, central, 1, nil))
		long, longest := strings.Repeat("ü", 2001), strings.Repeat("ü", 2000)
		for _, c := range []struct {
			name      string
			purchases []string
			message   *string
			want      string
		}{
			{"none", nil, nil, "INVALID purchaseIds"},
			{"too many", make([]string, 1001), nil, "INVALID purchaseIds"},
			{"long message", []string{fine}, &long, "INVALID message"},
			{"twice", []string{fine, fine}, nil, "INVALID purchaseIds.1"},
			{"everything else", []string{
				b.IDs.New(id.Purchase), takeovertest.New(t, db, "en").Purchase(t, selfService, 1, nil), fine,
				b.Purchase(t, selfService, 1, nil, status("DELETED")), b.Purchase(t, selfService, 1, nil, status("DISABLED")),
				b.Purchase(t, central, 1, nil), moving,
				b.Purchase(t, selfService, 1, nil, boughtBy(b.User(t, removed))), b.Purchase(t, selfService, 1, nil, boughtBy(b.User(t, blocked))),
			}, &longest, "NOT_FOUND purchaseIds.0, NOT_FOUND purchaseIds.1, WRONG_STATUS purchaseIds.3, WRONG_STATUS purchaseIds.4, " +
				"NOT_SELF_SERVICE purchaseIds.5, MOVE_IN_PROGRESS purchaseIds.6, NOT_ELIGIBLE purchaseIds.7, NOT_ELIGIBLE purchaseIds.8"},
		} {
			t.Run(c.name, func(t *testing.T) {
				mails, err := b.s.RequestCancellation(b.As(t, b.Admin, viewer.GlobalAdmin), c.purchases, c.message)
				if got := paths(t, err); got != c.want || mails != nil {
					t.Errorf("%v %s\nwant %s", mails, got, c.want)
				}
			})
		}
		for _, r := range []viewer.Role{viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader, viewer.Member} {
			if _, err := b.s.RequestCancellation(b.As(t, b.Admin, r), []string{fine}, nil); paths(t, err) != "FORBIDDEN " {
				t.Errorf("%s: %v", r, err)
			}
		}
		if n := b.DB.Client().Notification.Query().CountX(b.System(t)); n != 0 {
			t.Errorf("refusals queued %d mails", n)
		}
	})
}
