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
	"purser/internal/moveplan"
	"purser/internal/store"
	"purser/internal/viewer"
)

// errStale says that the purchases have changed since the plan was made.
var errStale = errors.New("the purchases changed since the move was planned")

// Request is a move of the users of one purchase to another.
type Request struct {
	From, To string   // purchases
	Users    []string // only these, at most moveplan.MostUsers; nil: everyone
	DryRun   bool     // plan only
}

// Answer is what became of a request.
type Answer struct {
	// MoveID is the move that was accepted, or that is under way already; "" where there is none.
	MoveID string
	// Plan is what the move would need; nil where one of the purchases does not exist.
	Plan *moveplan.Plan
}

// MoveUsers accepts a move of licensed users of one purchase to another. Global and billing
// admins may. In one transaction it reserves the seats on the target, freezes the source, queues
// the move, records the users of a subset, and leaves an audit event on each of the three; a worker
// does the rest. A dry run checks the same and changes nothing.
// A refusal comes with what there is of the answer: fault.Forbidden; at "fromPurchaseId"
// fault.NotFound, WrongStatus, NotSelfService and MoveInProgress; at "toPurchaseId" fault.NotFound,
// SameSubscription, WrongStatus, TakeOverRequired and NotEnoughSeats; at "userIds" fault.Invalid, and
// of each that is wrong fault.Invalid, NotFound or NotLicensed.
func (s *Service) MoveUsers(ctx context.Context, r Request) (Answer, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return Answer{}, fault.New(fault.Internal, "moving users without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return Answer{}, fault.New(fault.Forbidden, "Only a global admin or a billing admin can move users.")
	}
	const tries = 3
	for range tries {
		p, e, err := s.plan(ctx, r)
		if err != nil {
			return Answer{}, err
		}
		answer := Answer{Plan: p}
		if p.Refusal != nil || r.DryRun {
			answer.MoveID = e.source.ActiveMove
			return answer, p.Refusal
		}
		m, err := s.accept(ctx, v, r, p)
		if errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return answer, err
		}
		store.AfterCommit(ctx, func() {
			s.wakeUp()
			s.hub.publish(progressOf(m))
		})
		answer.MoveID = m.ID
		return answer, nil
	}
	return Answer{}, fault.New(fault.Conflict, "The subscriptions are being changed; try again.")
}

// accept checks again and does it. What the plan counted still holds when the ends have not
// changed; should somebody lose a license of the target just then, the worker takes them a seat
// that is not reserved.
func (s *Service) accept(ctx context.Context, v viewer.Viewer, r Request, p *moveplan.Plan) (m *ent.Move, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := lockEnds(ctx, tx, v.Tenant, r.From, r.To)
		if err != nil {
			return err
		}
		changed := moveplan.Check(e.source, e.target) != nil || r.Users == nil && e.source.Assigned != p.Users ||
			moveplan.CheckSeats(e.target, p.Needed) != nil
		if changed { // a new plan says how
			return errStale
		}
		m, err = s.queue(ctx, tx, v, e, r, p)
		return err
	})
	return m, err
}

func (s *Service) queue(ctx context.Context, tx *store.Tx, v viewer.Viewer, e ends, r Request, p *moveplan.Plan) (*ent.Move, error) {
	moveID, now := s.ids.New(id.Move), instant.From(s.now())
	reserved, err := reserve(ctx, tx, v.Tenant, r.To, p.Needed)
	if err != nil {
		return nil, fmt.Errorf("reserve seats: %w", err)
	}
	frozen, err := freeze(ctx, tx, v.Tenant, r.From, moveID)
	if err != nil {
		return nil, fmt.Errorf("freeze the source: %w", err)
	}
	if !reserved || !frozen { // both are locked and were checked
		return nil, errStale
	}
	m, err := tx.Move.Create().SetID(moveID).SetSourceID(r.From).SetTargetID(r.To).SetStatus(string(model.MoveStatusQueued)).
		SetSubset(r.Users != nil).SetTotal(p.Users).SetReserved(p.Needed).SetSequence(1).
		SetNillableRequestedBy(v.Actor()).SetRequestedByName(v.Name).SetRequestID(audit.RequestID(ctx)).
		SetRequestedAt(now).SetChangedAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("queue the move: %w", err)
	}
	if r.Users != nil {
		if err := recordSubset(ctx, tx, m, r.Users); err != nil {
			return nil, err
		}
	}
	if err := s.announce(ctx, tx, m); err != nil {
		return nil, err
	}
	return m, s.trail.Record(ctx, tx,
		audit.Event{Action: audit.MoveRequested, Subject: moveID, Changes: []audit.Change{
			audit.Changed("source", "", r.From), audit.Changed("target", "", r.To), audit.Changed("total", "", fmt.Sprint(p.Users)),
		}},
		audit.Event{Action: audit.PurchaseFrozen, Subject: r.From, Changes: []audit.Change{audit.Changed("move", "", moveID)}},
		audit.Event{Action: audit.SeatsReserved, Subject: r.To, Changes: []audit.Change{
			audit.Changed("move", "", moveID), audit.ChangedInt("reservedQuantity", e.target.Reserved, e.target.Reserved+p.Needed),
		}},
	)
}
