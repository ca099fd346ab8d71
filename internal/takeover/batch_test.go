package takeover

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/move"
	"purser/ent/moveuser"
	"purser/ent/notification"
	"purser/ent/user"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

func removed(u *ent.UserCreate) { u.SetRemoved(true) }
func blocked(u *ent.UserCreate) { u.SetAccountEnabled(false) }

func TestMove(t *testing.T) {
	for _, c := range []struct {
		name                         string
		move, already, gone, blocked int
	}{
		{"a few", 3, 0, 0, 0},
		{"full batches only", 4, 0, 0, 0},
		{"already licensed", 3, 2, 0, 0},
		{"only already licensed", 0, 4, 0, 0},
		{"gone", 2, 0, 3, 0},
		{"blocked ones move", 1, 0, 0, 2},
		{"all sorts", 5, 3, 2, 1},
		{"a source without licenses", 0, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				var gone, moving []string
				for range c.gone {
					gone = append(gone, b.User(t, removed))
				}
				for range c.blocked {
					moving = append(moving, b.User(t, blocked))
				}
				moving = append(moving, b.Users(t, c.move)...)
				already, others := b.Users(t, c.already), b.Users(t, 2)
				total := len(gone) + len(moving) + len(already)
				source := b.Purchase(t, selfService, max(total, 1), interleave(gone, moving, already))
				target := b.Purchase(t, central, max(len(moving)+len(already)+len(others), 1), concat(already, others))
				moveID := b.move(t, source, target)
				work(t.Context(), b.s)
				want := outcomeOf{"SUCCEEDED", total, len(moving), len(already), len(gone)}
				if diff := cmp.Diff(want, b.outcome(t, moveID)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				b.Check(t)
				b.Holders(t, source)
				b.Holders(t, target, concat(moving, already, others)...)
			})
		})
	}
}

// interleave mixes the lists, so that every batch has some of each.
func interleave(lists ...[]string) (all []string) {
	for i := 0; ; i++ {
		n := len(all)
		for _, l := range lists {
			if i < len(l) {
				all = append(all, l[i])
			}
		}
		if len(all) == n {
			return all
		}
	}
}

func TestSuccessIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		purchaser := b.User(t)
		source := b.Purchase(t, selfService, 9, b.Users(t, 3), func(p *ent.PurchaseCreate) {
			p.SetPurchaserID(purchaser).SetCancellationFeedback("of an earlier cancellation")
		})
		target := b.Purchase(t, central, 3, nil)
		moveID := b.move(t, source, target)
		b.Clock.Advance(time.Second)
		work(t.Context(), b.s)
		p := b.Get(t, source)
		got := fmt.Sprint(p.Status, " ", *p.CancellationCause, " ", *p.CancellationReason, " ", *p.CanceledBy == b.Admin, " ", *p.CanceledAt, " ", p.CancellationFeedback)
		if want := "DELETED ADMIN_TAKE_OVER_MOVE CENTRALIZED true 2026-01-31T12:00:01Z <nil>"; got != want {
			t.Errorf("source: %s, want %s", got, want)
		}
		for subject, want := range map[string]string{
			moveID: "[move.requested move.succeeded]",
			source: "[purchase.frozen purchase.canceled]",
			target: "[purchase.reserved purchase.received]",
		} {
			if got := fmt.Sprint(b.Events(t, subject)); got != want {
				t.Errorf("events of %s: %s, want %s", subject, got, want)
			}
		}
		for _, e := range b.DB.Client().AuditEvent.Query().AllX(b.System(t)) {
			if e.ActorID == nil || *e.ActorID != b.Admin || e.ActorName != "Ada Admin" {
				t.Errorf("%s was done by %v (%s), not by the requester", e.Action, e.ActorID, e.ActorName)
			}
		}
		mail := b.DB.Client().Notification.Query().Where(notification.ToID(purchaser)).WithPurchases().OnlyX(b.System(t))
		if mail.Status != "QUEUED" || len(mail.Edges.Purchases) != 2 {
			t.Errorf("mail %s about %d purchases", mail.Status, len(mail.Edges.Purchases))
		}
		l := b.DB.Client().License.Query().Where(license.PurchaseID(target)).FirstX(b.System(t))
		if l.AssignedBy == nil || *l.AssignedBy != b.Admin || l.AssignedAt.String() != "2026-01-31T12:00:01Z" {
			t.Errorf("license assigned by %v at %s", l.AssignedBy, l.AssignedAt)
		}
	})
}

