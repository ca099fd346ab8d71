package takeover

import (
	"context"
	"testing"

	"purser/graph/model"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// last reads a move's progress to its end, and returns the last event.
func last(t *testing.T, events <-chan *model.MoveProgress) *model.MoveProgress {
	t.Helper()
	var p *model.MoveProgress
	for e := range events {
		if p != nil && e.Sequence <= p.Sequence {
			t.Errorf("event %d after %d", e.Sequence, p.Sequence)
		}
		p = e
	}
	return p
}

// run starts a worker and returns what stops it and waits for its end.
func run(t *testing.T, s *Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestRun has two processes work on moves that are requested while they run.
func TestRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		other := newService(b.World)
		defer run(t, b.s)()
		defer run(t, other)()
		target := b.Purchase(t, central, 100, nil)
		var users []string
		var followed []<-chan *model.MoveProgress
		for i := range 4 {
			us := b.Users(t, 5*i) // the first source has no licenses at all
			users = append(users, us...)
			moveID := b.move(t, b.Purchase(t, selfService, 20, us), target)
			events, err := other.Follow(b.System(t), moveID)
			if err != nil {
				t.Fatal(err)
			}
			followed = append(followed, events)
		}
		for i, events := range followed {
			if p := last(t, events); p.Status != model.MoveStatusSucceeded || p.Moved != 5*i || p.Percent != 100 {
				t.Errorf("the last event: %+v", p)
			}
		}
		b.Check(t)
		b.Holders(t, target, users...)
	})
}

// TestStop stops a worker in the middle of a move, and has the next one go on at once, without
// waiting for the lease to end.
func TestStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 400)
		source, target := b.Purchase(t, selfService, 400, users), b.Purchase(t, central, 400, nil)
		moveID := b.move(t, source, target)
		events, leave := b.s.hub.follow(moveID)
		defer leave()
		stop := run(t, b.s)
		for p := range events {
			if p.Moved > 0 {
				break
			}
		}
		stop()
		if m := b.get(t, moveID); m.Status != "RUNNING" || m.LeaseUntil != 0 {
			t.Fatalf("after the stop the move is %s, its lease ends %d", m.Status, m.LeaseUntil)
		}
		b.Check(t)
		next := newService(b.World)
		tasks := next.look(t.Context(), nil)
		if len(tasks) != 1 {
			t.Fatal("the move is not to be had")
		}
		work(t.Context(), next)
		for len(tasks) > 0 {
			tasks = next.round(t.Context(), tasks)
		}
		b.Check(t)
		b.Holders(t, target, users...)
	})
}
