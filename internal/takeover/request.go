package takeover

import (
	"context"
	"errors"
	"fmt"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// errStale says that the purchases have changed since the plan was made.
var errStale = errors.New("the purchases changed since the move was planned")

// MoveUsers accepts a move of all licensed users of one purchase to another, and returns its id.
// Global and billing admins may. In one transaction it reserves the seats on the target, freezes
// the source, queues the move and leaves an audit event on each of the three; a worker does the rest.
// It returns fault.Forbidden; at "fromPurchaseId" fault.NotFound, WrongStatus, NotSelfService and
// MoveInProgress (with the id of the move under way); at "toPurchaseId" fault.NotFound,
// SameSubscription, WrongStatus, TakeOverRequired and NotEnoughSeats.
func (s *Service) MoveUsers(ctx context.Context, from, to string) (moveID string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return "", fault.New(fault.Internal, "moving users without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return "", fault.New(fault.Forbidden, "Only a global admin or a billing admin can move users.")
	}
	const tries = 3
	for range tries {
		p, err := s.plan(ctx, from, to)
		if err != nil {
			return p.underWay, err
		}
		m, underWay, err := s.accept(ctx, v, p)
		if errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return underWay, err
		}
		s.wakeUp()
		s.hub.publish(progressOf(m))
		return m.ID, nil
	}
	return "", fault.New(fault.Conflict, "The subscriptions are being changed; try again.")
}

// plan is what a move would do.
type plan struct {
	from, to string
	total    int    // users to move
	needed   int    // seats that the target must have for them
	underWay string // the move that the source is frozen by, where that is the refusal
}

// plan reads and checks what a move would do. It counts outside of any transaction: for a hundred
// thousand users that takes longer than others should have to wait.
func (s *Service) plan(ctx context.Context, from, to string) (plan, error) {
	p := plan{from: from, to: to}
	e, err := s.readEnds(ctx, from, to)
	if err != nil {
		return p, err
	}
	if p.underWay, err = e.check(from, to); err != nil {
		return p, err
	}
	p.total = e.source.Assigned
	if p.needed, err = s.countNeeded(ctx, e); err != nil {
		return p, fmt.Errorf("count the seats that are needed: %w", err)
	}
	return p, e.checkSeats(p.needed)
}

// accept checks again and does it. What the plan counted still holds when the number of the
// source's licenses does; should somebody lose a license of the target just then, the worker
// takes them a seat that is not reserved.
func (s *Service) accept(ctx context.Context, v viewer.Viewer, p plan) (m *ent.Move, underWay string, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := lockEnds(ctx, tx, v.Tenant, p.from, p.to)
		if err != nil {
			return err
		}
		if underWay, err = e.check(p.from, p.to); err != nil {
			return err
		}
		if e.source.Assigned != p.total {
			return errStale
		}
		if err := e.checkSeats(p.needed); err != nil {
			return err
		}
		m, err = s.queue(ctx, tx, v, e, p)
		return err
	})
	return m, underWay, err
}

func (s *Service) queue(ctx context.Context, tx *store.Tx, v viewer.Viewer, e ends, p plan) (*ent.Move, error) {
	moveID, now := s.ids.New(id.Move), instant.From(s.now())
	reserved, err := reserve(ctx, tx, v.Tenant, p.to, p.needed)
	if err != nil {
		return nil, fmt.Errorf("reserve seats: %w", err)
	}
	frozen, err := freeze(ctx, tx, v.Tenant, p.from, moveID)
	if err != nil {
		return nil, fmt.Errorf("freeze the source: %w", err)
	}
	if !reserved || !frozen { // both are locked and were checked
		return nil, errStale
	}
	m, err := tx.Move.Create().SetID(moveID).SetSourceID(p.from).SetTargetID(p.to).SetStatus(string(model.MoveStatusQueued)).
		SetTotal(p.total).SetReserved(p.needed).SetSequence(1).
		SetNillableRequestedBy(optional(v.User)).SetRequestedByName(v.Name).SetRequestID(audit.RequestID(ctx)).
		SetRequestedAt(now).SetChangedAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("queue the move: %w", err)
	}
	return m, s.trail.Record(ctx, tx,
		audit.Event{Action: audit.MoveRequested, Subject: moveID, Changes: []audit.Change{
			audit.Changed("source", "", p.from), audit.Changed("target", "", p.to), audit.Changed("total", "", fmt.Sprint(p.total)),
		}},
		audit.Event{Action: audit.PurchaseFrozen, Subject: p.from, Changes: []audit.Change{audit.Changed("move", "", moveID)}},
		audit.Event{Action: audit.SeatsReserved, Subject: p.to, Changes: []audit.Change{
			audit.Changed("move", "", moveID), audit.ChangedInt("reservedQuantity", e.target.Reserved, e.target.Reserved+p.needed),
		}},
	)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
