package purchasing

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"purser/ent"
	"purser/internal/audit"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestFrozen passes by what a move empties, and comes back when the move is over.
func TestFrozen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		frozen := w.Purchase(t, selfService, 3, w.Users(t, 2), ends(w, -day), kind(paid, false))
		moveTo(t, w, frozen, w.Purchase(t, central, 5, nil))
		free := w.Purchase(t, selfService, 3, nil, ends(w, -day), kind(paid, false))
		sweep(t, s)
		if w.Get(t, frozen).Status != "ACTIVE" || w.Get(t, free).Status != "EXPIRED" {
			t.Errorf("frozen %s, free %s", w.Get(t, frozen).Status, w.Get(t, free).Status)
		}
		if n, err := s.sweepSome(w.System(t), []string{frozen}); n != 0 || err != nil {
			t.Errorf("by its id: %d, %v", n, err)
		}
		if wait, err := s.nextDue(t.Context()); wait != poll || err != nil {
			t.Errorf("it waits %s for what is frozen: %v", wait, err)
		}
		w.Set(t, frozen, func(u *ent.PurchaseUpdate) { u.ClearActiveMoveID() })
		sweep(t, s)
		if w.Get(t, frozen).Status != "EXPIRED" {
			t.Errorf("after the move %s", w.Get(t, frozen).Status)
		}
	})
}

// TestTargetLapses has the target of a move become EXPIRED, which hinders nothing, and DISABLED,
// whereupon the move fails (R20).
func TestTargetLapses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		moves := takeover.New(takeover.Deps{
			DB: db, Trail: audit.New(w.IDs, w.Clock.Now), Outbox: s.outbox, IDs: w.IDs, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler),
		})
		admin := w.As(t, w.Admin, viewer.GlobalAdmin)
		for _, c := range []struct {
			lapse time.Duration // from when the target's term ends
			want  string
			left  string
		}{{0, "SUCCEEDED", "EXPIRED"}, {30 * day, "FAILED", "DISABLED"}, {120 * day, "FAILED", "DELETED"}} {
			source := w.Purchase(t, selfService, 3, w.Users(t, 3), by(w.User(t)))
			target := w.Purchase(t, central, 5, w.Users(t, 1), kind(paid, false), ends(w, time.Hour))
			answer, err := moves.MoveUsers(admin, takeover.Request{From: source, To: target})
			if err != nil {
				t.Fatal(err)
			}
			m := answer.MoveID
			w.Clock.Advance(time.Hour + c.lapse)
			sweep(t, s)
			if p := w.Get(t, target); p.Status != c.left || p.Reserved != 3 {
				t.Fatalf("the target: %v", p)
			}
			runMoves(t, moves, w, m)
			if got := w.DB.Client().Move.GetX(w.System(t), m); got.Status != c.want {
				t.Errorf("the move %s, want %s", got.Status, c.want)
			}
			if p := w.Get(t, target); p.Reserved != 0 {
				t.Errorf("%d seats of the target are still reserved", p.Reserved)
			}
			w.Check(t)
		}
	})
}

// runMoves works on moves until one is over.
func runMoves(t *testing.T, moves *takeover.Service, w *takeovertest.World, moveID string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- moves.Run(ctx) }()
	for w.DB.Client().Move.GetX(w.System(t), moveID).FinishedAt == nil && t.Context().Err() == nil {
		continue // the test's own deadline ends it
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
