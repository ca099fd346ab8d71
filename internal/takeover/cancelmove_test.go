package takeover

import (
	"fmt"
	"sync"
	"testing"

	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestCancelMove stops a move before it begins, and after each of its batches.
func TestCancelMove(t *testing.T) {
	for batches := range 4 {
		for _, subset := range []bool{false, true} {
			t.Run(fmt.Sprintf("after %d batches, subset %t", batches, subset), func(t *testing.T) {
				storetest.Each(t, func(t *testing.T, db *store.DB) {
					b := setup(t, db)
					users := b.Users(t, 7)
					source, target := b.Purchase(t, selfService, 7, users), b.Purchase(t, central, 9, users[:1])
					request := Request{From: source, To: target}
					if subset {
						request.Users = users
					}
					answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.GlobalAdmin), request)
					if err != nil {
						t.Fatal(err)
					}
					var tasks []*task
					for i := range batches {
						if i == 0 {
							tasks = b.s.look(t.Context(), nil)
						}
						tasks = b.s.round(t.Context(), tasks)
					}
					if err := b.s.CancelMove(b.As(t, b.Admin, viewer.BillingAdmin), answer.MoveID); err != nil {
						t.Fatal(err)
					}
					if left := b.s.round(t.Context(), tasks); len(left) != 0 {
						t.Error("the worker goes on")
					}
					b.Clock.Advance(lease)
					work(t.Context(), newService(b.World))
					m := b.get(t, answer.MoveID)
					if m.Status != "CANCELED" || m.Moved+m.AlreadyLicensed != 2*batches || *m.FailureMessage != "Stopped by Ada Admin." || m.Failure != nil {
						t.Errorf("%s after %d: %v %v", m.Status, m.Moved, m.Failure, m.FailureMessage)
					}
					b.Check(t)
					b.Holders(t, source, users[2*batches:]...)
					b.Holders(t, target, users[:max(1, 2*batches)]...)
					if p := b.Get(t, source); p.Status != "ACTIVE" || p.ActiveMoveID != nil {
						t.Errorf("source %s, frozen by %v", p.Status, p.ActiveMoveID)
					}
					for subject, want := range map[string]string{
						m.ID: "[move.requested move.canceled]", source: "[purchase.frozen purchase.released]", target: "[purchase.reserved purchase.unreserved]",
					} {
						if got := fmt.Sprint(b.Events(t, subject)); got != want {
							t.Errorf("events of %s: %s, want %s", subject, got, want)
						}
					}
					if err := b.s.CancelMove(b.As(t, b.Admin, viewer.BillingAdmin), m.ID); paths(t, err) != "WRONG_STATUS moveId" {
						t.Errorf("stopped twice: %v", err)
					}
					// the rest can go later
					b.move(t, source, target)
					work(t.Context(), b.s)
					b.Holders(t, target, users...)
					b.Check(t)
				})
			})
		}
	}
}

func TestCancelMoveRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		other := bundle{takeovertest.New(t, db, "en"), b.s}
		foreign := other.move(t, other.Purchase(t, selfService, 1, nil), other.Purchase(t, central, 1, nil))
		moveID := b.move(t, b.Purchase(t, selfService, 2, b.Users(t, 2)), b.Purchase(t, central, 2, nil))
		for name, unknown := range map[string]string{"unknown": b.IDs.New(id.Move), "foreign": foreign, "malformed": "nonsense"} {
			if err := b.s.CancelMove(b.As(t, b.Admin, viewer.GlobalAdmin), unknown); paths(t, err) != "NOT_FOUND moveId" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range []viewer.Role{viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader, viewer.Member} {
			if err := b.s.CancelMove(b.As(t, b.Admin, r), moveID); paths(t, err) != "FORBIDDEN " {
				t.Errorf("%s: %v", r, err)
			}
		}
		if m := b.get(t, moveID); m.Status != "QUEUED" {
			t.Errorf("a refusal left the move %s", m.Status)
		}
	})
}

// TestCancelMoveRaces stops moves while workers are at them.
func TestCancelMoveRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		var moves []string
		target := b.Purchase(t, central, 200, nil)
		for range 10 {
			moves = append(moves, b.move(t, b.Purchase(t, selfService, 20, b.Users(t, 20)), target))
		}
		var all sync.WaitGroup
		all.Go(func() { work(t.Context(), b.s) })
		for _, m := range moves {
			all.Go(func() {
				if err := b.s.CancelMove(b.As(t, b.Admin, viewer.GlobalAdmin), m); err != nil && paths(t, err) != "WRONG_STATUS moveId" {
					t.Errorf("stopping %s: %v", m, err)
				}
			})
		}
		all.Wait()
		b.Check(t)
		for _, m := range moves {
			if s := b.get(t, m).Status; s != "CANCELED" && s != "SUCCEEDED" {
				t.Errorf("%s is %s", m, s)
			}
		}
	})
}