func TestSeveralMovesIntoOneTarget(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 15)
		// they overlap: whoever is in two of them needs two reserved seats and takes one
		target := b.Purchase(t, central, 21, nil)
		moves := map[string]outcomeOf{}
		for i := range 3 {
			moves[b.move(t, b.Purchase(t, selfService, 7, users[4*i:4*i+7]), target)] = outcomeOf{}
		}
		if p := b.Get(t, target); p.Reserved != 21 {
			t.Fatalf("reserved %d", p.Reserved)
		}
		tasks := b.s.look(t.Context(), nil)
		if len(tasks) != 3 {
			t.Fatalf("%d moves claimed", len(tasks))
		}
		tasks = b.s.round(t.Context(), tasks)
		for _, task := range tasks {
			if m := b.get(t, task.move); m.Moved != 2 {
				t.Errorf("after one round, a move has moved %d", m.Moved)
			}
		}
		for len(tasks) > 0 {
			tasks = b.s.round(t.Context(), tasks)
			b.Check(t)
		}
		moved, already := 0, 0
		for m := range moves {
			o := b.outcome(t, m)
			moved, already = moved+o.Moved, already+o.Already
		}
		if moved != 15 || already != 6 {
			t.Errorf("%d moved, %d already licensed", moved, already)
		}
		b.Holders(t, target, users...)
	})
}

func TestTargetLost(t *testing.T) {
	for _, c := range []struct{ status, want string }{
		{"EXPIRED", "SUCCEEDED"}, {"DISABLED", "FAILED"}, {"DELETED", "FAILED"},
	} {
		t.Run(c.status, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				users := b.Users(t, 5)
				source, target := b.Purchase(t, selfService, 5, users), b.Purchase(t, central, 5, nil)
				moveID := b.move(t, source, target)
				tasks := b.s.round(t.Context(), b.s.look(t.Context(), nil))
				b.Set(t, target, func(u *ent.PurchaseUpdate) {
					u.SetStatus(c.status)
					if c.status == "DELETED" {
						u.SetAssigned(0).SetReleasing(true)
					}
				})
				for len(tasks) > 0 {
					tasks = b.s.round(t.Context(), tasks)
				}
				m := b.get(t, moveID)
				if m.Status != c.want {
					t.Fatalf("the move is %s", m.Status)
				}
				b.Check(t)
				if c.want != "FAILED" {
					return
				}
				if *m.Failure != "WRONG_STATUS" || *m.FailureMessage == "" || m.Moved != 2 {
					t.Errorf("%s: %s after %d", *m.Failure, *m.FailureMessage, m.Moved)
				}
				if p := b.Get(t, source); p.Status != "ACTIVE" || p.ActiveMoveID != nil || p.Assigned != 3 {
					t.Errorf("source: %s with %d, frozen by %v", p.Status, p.Assigned, p.ActiveMoveID)
				}
				b.Holders(t, source, users[2:]...)
				b.Holders(t, target, users[:2]...)
				for subject, want := range map[string]string{
					moveID: "[move.requested move.failed]",
					source: "[purchase.frozen purchase.released]",
					target: "[purchase.reserved purchase.unreserved]",
				} {
					if got := fmt.Sprint(b.Events(t, subject)); got != want {
						t.Errorf("events of %s: %s, want %s", subject, got, want)
					}
				}
				if n := b.DB.Client().Notification.Query().CountX(b.System(t)); n != 0 {
					t.Errorf("%d mails for a failed move", n)
				}
			})
		})
	}
}

// TestSeatNotReserved is about somebody who held the target when the move was accepted, and lost
// that license before it was their turn.
func TestSeatNotReserved(t *testing.T) {
	for _, c := range []struct {
		name   string
		spare  int
		status string
	}{{"there is a free one", 1, "SUCCEEDED"}, {"there is none", 0, "FAILED"}} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				b := setup(t, db)
				users := b.Users(t, 4)
				source := b.Purchase(t, selfService, 4, users)
				target := b.Purchase(t, central, 4, users[:1])
				moveID := b.move(t, source, target)
				b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.License.Delete().Where(license.PurchaseID(target)).Exec(ctx)
					return err
				})
				b.Set(t, target, func(u *ent.PurchaseUpdate) { u.SetAssigned(0).SetQuantity(3 + c.spare) })
				work(t.Context(), b.s)
				m := b.get(t, moveID)
				if m.Status != c.status || c.status == "FAILED" && *m.Failure != "NOT_ENOUGH_SEATS" {
					t.Errorf("the move %s: %v", m.Status, m.Failure)
				}
				b.Check(t)
			})
		})
	}
}

func TestUserRemovedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 5)
		source, target := b.Purchase(t, selfService, 5, users), b.Purchase(t, central, 5, nil)
		moveID := b.move(t, source, target)
		tasks := b.s.round(t.Context(), b.s.look(t.Context(), nil))
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.Update().Where(user.ID(users[3])).SetRemoved(true).Exec(ctx)
		})
		for len(tasks) > 0 {
			tasks = b.s.round(t.Context(), tasks)
		}
		if got, want := b.outcome(t, moveID), (outcomeOf{"SUCCEEDED", 5, 4, 0, 1}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if p := b.Get(t, target); p.Assigned != 4 || p.Reserved != 0 {
			t.Errorf("target: assigned %d, reserved %d", p.Assigned, p.Reserved)
		}
		b.Check(t)
	})
}

