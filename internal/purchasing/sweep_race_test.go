package purchasing

import (
	"context"
	"strings"
	"testing"

	"purser/ent"
	"purser/ent/auditevent"
	"purser/internal/pace"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestStopped drops one service in the middle, and lets another go on.
func TestStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		all := manyDue(t, w, 60)
		s := newService(w)
		s.sweeping = pace.New(10)
		if n, err := s.sweepSome(w.System(t), all[:10]); n != 10 || err != nil {
			t.Fatal(n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Sweep(ctx); err == nil {
			t.Error("a service that was stopped went on")
		}
		sweep(t, newService(w))
		lapsedOnce(t, w, all)
	})
}

// TestTwoServices sweeps the same purchases with several services at once.
func TestTwoServices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		for range 3 {
			all := manyDue(t, w, 120)
			for _, err := range inParallel(4, func(int) error {
				s := newService(w)
				s.sweeping = pace.New(7)
				return s.Sweep(t.Context())
			}) {
				if err != nil {
					t.Error(err)
				}
			}
			lapsedOnce(t, w, all)
		}
		w.Check(t)
	})
}

// manyDue makes purchases whose terms ended long ago, each with a holder; the second half renews.
func manyDue(t *testing.T, w *takeovertest.World, n int) []string {
	t.Helper()
	users, all := w.Users(t, 1), make([]string, n)
	for i := range all {
		all[i] = w.Purchase(t, central, 3, users, ends(w, -121*day), kind(paid, i >= n/2))
	}
	return all
}

// lapsedOnce fails the test unless each has gone through everything once.
func lapsedOnce(t *testing.T, w *takeovertest.World, all []string) {
	t.Helper()
	for i, p := range all {
		status, events := "DELETED", 3
		if i >= len(all)/2 {
			status, events = "ACTIVE", 1
		}
		if got := changesOf(t, w, p); len(got) != events || w.Get(t, p).Status != status {
			t.Errorf("%s: %v", w.Get(t, p).Status, got)
		}
	}
}

// TestOvertaken has purchasers and admins change purchases at the very moment at which they lapse.
func TestOvertaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, ctx, admin := newService(w), t.Context(), w.As(t, w.Admin, viewer.GlobalAdmin)
		for range 15 {
			var all []string
			for range 6 {
				all = append(all, w.Purchase(t, central, 9, w.Users(t, 2), ends(w, -30*day), kind(paid, false), status("EXPIRED")))
			}
			inParallel(1+2*len(all), func(i int) error {
				switch {
				case i == 0:
					return s.Sweep(ctx)
				case i%2 == 0:
					return s.Reactivate(admin, all[i/2-1])
				}
				_, err := s.Cancel(admin, Cancellation{PurchaseID: all[i/2], Reason: "OTHER"})
				return err
			})
			sweep(t, s)
			for _, p := range all {
				chained(t, w, p)
			}
		}
		w.Check(t)
	})
}

// chained fails the test unless each change of a purchase's status begins where the one before ended.
func chained(t *testing.T, w *takeovertest.World, p string) {
	t.Helper()
	was := "EXPIRED"
	for _, e := range w.DB.Client().AuditEvent.Query().Where(auditevent.SubjectID(p)).Order(ent.Asc("id")).AllX(w.System(t)) {
		_, rest, _ := strings.Cut(e.Changes, `["status","`)
		from, rest, _ := strings.Cut(rest, `","`)
		to, _, _ := strings.Cut(rest, `"`)
		if from != was {
			t.Errorf("%s: %s was %s: %v", e.Action, p, was, changesOf(t, w, p))
		}
		was = to
	}
	got := w.Get(t, p)
	if got.Status != was {
		t.Errorf("%s is %s: %v", p, got.Status, changesOf(t, w, p))
	}
	if (got.CanceledAt != nil) != (got.Status == "DISABLED" && got.CancellationCause != nil) {
		t.Errorf("cancelled and %s: %v", got.Status, got)
	}
}
