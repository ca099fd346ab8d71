package takeover

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/turn"
	"purser/internal/viewer"
)

func TestFollow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		source, target := b.Purchase(t, selfService, 5, b.Users(t, 5)), b.Purchase(t, central, 5, nil)
		moveID := b.move(t, source, target)
		events, err := b.s.Follow(b.As(t, b.Admin, viewer.GlobalReader), moveID)
		if err != nil {
			t.Fatal(err)
		}
		at := b.get(t, moveID).RequestedAt
		want := &model.MoveProgress{MoveID: moveID, Status: "QUEUED", Total: 5, Remaining: 5, Sequence: 1, At: at}
		if diff := cmp.Diff(want, <-events); diff != "" {
			t.Errorf("first event (-want +got):\n%s", diff)
		}
		tasks := b.s.look(t.Context(), nil)
		if p := <-events; p.Status != "RUNNING" || p.Sequence != 2 {
			t.Errorf("second event: %+v", p)
		}
		b.Clock.Advance(2 * time.Second)
		tasks = b.s.round(t.Context(), tasks)
		at = at.Add(2 * time.Second)
		finish := at.Add(3 * time.Second)
		want = &model.MoveProgress{MoveID: moveID, Status: "RUNNING", Total: 5, Moved: 2, Remaining: 3, Percent: 40, Sequence: 3, At: at, EstimatedFinish: &finish}
		if diff := cmp.Diff(want, <-events); diff != "" {
			t.Errorf("event after a batch (-want +got):\n%s", diff)
		}
		for len(tasks) > 0 {
			tasks = b.s.round(t.Context(), tasks)
		}
		want = &model.MoveProgress{MoveID: moveID, Status: "SUCCEEDED", Total: 5, Moved: 5, Percent: 100, Sequence: 5, At: at}
		if diff := cmp.Diff(want, last(t, events)); diff != "" {
			t.Errorf("last event (-want +got):\n%s", diff)
		}
		again, err := b.s.Follow(b.System(t), moveID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, last(t, again)); diff != "" {
			t.Errorf("following a move that is over (-want +got):\n%s", diff)
		}
		if n := len(b.s.hub.topics); n != 0 {
			t.Errorf("%d followers are left over", n)
		}
	})
}

func TestFollowRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		moveID := b.move(t, b.Purchase(t, selfService, 5, nil), b.Purchase(t, central, 5, nil))
		stranger := takeovertest.New(t, db, "en")
		for name, c := range map[string]struct {
			ctx  context.Context
			move string
			want fault.Code
		}{
			"unknown":        {b.System(t), b.IDs.New(id.Move), fault.NotFound},
			"malformed":      {b.System(t), "nonsense", fault.NotFound},
			"foreign":        {stranger.System(t), moveID, fault.NotFound},
			"may not":        {b.As(t, b.Admin, viewer.Member, viewer.LicenseAdmin), moveID, fault.Forbidden},
			"without viewer": {t.Context(), moveID, fault.Internal},
		} {
			if _, err := b.s.Follow(c.ctx, c.move); fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if n := len(b.s.hub.topics); n != 0 {
			t.Errorf("%d followers are left over", n)
		}
	})
}

// TestFollowEnds ends with the context, even while nobody reads.
func TestFollowEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		moveID := b.move(t, b.Purchase(t, selfService, 5, nil), b.Purchase(t, central, 5, nil))
		ctx, cancel := context.WithCancel(b.System(t))
		events, err := b.s.Follow(ctx, moveID)
		if err != nil {
			t.Fatal(err)
		}
		<-events
		cancel()
		if p, ok := <-events; ok {
			t.Errorf("after the end came %+v", p)
		}
	})
}

func state(sequence int, s model.MoveStatus) *model.MoveProgress {
	return &model.MoveProgress{MoveID: "mov", Sequence: sequence, Status: s}
}

// follow returns the states of a move as the hub learns of them, without a pause in between.
func (h *hub) follow(moveID string) (states <-chan *model.MoveProgress, leave func()) {
	h.spacing = 0
	f := h.join(context.Background(), moveID)
	return f.out, func() { h.leave(f) }
}

// begin adds a follower whose first event is p.
func begin(t *testing.T, h *hub, p *model.MoveProgress) <-chan *model.MoveProgress {
	t.Helper()
	f := h.join(t.Context(), p.MoveID)
	h.begin(f, "ten", p)
	return f.out
}

// TestSlowFollower reads nothing until the move is over: neither the one who changes the move nor
// another follower waits, and the last event is there.
func TestSlowFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		slow, other := begin(t, h, state(1, model.MoveStatusQueued)), begin(t, h, state(1, model.MoveStatusQueued))
		<-other
		for i := 2; i < 100; i++ {
			h.publish(state(i, model.MoveStatusRunning))
			<-time.After(spacing)
			if p := <-other; p.Sequence != i {
				t.Fatalf("the other one got %d after %d", p.Sequence, i)
			}
		}
		h.publish(state(100, model.MoveStatusSucceeded))
		h.publish(state(7, model.MoveStatusRunning)) // came late: does not take the last one's place
		if got := last(t, other); got == nil || got.Sequence != 100 {
			t.Errorf("the other one's last event: %+v", got)
		}
		if got := last(t, slow); got == nil || got.Sequence != 100 {
			t.Errorf("the last event: %+v", got)
		}
		synctest.Wait()
		if n := len(h.topics); n != 0 {
			t.Errorf("%d topics are left over", n)
		}
	})
}

