package purchasing

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/move"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
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

const (
	maxFeedback = 2000
	// releasedAtOnce is how many licenses are deleted in the transaction of the cancellation;
	// more would keep other writers waiting.
	releasedAtOnce = 1000
)

// way is how a purchase is cancelled.
type way struct {
	to    model.SubscriptionStatus
	cause model.CancellationCause
}

func (w way) takeOver() bool { return w.cause == model.CancellationCauseAdminTakeOverCancel }

// Cancel ends a purchase, and returns how many people lost their license. Its purchaser, and a
// global or billing admin of a central one, cancel it the ordinary way: it is DISABLED, and
// licenses stay. The same admins take over somebody else's self-service purchase: it is DELETED,
// nobody holds a license any more, and the purchaser is told by mail. The change, its audit event
// and the mail are one transaction; the licenses of large ones are cleared away behind it.
// It returns fault.NotFound, WrongStatus, MoveInProgress and Conflict at "purchaseId",
// fault.Invalid at "feedback" or "reason", and fault.Forbidden for who sees it but may not.
func (s *Service) Cancel(ctx context.Context, c Cancellation) (released int, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return 0, fault.New(fault.Internal, "cancelling without a viewer")
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := lock(ctx, tx, c.PurchaseID)
		if err != nil {
			return err
		}
		how, err := allowed(v, p)
		if err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		if err := possible(ctx, tx, p, how); err != nil {
			return err
		}
		released, err = s.cancel(ctx, tx, v, p, c, how)
		return err
	})
	if err != nil {
		return 0, err
	}
	if released > releasedAtOnce {
		s.wakeUp()
	}
	return released, nil
}

// lock reads the purchase with its product; on PostgreSQL nobody else changes it meanwhile.
func lock(ctx context.Context, tx *store.Tx, purchaseID string) (*ent.Purchase, error) {
	q := tx.Purchase.Query().Where(purchase.ID(purchaseID)).WithProduct()
	if tx.Postgres() {
		q.ForUpdate()
	}
	p, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read the purchase: %w", err)
	}
	return p, nil
}

func notFound() error {
	return fault.New(fault.NotFound, "There is no such purchase.").At("purchaseId")
}

// allowed tells in which way the viewer may cancel the purchase, if at all.
func allowed(v viewer.Viewer, p *ent.Purchase) (way, error) {
	own := v.User != "" && p.PurchaserID != nil && *p.PurchaserID == v.User
	central := p.Source == string(model.PurchaseSourceCentral)
	switch {
	case own && !central:
		return way{model.SubscriptionStatusDisabled, model.CancellationCausePurchaser}, nil
	case !own && !v.SeesAllPurchases():
		return way{}, notFound()
	case !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin):
		return way{}, fault.New(fault.Forbidden, "Only its purchaser, a global admin or a billing admin can cancel this subscription.")
	case central:
		return way{model.SubscriptionStatusDisabled, model.CancellationCauseAdminCentral}, nil
	}
	return way{model.SubscriptionStatusDeleted, model.CancellationCauseAdminTakeOverCancel}, nil
}

func (c Cancellation) check() error {
	if !c.Reason.IsValid() {
		return fault.New(fault.Invalid, "There is no such reason.").At("reason")
	}
	if c.Feedback == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*c.Feedback); n > maxFeedback {
		return fault.New(fault.Invalid, "Feedback has at most %d characters; this has %d.", maxFeedback, n).At("feedback")
	}
	if strings.ContainsRune(*c.Feedback, 0) || !utf8.ValidString(*c.Feedback) {
		return fault.New(fault.Invalid, "Feedback is text; it cannot hold NUL characters.").At("feedback")
	}
	return nil
}

// possible checks the state of the purchase, its status before anything else.
func possible(ctx context.Context, tx *store.Tx, p *ent.Purchase, how way) error {
	switch status := model.SubscriptionStatus(p.Status); {
	case status == model.SubscriptionStatusDeleted:
		return fault.New(fault.WrongStatus, "This subscription is DELETED already, for good.").At("purchaseId")
	case status == how.to:
		return fault.New(fault.WrongStatus, "This subscription is %s already.", status).At("purchaseId")
	case p.ActiveMoveID != nil:
		return fault.New(fault.MoveInProgress, "The users of this subscription are being moved; wait for the move to end.").At("purchaseId")
	}
	target, err := tx.Move.Query().Where(move.TargetID(p.ID), move.StatusIn(
		string(model.MoveStatusQueued), string(model.MoveStatusRunning))).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for moves to the purchase: %w", err)
	}
	if target {
		return fault.New(fault.MoveInProgress, "Users are being moved to this subscription; wait for the move to end.").At("purchaseId")
	}
	return nil
}

// cancel changes the purchase, and everything that follows from it.
func (s *Service) cancel(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *ent.Purchase, c Cancellation, how way) (int, error) {
	at, released := instant.From(s.now()), 0
	u := tx.Purchase.Update().Where(purchase.ID(p.ID), purchase.Status(p.Status), purchase.ActiveMoveIDIsNil()).
		SetStatus(string(how.to)).SetCanceledAt(at).SetNillableCanceledBy(optional(v.User)).
		SetCancellationReason(string(c.Reason)).SetCancellationCause(string(how.cause))
	if v.User == "" {
		u.ClearCanceledBy()
	}
	if c.Feedback != nil && *c.Feedback != "" {
		u.SetCancellationFeedback(*c.Feedback)
	} else {
		u.ClearCancellationFeedback()
	}
	changes := []audit.Change{
		audit.Changed("status", p.Status, string(how.to)),
		audit.Changed("reason", "", string(c.Reason)),
	}
	if how.takeOver() {
		released = p.Assigned
		u.SetAssigned(0).SetReleasing(released > releasedAtOnce)
		changes = append(changes, audit.ChangedInt("assignedQuantity", released, 0))
	}
	n, err := u.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("cancel the purchase: %w", err)
	}
	if n == 0 {
		return 0, fault.New(fault.Conflict, "The subscription was changed in the meantime; read it again and retry.").At("purchaseId")
	}
	if err := s.trail.Record(ctx, tx, audit.Event{Action: audit.PurchaseCanceled, Subject: p.ID, Changes: changes}); err != nil {
		return 0, err
	}
	if !how.takeOver() {
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
	return s.outbox.Queue(ctx, tx, outbox.Mail{To: *p.PurchaserID, Purchases: []string{p.ID}, About: outbox.SubscriptionCanceled{
		Purchase: p.ID, Subscription: p.Edges.Product.Name, Seats: p.Quantity, Users: p.Assigned, At: at, By: v.Name, Reason: c.Reason,
	}})
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
