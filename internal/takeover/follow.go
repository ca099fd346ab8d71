package takeover

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/viewer"
)

const (
	// spacing is the least time between two events.
	spacing = 100 * time.Millisecond
	// reread is how often the row is read anew: another process may work on the move.
	reread = time.Second
)

// Follow returns the present state of a move and then every change, at most ten a second, the
// last never left out; the channel closes after the move's end and with the context. The
// receiver owns what it gets; Move is nil. Who may read moves may follow them: global and billing
// admins and global readers; else it is fault.Forbidden. An unknown move is fault.NotFound.
func (s *Service) Follow(ctx context.Context, moveID string) (<-chan *model.MoveProgress, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "following without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin, viewer.GlobalReader) {
		return nil, fault.New(fault.Forbidden, "Only an admin of purchases or a global reader can follow a move.")
	}
	// before the row is read: what changes afterwards is not missed
	states, leave := s.hub.follow(moveID)
	first, err := s.state(ctx, moveID)
	if err != nil {
		leave()
		return nil, err
	}
	f := follower{states: states, leave: leave, out: make(chan *model.MoveProgress), read: func(ctx context.Context) *model.MoveProgress {
		p, err := s.state(ctx, moveID)
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "reading a move for its followers failed; trying again", slog.String("move", moveID), slog.Any("error", err))
		}
		return p
	}}
	go f.run(ctx, first)
	return f.out, nil
}

// state reads the row of the move.
func (s *Service) state(ctx context.Context, moveID string) (*model.MoveProgress, error) {
	m, err := s.db.Client().Move.Get(ctx, moveID)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such move.")
	}
	if err != nil {
		return nil, fmt.Errorf("read the move: %w", err)
	}
	return progressOf(m), nil
}

// follower passes the states of one move on to one receiver.
type follower struct {
	states <-chan *model.MoveProgress
	leave  func()                                    // ends states
	read   func(context.Context) *model.MoveProgress // the row's state; nil where that failed
	out    chan *model.MoveProgress
}

func (f *follower) run(ctx context.Context, next *model.MoveProgress) {
	defer close(f.out)
	defer f.leave()
	again := time.NewTicker(reread)
	defer again.Stop()
	var pause <-chan time.Time // not nil: too early for another event
	sent := -1                 // the sequence of the last event
	for {
		var out chan<- *model.MoveProgress
		var event *model.MoveProgress
		if next != nil && pause == nil {
			own := *next
			out, event = f.out, &own
		}
		select {
		case out <- event:
			if final(event.Status) {
				return
			}
			sent, next, pause = event.Sequence, nil, time.After(spacing)
		case <-pause:
			pause = nil
		case p := <-f.states:
			next = unsent(newer(next, p), sent)
		case <-again.C:
			next = unsent(newer(next, f.read(ctx)), sent)
		case <-ctx.Done():
			return
		}
	}
}

// unsent returns the state if it is later than the event that was sent last.
func unsent(p *model.MoveProgress, sent int) *model.MoveProgress {
	if p == nil || p.Sequence <= sent {
		return nil
	}
	return p
}
