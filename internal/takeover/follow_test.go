package takeover

import (
	"context"
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
		if n := len(b.s.hub.followers); n != 0 {
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
		if n := len(b.s.hub.followers); n != 0 {
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

// newFollower returns a follower of a move whose row cannot be read.
func newFollower(h *hub) *follower {
	states, leave := h.follow("mov")
	return &follower{states: states, leave: leave, out: make(chan *model.MoveProgress), read: func(context.Context) *model.MoveProgress { return nil }}
}

// TestSlowFollower reads nothing until the move is over: it gets the first state, and then the final one.
func TestSlowFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		f := newFollower(h)
		go f.run(t.Context(), state(1, model.MoveStatusQueued))
		for i := 2; i < 100; i++ {
			h.publish(state(i, model.MoveStatusRunning))
		}
		h.publish(state(100, model.MoveStatusSucceeded))
		h.publish(state(7, model.MoveStatusRunning)) // came late: does not take the final one's place
		synctest.Wait()
		if got := last(t, f.out); got == nil || got.Sequence != 100 {
			t.Errorf("the last event: %+v", got)
		}
	})
}

// TestSpacing changes a move every 10 ms, and reads as fast as can be.
func TestSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		f := newFollower(h)
		go f.run(t.Context(), state(0, model.MoveStatusQueued))
		go func() {
			for i := range 300 {
				<-time.After(10 * time.Millisecond)
				h.publish(state(i+1, model.MoveStatusRunning))
			}
			h.publish(state(301, model.MoveStatusFailed))
		}()
		start, n, sequence := time.Now(), 0, 0
		for p := range f.out {
			n, sequence = n+1, p.Sequence
		}
		if took := time.Since(start); sequence != 301 || n < 25 || n > int(took/spacing)+1 {
			t.Errorf("%d events in %s, the last %d", n, took, sequence)
		}
	})
}

// TestFollowElsewhere follows a move that another process works on: the row is read each second.
func TestFollowElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := []*model.MoveProgress{nil, state(1, model.MoveStatusQueued), state(4, model.MoveStatusRunning), state(9, model.MoveStatusSucceeded)}
		f := newFollower(newHub())
		f.read = func(context.Context) *model.MoveProgress {
			p := rows[0]
			rows = rows[1:]
			return p
		}
		go f.run(t.Context(), state(1, model.MoveStatusQueued))
		start := time.Now()
		var got []int
		for p := range f.out {
			got = append(got, p.Sequence)
		}
		if diff := cmp.Diff([]int{1, 4, 9}, got); diff != "" || time.Since(start) > 4*reread {
			t.Errorf("after %s (-want +got):\n%s", time.Since(start), diff)
		}
	})
}
