package purchasing

import (
	"context"
	"testing"
	"time"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/pace"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement.
func TestEveryStatementFails(t *testing.T) {
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "Cancel, a take-over", Ready: breakCancel(selfService)},
		takeovertest.Operation{Name: "Cancel, a central one", Ready: breakCancel(central)},
		takeovertest.Operation{Name: "BuySelfService", Ready: breakBuying(model.PurchaseKindPaid)},
		takeovertest.Operation{Name: "BuySelfService, a trial", Ready: breakBuying(model.PurchaseKindTrialWithPaymentMethod)},
		takeovertest.Operation{Name: "BuyCentrally", Ready: breakBuyingCentrally},
		takeovertest.Operation{Name: "ChangeQuantity", Ready: breakChange("", func(ctx context.Context, s *Service, p string) error { return s.ChangeQuantity(ctx, p, 7) })},
		takeovertest.Operation{Name: "SetRecurringBilling", Ready: breakChange("", func(ctx context.Context, s *Service, p string) error { return s.SetRecurringBilling(ctx, p, false) })},
		takeovertest.Operation{Name: "Reactivate", Ready: breakChange(fault.WrongStatus, func(ctx context.Context, s *Service, p string) error { return s.Reactivate(ctx, p) })},
		takeovertest.Operation{Name: "a batch of a sweep", Ready: breakSweep},
		takeovertest.Operation{Name: "first release", Ready: breakRelease(0)},
		takeovertest.Operation{Name: "last release", Ready: breakRelease(3)},
	)
}

func breakCancel(source model.PurchaseSource) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s, feedback := newService(w), "bought for everybody"
		c := Cancellation{PurchaseID: w.Purchase(t, source, 5, w.Users(t, 4), by(w.User(t))), Reason: model.CancellationReasonCentralized, Feedback: &feedback}
		cancel := func() error {
			_, err := s.Cancel(w.As(t, w.Admin, viewer.GlobalAdmin), c)
			return err
		}
		return takeovertest.Steps{Do: cancel, Next: func(t *testing.T, done bool) {
			t.Helper()
			if err := cancel(); done && fault.CodeOf(err) != fault.WrongStatus || !done && err != nil {
				t.Errorf("once more, done before %v: %v", done, err)
			}
		}}
	}
}

// breakRelease breaks the clearing away of seven licenses, two at a time, after so many steps.
func breakRelease(others int) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s := newService(w)
		s.pace = pace.New(2)
		p := duePurchase{id: w.Purchase(t, selfService, 9, w.Users(t, 7)), tenant: w.Tenant}
		w.Set(t, p.id, func(u *ent.PurchaseUpdate) { u.SetStatus("DELETED").SetAssigned(0).SetReleasing(true) })
		ctx, after := w.System(t), ""
		for range others {
			var err error
			if _, after, err = s.releaseSome(ctx, p, after); err != nil {
				t.Fatal(err)
			}
		}
		return takeovertest.Steps{
			Do: func() error { _, _, err := s.releaseSome(ctx, p, after); return err },
			Next: func(t *testing.T, _ bool) {
				t.Helper()
				if err := s.Release(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.Holders(t, p.id)
				if w.Get(t, p.id).Releasing {
					t.Error("it is not done")
				}
			},
		}
	}
}

// stocked fills a world with a product that is sold, and an administrator of each kind who is told what is bought.
func stocked(t *testing.T, w *takeovertest.World) *Service {
	t.Helper()
	setProduct(t, w, func(p *ent.ProductUpdateOne) { p.SetListPrice(140000) })
	w.User(t, roles(viewer.GlobalAdmin))
	w.User(t, roles(viewer.BillingAdmin))
	return newService(w)
}

