package takeover

import (
	"sync"

	"purser/graph/model"
)

// hub tells the followers in this process how far their moves have come. It never waits for
// one: who is slow gets the newest state only.
type hub struct {
	mu        sync.Mutex
	followers map[string]map[chan *model.MoveProgress]struct{} // by move
}

func newHub() *hub {
	return &hub{followers: make(map[string]map[chan *model.MoveProgress]struct{})}
}

// follow returns a channel that holds the newest unread state of the move, and what ends that.
func (h *hub) follow(moveID string) (states <-chan *model.MoveProgress, leave func()) {
	c := make(chan *model.MoveProgress, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers[moveID] == nil {
		h.followers[moveID] = make(map[chan *model.MoveProgress]struct{})
	}
	h.followers[moveID][c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.followers[moveID], c)
		if len(h.followers[moveID]) == 0 {
			delete(h.followers, moveID)
		}
	}
}

// publish puts a state in place of an older one. The followers share it: nobody may change it.
func (h *hub) publish(p *model.MoveProgress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.followers[p.MoveID] {
		newest := p
		select {
		case unread := <-c:
			newest = newer(unread, p)
		default:
		}
		c <- newest // never blocks: only publish sends, and there is room for one
	}
}

// newer returns the later of two states of a move; nil is none.
func newer(a, b *model.MoveProgress) *model.MoveProgress {
	if a == nil || b != nil && b.Sequence > a.Sequence {
		return b
	}
	return a
}
