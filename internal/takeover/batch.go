package takeover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"purser/ent"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// errLost says that the move is not this worker's any more: another one has it, or it was stopped.
var errLost = errors.New("the lease of the move was lost")

// errNoSeats says that users need seats that were not reserved, and that are not free either.
var errNoSeats = errors.New("the target has not enough free seats")

// skipLocked passes by what another worker is at.
var skipLocked = sql.WithLockAction(sql.SkipLocked)

// batch takes the next users of a move in one transaction, or ends the move, and tells whether
// it is over. What it does is done for the requester: the audit events bear their name.
// It is not interrupted; nothing of it is done when it returns an error.
func (s *Service) batch(ctx context.Context, t *task) (done bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
	ctx = viewer.NewContext(ctx, viewer.System(t.tenant))
	var (
		start time.Time
		m     *ent.Move
		did   step
	)
	size := s.pace.Size()
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		start = s.now()
		if m, err = s.hold(ctx, tx, t); err != nil {
			return err
		}
		did, err = s.advance(forRequester(ctx, m), tx, m, t.after, size)
		return err
	})
	if errors.Is(err, errNoSeats) {
		m, err = s.failForSeats(ctx, t)
	}
	if err != nil {
		return false, err
	}
	s.pace.Took(did.taken, s.now().Sub(start))
	t.after = did.after
	s.hub.publish(progressOf(m))
	done = final(model.MoveStatus(m.Status))
	if done {
		s.outbox.Wake()
	}
	return done, nil
}

// step is what one batch has done.
type step struct {
	taken int    // users
	after string // where the next batch begins
}

// hold reads the move, locked, as long as it is this worker's.
func (s *Service) hold(ctx context.Context, tx *store.Tx, t *task) (*ent.Move, error) {
	q := tx.Move.Query().Where(move.ID(t.move), s.held(t.fence))
	if tx.Postgres() {
		q.ForUpdate()
	}
	m, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errLost
	}
	return m, err
}

// held is the condition that a move is still this worker's, by the lease with that number.
func (s *Service) held(fence int) func(*sql.Selector) {
	return move.And(move.LeaseOwner(s.owner), move.Fence(fence), move.Status(string(model.MoveStatusRunning)))
}

// forRequester returns the context in which things are done for who asked for the move.
func forRequester(ctx context.Context, m *ent.Move) context.Context {
	v := viewer.Viewer{Tenant: m.TenantID, Name: m.RequestedByName, Roles: viewer.SetOf(viewer.GlobalAdmin)}
	if m.RequestedBy != nil {
		v.User = *m.RequestedBy
	}
	return viewer.NewContext(audit.WithRequestID(ctx, m.RequestID), v)
}

// advance takes up to size users, and ends the move where there are no more or it cannot go on.
// It changes m along with its row.
func (s *Service) advance(ctx context.Context, tx *store.Tx, m *ent.Move, after string, size int) (step, error) {
	e, err := lockEnds(ctx, tx, m.TenantID, m.SourceID, m.TargetID)
	if err != nil {
		return step{}, err
	}
	if f := obstacle(m, e); f != nil {
		return step{}, s.fail(ctx, tx, m, e, f)
	}
	now := instant.From(s.now())
	p := partOf(m, after)
	if err := p.next(ctx, tx, size, now); err != nil {
		return step{}, err
	}
	fromReserve := min(p.moved, m.Reserved)
	if p.moved-fromReserve > e.target.Free() {
		return step{}, errNoSeats
	}
	if p.taken > 0 {
		if err := p.take(ctx, tx, now, m.RequestedBy); err != nil {
			return step{}, err
		}
		if err := p.count(ctx, tx, fromReserve); err != nil {
			return step{}, err
		}
	}
	m.Moved, m.AlreadyLicensed, m.Gone, m.Reserved = m.Moved+p.moved, m.AlreadyLicensed+p.already, m.Gone+p.gone, m.Reserved-fromReserve
	e.target.Assigned, e.target.Reserved = e.target.Assigned+p.moved, e.target.Reserved-fromReserve
	e.source.Assigned -= p.released + p.moved
	switch {
	case p.taken == size:
		return step{p.taken, p.upTo}, s.save(ctx, tx, m)
	case !m.Subset && after != "" && e.source.Assigned > 0: // somebody was put in front: take them too
		return step{p.taken, ""}, s.save(ctx, tx, m)
	}
	return step{p.taken, ""}, s.succeed(ctx, tx, m, e)
}

// obstacle tells why a move cannot go on.
func obstacle(m *ent.Move, e ends) *fault.Error {
	switch {
	case e.source == nil || e.target == nil || e.source.ActiveMove != m.ID:
		return fault.New(fault.Conflict, "The subscription to move from was changed while its users were moved.")
	case e.target.Status != model.SubscriptionStatusActive && e.target.Status != model.SubscriptionStatusExpired:
		return fault.New(fault.WrongStatus, "The subscription to move to became %s.", e.target.Status)
	}
	return nil
}

// save writes the counts and state of a move that is locked, renews the lease and announces it.
func (s *Service) save(ctx context.Context, tx *store.Tx, m *ent.Move) error {
	now := instant.From(s.now())
	m.Sequence++
	m.ChangedAt = now
	m.LeaseUntil = now.Add(lease)
	m.Total = max(m.Total, m.Moved+m.AlreadyLicensed+m.Gone) // who was put in front counts too
	if final(model.MoveStatus(m.Status)) {
		m.FinishedAt, m.LeaseUntil = &now, 0
	}
	n, err := tx.Move.Update().Where(move.ID(m.ID), move.Fence(m.Fence), move.FinishedAtIsNil()).
		SetStatus(m.Status).SetTotal(m.Total).SetMoved(m.Moved).SetAlreadyLicensed(m.AlreadyLicensed).SetGone(m.Gone).SetReserved(m.Reserved).
		SetSequence(m.Sequence).SetChangedAt(m.ChangedAt).SetLeaseUntil(m.LeaseUntil).
		SetNillableFinishedAt(m.FinishedAt).SetNillableFailure(m.Failure).SetNillableFailureMessage(m.FailureMessage).Save(ctx)
	if err != nil {
		return fmt.Errorf("save the move: %w", err)
	}
	if n == 0 {
		return errLost
	}
	return s.announce(ctx, tx, m)
}
