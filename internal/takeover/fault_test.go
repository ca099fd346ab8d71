package takeover

import (
	"context"
	"slices"
	"testing"

	"purser/ent"
	"purser/ent/user"
	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement.
func TestEveryStatementFails(t *testing.T) {
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "MoveUsers", Ready: breakMoveUsers(nil)},
		takeovertest.Operation{Name: "MoveUsers, a subset", Ready: breakMoveUsers(func(users []string) []string { return users[1:5] })},
		takeovertest.Operation{Name: "claim", Ready: breakClaim},
		takeovertest.Operation{Name: "first batch", Ready: breakBatch(0, nil, nil)},
		takeovertest.Operation{Name: "batch in between", Ready: breakBatch(1, nil, nil)},
		takeovertest.Operation{Name: "last batch", Ready: breakBatch(3, nil, nil)},
		takeovertest.Operation{Name: "first batch of a subset", Ready: breakBatch(0, firstFour, nil)},
		takeovertest.Operation{Name: "last batch of a subset", Ready: breakBatch(2, firstFour, nil)},
		takeovertest.Operation{Name: "batch with an unusable target", Ready: breakBatch(1, nil, disable)},
		takeovertest.Operation{Name: "batch without seats", Ready: breakBatch(3, nil, takeSeats)},
		takeovertest.Operation{Name: "CancelMove, queued", Ready: breakCancelMove(false)},
		takeovertest.Operation{Name: "CancelMove, running", Ready: breakCancelMove(true)},
		takeovertest.Operation{Name: "TakeOwnership", Ready: breakTakeOwnership},
		takeovertest.Operation{Name: "RequestCancellation", Ready: breakRequestCancellation},
	)
}

func firstFour(users []string) []string { return users[:4] }

// play is a source with seven users, two of whom hold the target already and one of whom has left.
type play struct {
	bundle
	source, target string
	users          []string
}

func stage(t *testing.T, w *takeovertest.World) play {
	t.Helper()
	p := play{bundle: bundle{w, newService(w)}}
	gone, already, moving, purchaser := w.User(t, removed), w.Users(t, 2), w.Users(t, 4), w.User(t)
	p.users = interleave(moving, already, []string{gone})
	p.source = w.Purchase(t, selfService, 8, p.users, func(p *ent.PurchaseCreate) { p.SetPurchaserID(purchaser) })
	p.target = w.Purchase(t, central, 9, already)
	return p
}

func (p play) admin(t *testing.T) context.Context {
	t.Helper()
	return p.As(t, p.Admin, viewer.GlobalAdmin)
}

// request requests the move, of the users chosen or of all.
func (p play) request(t *testing.T, choose func([]string) []string) (string, error) {
	t.Helper()
	r := Request{From: p.source, To: p.target}
	if choose != nil {
		r.Users = choose(p.users)
	}
	a, err := p.s.MoveUsers(p.admin(t), r)
	return a.MoveID, err
}

// running requests the move, and claims it.
func (p play) running(t *testing.T, choose func([]string) []string) *task {
	t.Helper()
	moveID, err := p.request(t, choose)
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := p.s.claim(t.Context(), task{tenant: p.Tenant, move: moveID})
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

// disable has the target's life end while users are being moved to it.
func disable(t *testing.T, p play) {
	t.Helper()
	p.Set(t, p.target, func(u *ent.PurchaseUpdate) { u.SetStatus("DISABLED") })
}

// takeSeats leaves no seat but the reserved ones, and has somebody come back who needs one.
func takeSeats(t *testing.T, p play) {
	t.Helper()
	p.Set(t, p.target, func(u *ent.PurchaseUpdate) { u.SetQuantity(6) })
	p.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Update().Where(user.Removed(true)).SetRemoved(false).Exec(ctx)
	})
}

// finish has the worker go on with its tasks, and do what else there is to do.
func (p play) finish(t *testing.T, tasks ...*task) {
	t.Helper()
	for tasks = p.s.look(t.Context(), tasks); len(tasks) > 0; {
		if tasks = p.s.round(t.Context(), tasks); slices.ContainsFunc(tasks, func(t *task) bool { return t.paused }) {
			t.Fatal("a batch failed")
		}
	}
}

