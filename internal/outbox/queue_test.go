package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// queue queues a mail to a user, and returns it.
func queue(t *testing.T, w *takeovertest.World, to string, about outbox.Content) *ent.Notification {
	t.Helper()
	box := outbox.New(w.IDs, w.Clock.Now)
	var queued string
	w.InTx(t, func(ctx context.Context, tx *store.Tx) (err error) {
		queued, err = box.Queue(ctx, tx, outbox.Mail{To: to, About: about})
		return err
	})
	return w.DB.Client().Notification.GetX(w.System(t), queued)
}

// day is when what the mails tell of happened.
var day = instant.From(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))

func TestQueueLanguages(t *testing.T) {
	about := outbox.SubscriptionCanceled{
		Purchase: "pur_1", At: day, Subscription: "Power BI Pro", Seats: 12500, Users: 1234, By: "Ada Admin",
		Reason: model.CancellationReasonCentralized, MovedTo: "Power BI Premium",
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			user, tenant, locale, subject string
			says                          []string
		}{
			{"en-GB", "nl", "en", "Your subscription Power BI Pro was cancelled", []string{
				"Hello Avery", "On January 31, 2026, Ada Admin took over", "bought at Contoso", "Seats: 12,500\n", "Reason: The organization now provides it centrally.\n",
				"Reference: pur_1", "1,234 users now have a license of Power BI Premium",
			}},
			{"nl-BE", "en", "nl", "Je abonnement op Power BI Pro is opgezegd", []string{
				"Op 31 januari 2026 heeft Ada Admin", "Aantal licenties: 12.500\n", "Reden: De organisatie biedt het nu centraal aan.\n", "1.234 gebruikers hebben nu een licentie van Power BI Premium",
			}},
			{"de", "en", "de", "Ihr Abonnement Power BI Pro wurde gekündigt", []string{
				"am 31. Januar 2026 hat Ada Admin", "Anzahl der Lizenzen: 12.500\n", "Grund: Die Organisation stellt es jetzt zentral bereit.\n", "1.234 Benutzer haben jetzt eine Lizenz für Power BI Premium",
			}},
			{"zh", "en", "zh-CN", "您的订阅“Power BI Pro”已被取消", []string{
				"2026年1月31日，Ada Admin 接管了", "许可证数量：12,500\n", "原因：现由组织统一提供。\n", "1,234 位用户现在拥有由 Contoso 管理的“Power BI Premium”的许可证",
			}},
			{"fr", "de-CH", "de", "Ihr Abonnement Power BI Pro wurde gekündigt", nil},
			{"zh-TW", "nl", "nl", "Je abonnement op Power BI Pro is opgezegd", nil},
			{"not a locale!", "fr", "en", "Your subscription Power BI Pro was cancelled", nil},
		} {
			t.Run(c.user+" in "+c.tenant, func(t *testing.T) {
				w := takeovertest.New(t, db, c.tenant)
				n := queue(t, w, w.User(t, func(u *ent.UserCreate) { u.SetLocale(c.user) }), about)
				if n.QueuedAt != n.DueAt || n.QueuedAt != day || n.Attempts != 0 || n.HTML == "" {
					t.Errorf("queued at %v, due at %v, %d attempts", n.QueuedAt, n.DueAt, n.Attempts)
				}
				if n.Locale != c.locale || n.Subject != c.subject || n.Status != "QUEUED" || n.Kind != "SUBSCRIPTION_CANCELED" || n.LastError != nil {
					t.Errorf("%s %s in %s: %q (%v)", n.Status, n.Kind, n.Locale, n.Subject, n.LastError)
				}
				for _, s := range c.says {
					if !strings.Contains(n.Body, s) {
						t.Errorf("does not say %q:\n%s", s, n.Body)
					}
				}
			})
		}
	})
}

// TestEveryReasonIsSaid tells each reason from the others, in every language.
func TestEveryReasonIsSaid(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	for _, locale := range []string{"en", "nl", "de", "zh-CN"} {
		to := w.User(t, func(u *ent.UserCreate) { u.SetLocale(locale) })
		seen := map[string]model.CancellationReason{}
		for _, r := range model.AllCancellationReason {
			body := queue(t, w, to, outbox.SubscriptionCanceled{Subscription: "Visio", Seats: 1, Users: 1, By: "Ada", Reason: r}).Body
			if other, ok := seen[body]; ok {
				t.Errorf("%s: %s says the same as %s", locale, r, other)
			}
			seen[body] = r
		}
	}
}

