package purchasing

import (
	"testing"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/pace"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement.
func TestEveryStatementFails(t *testing.T) {
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "Cancel, a take-over", Ready: breakCancel(selfService)},
		takeovertest.Operation{Name: "Cancel, a central one", Ready: breakCancel(central)},
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
