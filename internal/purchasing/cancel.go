package purchasing

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/may"
	"purser/internal/note"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Cancellation is what to cancel, and why.
type Cancellation struct {
	PurchaseID string
	Reason     model.CancellationReason
	Feedback   *string // at most 2,000 characters
}

// releasedAtOnce is how many licenses are deleted in the transaction of the cancellation; more
// would keep other writers waiting.
const releasedAtOnce = 1000

// Cancel ends a purchase, and returns how many people lost their license. Its purchaser, and a
// global or billing admin of a central one, cancel it the ordinary way: it is DISABLED, does not
// renew, and licenses stay. The same admins take over somebody else's self-service purchase: it is DELETED,
// nobody holds a license any more, and the purchaser is told by mail. The change, its audit event
// and the mail are one transaction; the licenses of large ones are cleared away behind it.
// It returns fault.NotFound, WrongStatus, MoveInProgress and Conflict at "purchaseId",
// fault.Invalid at "feedback" or "reason", and fault.Forbidden for who sees it but may not.
func (s *Service) Cancel(ctx context.Context, c Cancellation) (released int, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return 0, fault.New(fault.Internal, "cancelling without a viewer")
	}
	if err := c.check(); err != nil {
		return 0, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := may.Lock(ctx, tx, c.PurchaseID)
		if err != nil {
			return err
		}
		standing := may.Standing(p)
		if standing.Receiving, err = receiving(ctx, tx, p.ID); err != nil {
			return err
		}
		end, f := may.Cancel(v, standing)
		if f != nil {
			return f.At("purchaseId")
		}
		released, err = s.cancel(ctx, tx, v, p, c, end)
		return err
	})
	if err != nil {
		return 0, err
	}
	if released > releasedAtOnce {
		store.AfterCommit(ctx, s.wakeUp)
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return released, nil
}

// receiving tells whether users are being moved to the purchase.
func receiving(ctx context.Context, tx *store.Tx, purchaseID string) (bool, error) {
	some, err := tx.Move.Query().Where(move.TargetID(purchaseID), move.FinishedAtIsNil()).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look for moves to the purchase: %w", err)
	}
	return some, nil
}

func (c Cancellation) check() error {
	if !c.Reason.IsValid() {
		return fault.New(fault.Invalid, "There is no such reason.").At("reason")
	}
	return note.Check(c.Feedback, "feedback")
}

// cancel changes the purchase, and everything that follows from it.
func (s *Service) cancel(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *ent.Purchase, c Cancellation, end may.Ending) (int, error) {
	at, released := instant.From(s.now()), 0
	takeOver := end.Status == model.SubscriptionStatusDeleted
	next := lifecycle.Of(p)
	next.Status, next.CanceledAt = end.Status, at
	next.Renews = next.Renews && takeOver
	u := update(tx, p).SetStatus(string(end.Status)).SetCanceledAt(at).SetNillableCanceledBy(v.Actor()).
		SetCancellationReason(string(c.Reason)).SetCancellationCause(string(end.Cause)).
		SetRecurringBilling(next.Renews).SetDueAt(next.Due())
	if v.User == "" {
		u.ClearCanceledBy()
	}
	if c.Feedback != nil && *c.Feedback != "" {
		u.SetCancellationFeedback(*c.Feedback)
	} else {
		u.ClearCancellationFeedback()
	}
	told := append(changes(lifecycle.Of(p), next), audit.Changed("reason", "", string(c.Reason)))
	if takeOver {
		released = p.Assigned
		u.SetAssigned(0).SetReleasing(released > releasedAtOnce)
		told = append(told, audit.ChangedInt("assignedQuantity", released, 0))
	}
	if err := s.save(ctx, tx, u, audit.Event{Action: audit.PurchaseCanceled, Subject: p.ID, Changes: told}); err != nil {
		return 0, err
	}
	if !takeOver {
		return 0, nil
	}
	return released, s.takenOver(ctx, tx, v, p, c, at)
}

// takenOver deletes the licenses, unless there are many, and tells the purchaser.
func (s *Service) takenOver(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *ent.Purchase, c Cancellation, at instant.Milli) error {
	if p.Assigned <= releasedAtOnce {
		if _, err := tx.License.Delete().Where(license.PurchaseID(p.ID)).Exec(ctx); err != nil {
			return fmt.Errorf("release the licenses: %w", err)
		}
	}
	if p.PurchaserID == nil {
		return nil
	}
	_, err := s.outbox.Queue(ctx, tx, outbox.Mail{To: *p.PurchaserID, Purchases: []string{p.ID}, About: outbox.SubscriptionCanceled{
		Purchase: p.ID, Subscription: p.Edges.Product.Name, Seats: p.Quantity, Users: p.Assigned, At: at, By: v.Name, Reason: c.Reason,
	}})
	return err
}