// TestFence lets the lease of a worker run out: another one goes on, and the first can do no
// more harm.
func TestFence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 9)
		source, target := b.Purchase(t, selfService, 9, users), b.Purchase(t, central, 9, nil)
		moveID := b.move(t, source, target)
		stale := b.s.round(t.Context(), b.s.look(t.Context(), nil))
		other := newService(b.World)
		if got := other.look(t.Context(), nil); len(got) != 0 {
			t.Fatal("a move with a lease was claimed")
		}
		b.Clock.Advance(lease)
		tasks := other.round(t.Context(), other.look(t.Context(), nil))
		if len(tasks) != 1 || b.get(t, moveID).Moved != 4 {
			t.Fatalf("%d moves claimed after the lease was over, %d users moved", len(tasks), b.get(t, moveID).Moved)
		}
		if _, err := b.s.batch(t.Context(), stale[0]); !errors.Is(err, errLost) {
			t.Errorf("a stale worker: %v", err)
		}
		if left := b.s.round(t.Context(), stale); len(left) != 0 {
			t.Error("a stale worker holds on to its move")
		}
		for len(tasks) > 0 {
			tasks = other.round(t.Context(), tasks)
		}
		if got, want := b.outcome(t, moveID), (outcomeOf{"SUCCEEDED", 9, 9, 0, 0}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		b.Check(t)
		b.Holders(t, target, users...)
	})
}

// TestFenceWithin has one process claim a move again that it let slip: what it had before is void.
func TestFenceWithin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		moveID := b.move(t, b.Purchase(t, selfService, 5, b.Users(t, 5)), b.Purchase(t, central, 5, nil))
		stale := b.s.look(t.Context(), nil)
		b.Clock.Advance(lease)
		tasks := b.s.look(t.Context(), nil)
		if len(stale) != 1 || len(tasks) != 1 || tasks[0].fence != stale[0].fence+1 {
			t.Fatalf("claimed %v, and then %v", stale, tasks)
		}
		if _, err := b.s.batch(t.Context(), stale[0]); !errors.Is(err, errLost) {
			t.Errorf("a stale task: %v", err)
		}
		b.s.giveBack(t.Context(), stale)
		if m := b.get(t, moveID); m.LeaseUntil == 0 {
			t.Error("a stale task gave the move back")
		}
	})
}

// TestCrash loses the worker after each of the batches in turn.
func TestCrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 9)
		source, target := b.Purchase(t, selfService, 9, users), b.Purchase(t, central, 9, nil)
		moveID := b.move(t, source, target)
		lives := 0
		for ; b.get(t, moveID).Status != "SUCCEEDED" && lives < 20; lives++ {
			s := newService(b.World)
			s.round(t.Context(), s.look(t.Context(), nil))
			b.Check(t)
			b.Clock.Advance(lease)
		}
		if lives != 5 {
			t.Errorf("it took %d lives for 5 batches", lives)
		}
		b.Holders(t, target, users...)
	})
}

// TestBatchFails makes a batch impossible for a while: nothing of it is done, the move is not
// lost, and others are not held up.
func TestBatchFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 4)
		target := b.Purchase(t, central, 9, nil)
		bad := b.move(t, b.Purchase(t, selfService, 4, users), target)
		good := b.move(t, b.Purchase(t, selfService, 2, b.Users(t, 2)), target)
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			l := tx.License.Query().Where(license.UserID(users[1])).OnlyIDX(ctx)
			return tx.MoveUser.Create().SetMoveID(bad).SetLicenseID(l).SetUserID(users[1]).SetResult("MOVED").SetAt(0).Exec(ctx)
		})
		tasks := b.s.look(t.Context(), nil)
		for range 3 {
			tasks = b.s.round(t.Context(), tasks)
		}
		if b.get(t, good).Status != "SUCCEEDED" || b.get(t, bad).Status != "RUNNING" || b.get(t, bad).Moved != 0 {
			t.Fatalf("good %s, bad %s", b.get(t, good).Status, b.get(t, bad).Status)
		}
		if len(tasks) != 1 || !tasks[0].paused {
			t.Fatalf("the move is not waiting for another chance: %v", tasks)
		}
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.MoveUser.Delete().Where(moveuser.MoveID(bad)).Exec(ctx)
			return err
		})
		for len(tasks) > 0 {
			tasks = b.s.round(t.Context(), b.s.look(t.Context(), tasks))
		}
		b.Check(t)
		if n := b.DB.Client().Move.Query().Where(move.Status("SUCCEEDED")).CountX(b.System(t)); n != 2 {
			t.Errorf("%d moves succeeded", n)
		}
	})
}
