package takeover

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/outbox"
	"purser/internal/store"
)

// succeed ends a move that has taken all its users: it cancels the source when nobody is left on it
// and tells the purchaser, and releases what is left of the reservation.
func (s *Service) succeed(ctx context.Context, tx *store.Tx, m *ent.Move, e ends) error {
	at, was, left := instant.From(s.now()), m.Status, m.Reserved
	emptied := e.source.Assigned == 0
	if err := letGo(ctx, tx, m, emptied, at); err != nil {
		return err
	}
	m.Status, m.Reserved = string(model.MoveStatusSucceeded), 0
	m.Gone = max(m.Total-m.Moved-m.AlreadyLicensed, m.Gone)
	if err := s.save(ctx, tx, m); err != nil {
		return err
	}
	source := audit.Event{Action: audit.PurchaseReleased, Subject: m.SourceID, Changes: []audit.Change{audit.Changed("move", m.ID, "")}}
	if emptied {
		if err := s.tell(ctx, tx, m, at); err != nil {
			return err
		}
		source = audit.Event{Action: audit.PurchaseCanceled, Subject: m.SourceID, Changes: []audit.Change{
			audit.Changed("status", string(e.source.Status), string(model.SubscriptionStatusDeleted)),
			audit.Changed("reason", "", string(model.CancellationReasonCentralized)),
			audit.ChangedInt("assignedQuantity", m.Total, 0),
		}}
	}
	return s.trail.Record(ctx, tx,
		audit.Event{Action: audit.MoveSucceeded, Subject: m.ID, Changes: append(counts(m), audit.Changed("status", was, m.Status))},
		source,
		audit.Event{Action: audit.UsersReceived, Subject: m.TargetID, Changes: []audit.Change{
			audit.Changed("move", "", m.ID), audit.Changed("moved", "", fmt.Sprint(m.Moved)),
			audit.ChangedInt("reservedQuantity", e.target.Reserved, e.target.Reserved-left),
		}},
	)
}

// letGo ends what the move holds of its source and its target: the source is cancelled, or lives on.
func letGo(ctx context.Context, tx *store.Tx, m *ent.Move, cancel bool, at instant.Milli) error {
	if !cancel {
		if err := unfreeze(ctx, tx, m.TenantID, m.SourceID, m.ID); err != nil {
			return fmt.Errorf("unfreeze the source: %w", err)
		}
	} else if mine, err := bury(ctx, tx, m.TenantID, m.SourceID, m.ID, at, m.RequestedBy); err != nil {
		return fmt.Errorf("cancel the source: %w", err)
	} else if !mine { // it is locked, and was when that was checked
		return fault.New(fault.Internal, "the source %s is not frozen by the move %s", m.SourceID, m.ID)
	}
	if err := release(ctx, tx, m.TenantID, m.TargetID, m.Reserved); err != nil {
		return fmt.Errorf("release the reservation: %w", err)
	}
	return nil
}

// fail ends a move that cannot go on.
func (s *Service) fail(ctx context.Context, tx *store.Tx, m *ent.Move, e ends, f *fault.Error) error {
	code := string(f.Code)
	m.Failure, m.FailureMessage = &code, &f.Message
	return s.stop(ctx, tx, m, e, model.MoveStatusFailed, audit.MoveFailed)
}

// stop ends a move early: who was moved stays moved, who was not stays where they are, the
// reservation is released and the source lives on (R21).
func (s *Service) stop(ctx context.Context, tx *store.Tx, m *ent.Move, e ends, to model.MoveStatus, action audit.Action) error {
	was, left := m.Status, m.Reserved
	if err := letGo(ctx, tx, m, false, 0); err != nil {
		return err
	}
	m.Status, m.Reserved = string(to), 0
	if err := s.save(ctx, tx, m); err != nil {
		return err
	}
	ended := append(counts(m), audit.Changed("status", was, m.Status))
	if m.Failure != nil {
		ended = append(ended, audit.Changed("failure", "", *m.Failure))
	}
	freed := []audit.Change{audit.Changed("move", m.ID, ""), audit.Changed("moved", "", fmt.Sprint(m.Moved))}
	if e.target != nil {
		freed = append(freed, audit.ChangedInt("reservedQuantity", e.target.Reserved, e.target.Reserved-left))
	}
	return s.trail.Record(ctx, tx,
		audit.Event{Action: action, Subject: m.ID, Changes: ended},
		audit.Event{Action: audit.PurchaseReleased, Subject: m.SourceID, Changes: []audit.Change{audit.Changed("move", m.ID, "")}},
		audit.Event{Action: audit.SeatsFreed, Subject: m.TargetID, Changes: freed},
	)
}

// failForSeats ends a move, in a transaction of its own, whose batch was rolled back for want of seats.
func (s *Service) failForSeats(ctx context.Context, t *task) (m *ent.Move, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if m, err = s.hold(ctx, tx, t); err != nil {
			return err
		}
		e, err := lockEnds(ctx, tx, m.TenantID, m.SourceID, m.TargetID)
		if err != nil {
			return err
		}
		return s.fail(forRequester(ctx, m), tx, m, e, fault.New(fault.NotEnoughSeats,
			"The subscription to move to has no free seats for those who lost theirs there meanwhile."))
	})
	return m, err
}

func counts(m *ent.Move) []audit.Change {
	return []audit.Change{
		audit.Changed("moved", "", fmt.Sprint(m.Moved)),
		audit.Changed("alreadyLicensed", "", fmt.Sprint(m.AlreadyLicensed)),
		audit.Changed("gone", "", fmt.Sprint(m.Gone)),
	}
}

// tell queues the mail to the source's purchaser.
func (s *Service) tell(ctx context.Context, tx *store.Tx, m *ent.Move, at instant.Milli) error {
	list, err := tx.Purchase.Query().Where(purchase.IDIn(m.SourceID, m.TargetID)).WithProduct().All(ctx)
	if err != nil {
		return fmt.Errorf("read what the mail is about: %w", err)
	}
	about := outbox.SubscriptionCanceled{
		Purchase: m.SourceID, Users: m.Moved + m.AlreadyLicensed, At: at, By: m.RequestedByName, Reason: model.CancellationReasonCentralized,
	}
	var to *string
	for _, p := range list {
		if p.ID == m.SourceID {
			to, about.Subscription, about.Seats = p.PurchaserID, p.Edges.Product.Name, p.Quantity
		} else {
			about.MovedTo = p.Edges.Product.Name
		}
	}
	if to == nil {
		return nil
	}
	_, err = s.outbox.Queue(ctx, tx, outbox.Mail{To: *to, Purchases: []string{m.SourceID, m.TargetID}, About: about})
	return err
}