func TestQueueWholeMail(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	n := queue(t, w, w.User(t), outbox.SubscriptionCanceled{
		Purchase: "pur_1", At: day, Subscription: "Visio\r\nBcc: all@contoso.example", Seats: 1, Users: 1, By: "Ada\n\nPS: send money", Reason: model.CancellationReasonPolicy,
	})
	if want := "Your subscription Visio Bcc: all@contoso.example was cancelled"; n.Subject != want {
		t.Errorf("subject %q, want %q", n.Subject, want)
	}
	want := `Hello Avery,

On January 31, 2026, Ada PS: send money took over a subscription that you had bought at Contoso, and cancelled it.

Subscription: Visio Bcc: all@contoso.example
Seats: 1
Reason: The organization's rules do not allow it.
Reference: pur_1

1 user has lost their license.

You do not have to do anything. If you have questions, ask the administrators of Contoso.
`
	if diff := cmp.Diff(want, n.Body); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	nobody := queue(t, w, w.User(t), outbox.SubscriptionCanceled{Subscription: "Visio", MovedTo: "Visio Plan 2", Reason: model.CancellationReasonOther})
	if !strings.Contains(nobody.Body, "Nobody held a license of it any more.\n") {
		t.Errorf("body without users:\n%s", nobody.Body)
	}
}

func TestQueueWithoutAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "nl")
		for name, to := range map[string]string{
			"none":  w.User(t, func(u *ent.UserCreate) { u.SetNillableMail(nil); u.Mutation().ClearMail() }),
			"empty": w.User(t, func(u *ent.UserCreate) { u.SetMail("") }),
		} {
			n := queue(t, w, to, outbox.SubscriptionCanceled{Subscription: "Visio", Reason: model.CancellationReasonOther})
			if n.Status != "FAILED" || n.LastError == nil || !strings.Contains(*n.LastError, "no mail address") || n.Subject == "" {
				t.Errorf("%s: %s, %v", name, n.Status, n.LastError)
			}
		}
	})
}

// TestQueueKeepsTheWall cannot write to somebody in another tenant, and to nobody without a viewer.
func TestQueueKeepsTheWall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, other := takeovertest.New(t, db, "en"), takeovertest.New(t, db, "en")
		box := outbox.New(w.IDs, w.Clock.Now)
		mail := outbox.Mail{To: other.User(t), About: outbox.SubscriptionCanceled{}}
		err := db.InTx(w.System(t), func(ctx context.Context, tx *store.Tx) error {
			_, err := box.Queue(ctx, tx, mail)
			return err
		})
		if fault.CodeOf(err) != fault.Internal || !strings.Contains(err.Error(), "nobody in this tenant") {
			t.Errorf("to a stranger: %v", err)
		}
		err = db.InTx(viewer.NewContext(t.Context(), viewer.Viewer{}), func(ctx context.Context, tx *store.Tx) error {
			_, err := box.Queue(ctx, tx, mail)
			return err
		})
		if fault.CodeOf(err) != fault.Internal {
			t.Errorf("without a viewer: %v", err)
		}
	})
}

// TestQueueAll queues many mails with few statements, and tells which is which.
func TestQueueAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const many = 1100
		w := takeovertest.New(t, db, "en")
		box, users := outbox.New(w.IDs, w.Clock.Now), w.Users(t, many)
		purchases := []string{w.Purchase(t, model.PurchaseSourceSelfService, 1, nil), w.Purchase(t, model.PurchaseSourceSelfService, 1, nil)}
		mails := make([]outbox.Mail, many)
		product := func(i int) string { return fmt.Sprint("Product ", i) }
		for i := range mails {
			mails[i] = outbox.Mail{To: users[i], Purchases: purchases, About: outbox.OwnershipTaken{Subscription: product(i), At: day}}
		}
		var ids []string
		statements := func(n int) int64 {
			ctx, count := store.CountStatements(w.System(t))
			err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				ids, err = box.QueueAll(ctx, tx, mails[:n])
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return count.Load()
		}
		// recipients, tenant, notifications, links: 1000, 1, 500 and 500 at a time
		if one, all := statements(1), statements(many); one != 4 || all != 2+1+3+5 {
			t.Errorf("one mail takes %d statements, %d take %d", one, many, all)
		}
		list := db.Client().Notification.Query().Order(ent.Asc("id")).WithPurchases().AllX(w.System(t))
		list = slices.DeleteFunc(list, func(n *ent.Notification) bool { return !slices.Contains(ids, n.ID) })
		if len(ids) != many || len(list) != many {
			t.Fatalf("%d ids and %d notifications", len(ids), len(list))
		}
		for i, n := range list {
			if n.ID != ids[i] || n.ToID != users[i] || !strings.Contains(n.Subject, product(i)) || len(n.Edges.Purchases) != 2 {
				t.Fatalf("mail %d is %s to %s about %d purchases: %s", i, n.ID, n.ToID, len(n.Edges.Purchases), n.Subject)
			}
		}
		w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			if ids, err := box.QueueAll(ctx, tx, nil); err != nil || len(ids) != 0 {
				t.Errorf("no mails: %v, %v", ids, err)
			}
			return nil
		})
	})
}
