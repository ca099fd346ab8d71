package takeover

import (
	"context"
	"sync"
	"time"

	"purser/graph/model"
	"purser/internal/turn"
)

const spacing = 100 * time.Millisecond // ten events a second

// hub tells the followers in this process how far their moves have come. It waits for nobody: who
// is slow gets the newest state only. A follower is a channel, without a goroutine of its own.
type hub struct {
	spacing time.Duration // the least time between two events of a follower
	anyway  time.Duration // how often rows are read where announcements are heard

	mu      sync.Mutex
	topics  map[string]*topic // by move
	watched bool              // Service.watch has begun
	hearing bool              // other processes' announcements are heard
	missed  chan struct{}     // holds one when announcements may have been missed
}

// topic is a move that is followed.
type topic struct {
	move      string
	tenant    string              // "" before anybody was admitted to the move
	newest    *model.MoveProgress // nil: nothing is known yet
	followers map[*follower]struct{}
	pause     *time.Timer // until the next round; nil: not before there is something new
}

// follower is one receiver of a move's progress.
type follower struct {
	topic *topic
	out   chan *model.MoveProgress // holds the newest unread event; only the hub sends
	quit  func() bool              // ends the watch over the follower's context
	tell  func()                   // says that out has an event, or has ended
	sent  int                      // the sequence of its newest event
	fresh bool                     // its first event came between two rounds: sits one out
}

func newHub() *hub {
	return &hub{spacing: spacing, anyway: rereadAnyway, topics: make(map[string]*topic), missed: make(chan struct{}, 1)}
}

// join adds a follower until ctx ends. It is to begin with the state that the move has now; what
// changes from now on is not missed.
func (h *hub) join(ctx context.Context, moveID string) *follower {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[moveID]
	if t == nil {
		t = &topic{move: moveID, followers: make(map[*follower]struct{})}
		h.topics[moveID] = t
	}
	f := &follower{topic: t, out: make(chan *model.MoveProgress, 1), tell: turn.Teller(ctx), sent: -1}
	t.followers[f] = struct{}{}
	f.quit = context.AfterFunc(ctx, func() { h.leave(f) })
	return f
}

// begin gives a follower, who was admitted to the move of the tenant, its first event.
func (h *hub) begin(f *follower, tenant string, p *model.MoveProgress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := f.topic
	t.tenant = tenant
	h.send(f, newer(t.newest, p))
	if h.topics[t.move] != t {
		return // that was all there is to know, or the follower has left
	}
	if f.fresh = t.pause != nil; !f.fresh {
		h.rest(t)
	}
	h.learn(t, p)
}

// publish tells the followers of a move, at once or in the next round. They share p: nobody may change it.
func (h *hub) publish(p *model.MoveProgress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[p.MoveID]; t != nil {
		h.learn(t, p)
	}
}

// learn takes note of a state, unless a later one is known. The caller holds the lock.
func (h *hub) learn(t *topic, p *model.MoveProgress) {
	if newer(t.newest, p) != p {
		return
	}
	t.newest = p
	if t.pause == nil {
		h.round(t)
	}
}

// round sends the newest state to all who have not got it, and then rests. The caller holds the lock.
func (h *hub) round(t *topic) {
	t.pause = nil
	busy := false
	for f := range t.followers {
		if f.fresh {
			f.fresh, busy = false, true
			continue
		}
		busy = h.send(f, t.newest) || busy
	}
	if busy && len(t.followers) > 0 {
		h.rest(t)
	}
}

// rest lets some time pass before the next round. The caller holds the lock.
func (h *hub) rest(t *topic) {
	t.pause = time.AfterFunc(h.spacing, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.topics[t.move] == t {
			h.round(t)
		}
	})
}

// send puts an event in place of an unread one, and tells whether the follower did not have it yet. The
// last event of a move ends the following. The caller holds the lock.
func (h *hub) send(f *follower, p *model.MoveProgress) bool {
	if _, here := f.topic.followers[f]; !here || p.Sequence <= f.sent {
		return false
	}
	unread := f.drop()
	own := *p
	f.out <- &own // never blocks: nobody else sends, and there is room for one
	f.sent = p.Sequence
	if !unread {
		f.tell()
	}
	if final(p.Status) {
		h.remove(f)
	}
	return true
}

// leave ends the following; what is unread is not wanted any more.
func (h *hub) leave(f *follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := f.topic.followers[f]; here {
		f.drop()
		h.remove(f)
	}
}

// remove ends a follower's events. The caller holds the lock.
func (h *hub) remove(f *follower) {
	t := f.topic
	delete(t.followers, f)
	close(f.out)
	f.tell()
	f.quit()
	if len(t.followers) == 0 {
		delete(h.topics, t.move)
		if t.pause != nil {
			t.pause.Stop()
		}
	}
}

// drop takes the unread event back, if there is one.
func (f *follower) drop() (unread bool) {
	select {
	case <-f.out:
		return true
	default:
		return false
	}
}

// newer returns the later of two states of a move; the first one when they are equally late. nil is none.
func newer(a, b *model.MoveProgress) *model.MoveProgress {
	if a == nil || b != nil && b.Sequence > a.Sequence {
		return b
	}
	return a
}
