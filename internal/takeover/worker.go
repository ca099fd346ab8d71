package takeover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"purser/ent"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// lease is how long a move belongs to the worker that claimed it or finished a batch of it:
	// so long after a crash another one goes on.
	lease = 5 * time.Second
	// poll is how often to look for moves that nobody has woken this process for.
	poll = time.Second
	// most is how many moves one worker takes on at a time, a batch each in turn. Each must
	// have its turn well within the lease.
	most = 16
	// batchTimeout ends a batch that hangs: the lease was lost long before.
	batchTimeout = 8 * time.Second
)

// task is a move that this worker has claimed.
type task struct {
	tenant, move string
	fence        int
	after        string // the license up to which its users have been taken, "" before the first
	paused       bool   // the last batch failed: not again before the next look
}

// Run works on moves until the context ends: then it finishes the batch at hand, and gives its
// moves back for another process to go on with at once. Failures are logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var tasks []*task
	for look := true; ctx.Err() == nil; {
		if look {
			tasks = s.look(ctx, tasks)
		}
		tasks = s.round(ctx, tasks)
		look = s.wait(ctx, tick.C, slices.ContainsFunc(tasks, func(t *task) bool { return !t.paused }))
	}
	s.giveBack(ctx, tasks)
	return nil
}

// wait returns when it is time to go on, and tells whether to look for new moves first.
func (s *Service) wait(ctx context.Context, tick <-chan time.Time, busy bool) (look bool) {
	if busy {
		select {
		case <-tick:
			return true
		case <-s.wake:
			return true
		default:
			return false
		}
	}
	select {
	case <-tick:
	case <-s.wake:
	case <-ctx.Done():
	}
	return true
}

// look adds the moves that nobody works on, and gives paused ones another chance.
func (s *Service) look(ctx context.Context, tasks []*task) []*task {
	for _, t := range tasks {
		t.paused = false
	}
	due, err := s.due(ctx)
	if err != nil {
		s.failed(ctx, "looking for moves failed; trying again", "", err)
		return tasks
	}
	for _, d := range due {
		mine := slices.ContainsFunc(tasks, func(t *task) bool { return t.move == d.move })
		if mine || len(tasks) >= most || ctx.Err() != nil {
			continue
		}
		t, err := s.claim(ctx, d)
		if err != nil {
			s.failed(ctx, "claiming a move failed; trying again", d.move, err)
		} else if t != nil {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// due lists the moves, of every tenant, that are to be worked on and have no lease.
func (s *Service) due(ctx context.Context) (list []task, err error) {
	rows, err := s.db.QueryUnwalled(ctx, `SELECT tenant_id, id FROM moves
		WHERE finished_at IS NULL AND lease_until <= ? ORDER BY lease_until, id LIMIT 100`, instant.From(s.now()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var t task
		if err := rows.Scan(&t.tenant, &t.move); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// Unfinished counts the moves, of every tenant, that are queued or running.
func (s *Service) Unfinished(ctx context.Context) (int, error) {
	return s.db.CountUnwalled(ctx, "SELECT COUNT(*) FROM moves WHERE finished_at IS NULL")
}

// claim takes the lease of a move; nil when somebody else was faster. It is not interrupted:
// a lease that nobody knows of would keep the move waiting.
func (s *Service) claim(ctx context.Context, d task) (t *task, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
	ctx = viewer.NewContext(ctx, viewer.System(d.tenant))
	var claimed *ent.Move
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		claimed = nil
		now := instant.From(s.now())
		q := tx.Move.Query().Where(move.ID(d.move), move.StatusIn(string(model.MoveStatusQueued), string(model.MoveStatusRunning)), move.LeaseUntilLTE(now))
		if tx.Postgres() {
			q.ForUpdate(skipLocked)
		}
		m, err := q.Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock the move: %w", err)
		}
		u := m.Update().SetLeaseOwner(s.owner).SetLeaseUntil(now.Add(lease)).AddFence(1)
		if m.Status == string(model.MoveStatusQueued) {
			u.SetStatus(string(model.MoveStatusRunning)).SetStartedAt(now).SetChangedAt(now).AddSequence(1)
		}
		if claimed, err = u.Save(ctx); err != nil {
			return err
		}
		return s.announce(ctx, tx, claimed)
	})
	if err != nil || claimed == nil {
		return nil, err
	}
	s.hub.publish(progressOf(claimed))
	return &task{tenant: d.tenant, move: d.move, fence: claimed.Fence}, nil
}

// round does a batch of each move in turn, and returns the moves that are not over.
func (s *Service) round(ctx context.Context, tasks []*task) []*task {
	left := tasks[:0]
	for _, t := range tasks {
		if t.paused || ctx.Err() != nil {
			left = append(left, t)
			continue
		}
		done, err := s.batch(ctx, t)
		switch {
		case errors.Is(err, errLost):
			s.log.LogAttrs(ctx, slog.LevelWarn, "the move was stopped, or another process works on it now", slog.String("move", t.move))
		case err != nil:
			s.failed(ctx, "a batch of a move failed; trying again", t.move, err)
			t.paused = true
			left = append(left, t)
		case !done:
			left = append(left, t)
		}
	}
	clear(tasks[len(left):])
	return left
}

// giveBack ends the leases, so that another process need not wait for that.
func (s *Service) giveBack(ctx context.Context, tasks []*task) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
	for _, t := range tasks {
		_, err := s.db.Client().Move.Update().Where(move.ID(t.move), move.LeaseOwner(s.owner), move.Fence(t.fence)).
			SetLeaseUntil(0).Save(viewer.NewContext(ctx, viewer.System(t.tenant)))
		if err != nil {
			s.failed(ctx, "giving a move back failed; it goes on when the lease is over", t.move, err)
		}
	}
}

func (s *Service) failed(ctx context.Context, msg, moveID string, err error) {
	if ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelError, msg, slog.String("move", moveID), slog.Any("error", err)) //nolint:sloglint // the callers' messages are static
	}
}