// twice does an operation that was done once more, which then has to be refused, or does it at last.
func twice(t *testing.T, done bool, refusal fault.Code, err error) {
	t.Helper()
	if done && fault.CodeOf(err) != refusal || !done && err != nil {
		t.Errorf("once more, done before %v: %v", done, err)
	}
}

func breakMoveUsers(choose func([]string) []string) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		p := stage(t, w)
		return takeovertest.Steps{
			Do: func() error { _, err := p.request(t, choose); return err },
			Next: func(t *testing.T, done bool) {
				t.Helper()
				moveID, err := p.request(t, choose)
				twice(t, done, fault.MoveInProgress, err)
				if s := p.Get(t, p.source); moveID == "" || s.ActiveMoveID == nil || *s.ActiveMoveID != moveID {
					t.Errorf("once more, done before %v: move %q", done, moveID)
				}
				p.finish(t)
			},
		}
	}
}

func breakClaim(t *testing.T, w *takeovertest.World) takeovertest.Steps {
	t.Helper()
	p := stage(t, w)
	moveID, err := p.request(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	claim := func() error {
		_, err := p.s.claim(t.Context(), task{tenant: p.Tenant, move: moveID})
		return err
	}
	return takeovertest.Steps{
		Do: claim,
		Next: func(t *testing.T, done bool) {
			t.Helper()
			if !done {
				if err := claim(); err != nil {
					t.Error(err)
				}
			}
			p.Clock.Advance(lease) // who claimed it does not know, or is gone
			p.finish(t)
		},
	}
}

// breakBatch breaks a batch, after so many others and a change.
func breakBatch(others int, choose func([]string) []string, change func(*testing.T, play)) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		p := stage(t, w)
		claimed := p.running(t, choose)
		for range others {
			if _, err := p.s.batch(t.Context(), claimed); err != nil {
				t.Fatal(err)
			}
		}
		if change != nil {
			change(t, p)
		}
		return takeovertest.Steps{
			Do:   func() error { _, err := p.s.batch(t.Context(), claimed); return err },
			Next: func(t *testing.T, _ bool) { t.Helper(); p.finish(t, claimed) },
		}
	}
}

func breakCancelMove(started bool) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		p := stage(t, w)
		var tasks []*task
		var moveID string
		var err error
		if started {
			tasks = []*task{p.running(t, nil)}
			moveID = tasks[0].move
			_, err = p.s.batch(t.Context(), tasks[0])
		} else {
			moveID, err = p.request(t, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		cancel := func() error { return p.s.CancelMove(p.admin(t), moveID) }
		return takeovertest.Steps{Do: cancel, Next: func(t *testing.T, done bool) {
			t.Helper()
			twice(t, done, fault.WrongStatus, cancel())
			p.finish(t, tasks...)
		}}
	}
}

func breakTakeOwnership(t *testing.T, w *takeovertest.World) takeovertest.Steps {
	t.Helper()
	p := stage(t, w)
	take := func() error { return p.s.TakeOwnership(p.admin(t), p.source) }
	return takeovertest.Steps{Do: take, Next: func(t *testing.T, done bool) {
		t.Helper()
		twice(t, done, fault.NotSelfService, take())
	}}
}

// breakRequestCancellation breaks one mail about two purchases, and another one. It may be asked for any number of times.
func breakRequestCancellation(t *testing.T, w *takeovertest.World) takeovertest.Steps {
	t.Helper()
	p := stage(t, w)
	buyer, message := w.User(t), "We have bought it for everybody."
	by := func(c *ent.PurchaseCreate) { c.SetPurchaserID(buyer) }
	asked := []string{w.Purchase(t, selfService, 2, p.users[:1], by), p.source, w.Purchase(t, selfService, 3, p.users[:2], by)}
	return takeovertest.Steps{
		Do: func() error { _, err := p.s.RequestCancellation(p.admin(t), asked, &message); return err },
		Next: func(t *testing.T, done bool) {
			t.Helper()
			if done {
				return
			}
			if mails, err := p.s.RequestCancellation(p.admin(t), asked, &message); err != nil || len(mails) != 2 {
				t.Errorf("mails %v: %v", mails, err)
			}
		},
	}
}