// breakBuying breaks what a user buys. A trial is sold once; what is paid for as often as it is asked for, so that
// a caller who was not told looks first.
func breakBuying(kind model.PurchaseKind) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s := stocked(t, w)
		ctx, o := w.As(t, w.User(t), viewer.Member), Order{ProductID: w.Product, Quantity: 2, Kind: kind, Term: model.BillingTermMonthly}
		buy := func() error { _, err := s.BuySelfService(ctx, o); return err }
		return takeovertest.Steps{Do: buy, Next: func(t *testing.T, done bool) {
			t.Helper()
			if !done || o.trial() {
				if err := buy(); done && fault.CodeOf(err) != fault.NotEligible || !done && err != nil {
					t.Errorf("once more, done before %v: %v", done, err)
				}
			}
			if n := w.DB.Client().Purchase.Query().CountX(w.System(t)); n != 1 {
				t.Errorf("%d purchases", n)
			}
		}}
	}
}

func breakBuyingCentrally(t *testing.T, w *takeovertest.World) takeovertest.Steps {
	t.Helper()
	s := stocked(t, w)
	ctx, o := w.As(t, w.Admin, viewer.BillingAdmin), Order{ProductID: w.Product, Quantity: 2, Term: model.BillingTermAnnual}
	buy := func() error { _, err := s.BuyCentrally(ctx, o); return err }
	return takeovertest.Steps{Do: buy, Next: func(t *testing.T, done bool) {
		t.Helper()
		if !done {
			if err := buy(); err != nil {
				t.Error(err)
			}
		}
	}}
}

// breakChange breaks a change of an EXPIRED trial of a user's; done is how it is refused once more, "" where it then
// changes nothing.
func breakChange(done fault.Code, do func(context.Context, *Service, string) error) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s, avery := stocked(t, w), w.User(t)
		p := w.Purchase(t, selfService, 9, w.Users(t, 4), by(avery), status("EXPIRED"), func(p *ent.PurchaseCreate) {
			p.SetKind(string(model.PurchaseKindTrialWithPaymentMethod)).SetExpiresAt(instant.From(w.Clock.Now().Add(-time.Hour)))
		})
		change := func() error { return do(w.As(t, avery, viewer.Member), s, p) }
		return takeovertest.Steps{Do: change, Next: func(t *testing.T, was bool) {
			t.Helper()
			if err := change(); was && fault.CodeOf(err) != done || !was && err != nil {
				t.Errorf("once more, done before %v: %v", was, err)
			}
		}}
	}
}

// breakSweep breaks a batch in which everything happens that time brings: a purchase renews, a trial is converted,
// others lapse, one with its licenses, and somebody is told.
func breakSweep(t *testing.T, w *takeovertest.World) takeovertest.Steps {
	t.Helper()
	s, users := stocked(t, w), w.Users(t, 3)
	const day = 24 * time.Hour
	in := func(d time.Duration, kind model.PurchaseKind, renews bool) func(*ent.PurchaseCreate) {
		now := w.Clock.Now()
		return func(p *ent.PurchaseCreate) {
			p.SetKind(string(kind)).SetRecurringBilling(renews).SetPurchasedAt(instant.From(now.AddDate(-1, 0, 0))).SetExpiresAt(instant.From(now.Add(d)))
		}
	}
	paid, trial := model.PurchaseKindPaid, model.PurchaseKindTrialWithPaymentMethod
	due := []string{
		w.Purchase(t, central, 5, users, in(-day, paid, true)),
		w.Purchase(t, selfService, 5, users, in(-day, trial, true)),
		w.Purchase(t, central, 5, users, in(-day, paid, false)),
		w.Purchase(t, central, 5, users, in(-200*day, paid, false)),
		w.Purchase(t, central, 5, users, in(5*day, paid, false)),
		w.Purchase(t, selfService, 5, users, in(5*day, paid, false), by(users[0])),
	}
	sweep := func() error { _, err := s.sweepSome(w.System(t), due); return err }
	return takeovertest.Steps{Do: sweep, Next: func(t *testing.T, done bool) {
		t.Helper()
		n, err := s.sweepSome(w.System(t), due)
		if want := map[bool]int{false: len(due), true: 0}[done]; err != nil || n != want {
			t.Errorf("once more, done before %v: %d, %v", done, n, err)
		}
		if late := w.DB.Client().Purchase.Query().Where(purchase.DueAtLTE(instant.From(w.Clock.Now())), purchase.StatusNEQ("DELETED")).CountX(w.System(t)); late > 0 {
			t.Errorf("%d are still due", late)
		}
		w.Holders(t, due[3])
	}}
}