// TestSpacing changes a move every 10 ms, and has followers join at odd times, who read as fast as can be.
func TestSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		var followers sync.WaitGroup
		for n := range 5 {
			followers.Go(func() {
				<-time.After(time.Duration(n) * 77 * time.Millisecond)
				joined := time.Now()
				var before time.Time
				events, sequence := 0, 0
				for p := range begin(t, h, state(n, model.MoveStatusQueued)) {
					if since := time.Since(before); since < spacing {
						t.Errorf("event %d came %s after %d", p.Sequence, since, sequence)
					}
					if p.Sequence <= sequence && events > 0 {
						t.Errorf("event %d after %d", p.Sequence, sequence)
					}
					events, sequence, before = events+1, p.Sequence, time.Now()
				}
				if took := time.Since(joined); sequence != 301 || events < int(took/(spacing+20*time.Millisecond)) {
					t.Errorf("%d events in %s, the last %d", events, took, sequence)
				}
			})
		}
		for i := range 300 {
			<-time.After(10 * time.Millisecond)
			h.publish(state(i+1, model.MoveStatusRunning))
		}
		h.publish(state(301, model.MoveStatusFailed))
		followers.Wait()
	})
}

// TestTold has a follower woken for its events: for each there is one to be taken, an unread one that was replaced is
// not told of twice, and so is the end, whether the move ends or the following.
func TestTold(t *testing.T) {
	for name, end := range map[string]func(h *hub, quit context.CancelFunc){
		"the move ends":      func(h *hub, _ context.CancelFunc) { h.publish(state(100, model.MoveStatusSucceeded)) },
		"the follower quits": func(_ *hub, quit context.CancelFunc) { quit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, quit := context.WithCancel(t.Context())
				defer quit()
				turns, h := &turn.Turns{}, newHub()
				f := h.join(turn.NewContext(ctx, turns), "mov")
				h.begin(f, "ten", state(1, model.MoveStatusQueued))
				got, over := 0, false
				var take func()
				take = func() {
					for {
						select {
						case p, ok := <-f.out:
							if over = !ok; over {
								return
							}
							got = p.Sequence
						default:
							t.Fatal("told of nothing")
						}
						if turns.Wait(take) {
							return
						}
					}
				}
				for i := 2; i < 5; i++ { // while it is awake, and takes nothing
					h.publish(state(i, model.MoveStatusRunning))
					<-time.After(spacing)
				}
				take()
				for i := 5; i < 50; i++ { // more than one between two rounds
					h.publish(state(i, model.MoveStatusRunning))
					<-time.After(spacing / 3)
				}
				<-time.After(spacing)
				synctest.Wait()
				if got != 49 || over {
					t.Errorf("woken for %d, over: %t", got, over)
				}
				end(h, quit)
				<-time.After(spacing)
				synctest.Wait()
				if !over {
					t.Error("not told of the end")
				}
			})
		})
	}
}

// TestQuietMove changes a move after a long time: that is told at once.
func TestQuietMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		events := begin(t, h, state(1, model.MoveStatusQueued))
		<-events
		<-time.After(time.Minute)
		h.publish(state(2, model.MoveStatusRunning))
		select {
		case p := <-events:
			if p.Sequence != 2 {
				t.Errorf("got %+v", p)
			}
		default:
			t.Error("nothing came at once")
		}
	})
}

// TestJoinLate follows a move of which more is known here than its row told, and one of which less is.
func TestJoinLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		early := begin(t, h, state(1, model.MoveStatusQueued))
		<-early
		h.publish(state(5, model.MoveStatusRunning))
		if p := <-begin(t, h, state(3, model.MoveStatusRunning)); p.Sequence != 5 {
			t.Errorf("who joins late gets %d first", p.Sequence)
		}
		if p := <-early; p.Sequence != 5 {
			t.Errorf("after 1 comes %d", p.Sequence)
		}
		if p := <-begin(t, h, state(8, model.MoveStatusRunning)); p.Sequence != 8 {
			t.Errorf("who joins later still gets %d first", p.Sequence)
		}
		if p := <-early; p.Sequence != 8 {
			t.Errorf("after 5 comes %d: what one follower read is news to the others", p.Sequence)
		}
		over := begin(t, h, state(9, model.MoveStatusSucceeded))
		if p := last(t, over); p == nil || p.Sequence != 9 {
			t.Errorf("of a move that is over comes %+v", p)
		}
		if p := last(t, early); p == nil || p.Sequence != 9 {
			t.Errorf("and to the others %+v", p)
		}
	})
}

// TestUnderstand reads what replicas of other versions may say.
func TestUnderstand(t *testing.T) {
	want := &model.MoveProgress{MoveID: "mov", Status: "RUNNING", Total: 4, Moved: 1, Remaining: 3, Percent: 25, Sequence: 3, At: 2000}
	finish := want.At.Add(3 * time.Second)
	want.EstimatedFinish = &finish
	got, err := understand(`{"move":"mov","status":"RUNNING","total":4,"moved":1,"sequence":3,"startedAt":1000,"at":2000,"mood":{"good":true}}`)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, payload := range []string{``, `null`, `[]`, `{}`, `hello`, `{"move":"mov"}`, `{"move":"mov","status":"RESTING"}`, `{"move":7,"status":"RUNNING"}`, `{"status":"RUNNING"}`} {
		if p, err := understand(payload); err == nil {
			t.Errorf("%q means %+v", payload, p)
		}
	}
}
