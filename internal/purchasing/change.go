package purchasing

import (
	"context"
	"fmt"
	"strconv"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/may"
	"purser/internal/policy"
	"purser/internal/store"
	"purser/internal/viewer"
)

// ChangeQuantity sets how many seats a purchase has in all (R15). The purchaser may on their own, a
// global or billing admin on a central one. The change and its audit event are one transaction; the
// number that it has already changes nothing.
// It returns fault.Invalid and BelowAssigned at "quantity", and at "purchaseId" fault.NotFound,
// Forbidden, WrongStatus, TakeOverRequired, MoveInProgress and Conflict.
func (s *Service) ChangeQuantity(ctx context.Context, purchaseID string, quantity int) error {
	return s.change(ctx, purchaseID, may.ChangeQuantity, func(ctx context.Context, tx *store.Tx, p *ent.Purchase) error {
		if f := checkSeats(quantity, model.PurchaseKind(p.Kind)); f != nil {
			return f
		}
		if used := p.Assigned + p.Reserved; quantity < used {
			return fault.New(fault.BelowAssigned, "%d seats are in use or reserved; take licenses back first.", used).At("quantity")
		}
		if quantity == p.Quantity {
			return nil
		}
		u := update(tx, p).Where(purchase.Quantity(p.Quantity)).SetQuantity(quantity)
		return s.save(ctx, tx, u, audit.Event{Action: audit.QuantityChanged, Subject: p.ID, Changes: []audit.Change{
			audit.ChangedInt("quantity", p.Quantity, quantity),
		}})
	})
}

// SetRecurringBilling says whether a new term follows when the present one ends. The purchaser may on
// their own, a global or billing admin on a central one. The change and its audit event are one
// transaction; what is set already changes nothing.
// It returns at "purchaseId" fault.NotEligible where a trial has no payment method to renew with, and
// fault.NotFound, Forbidden, WrongStatus, TakeOverRequired, MoveInProgress and Conflict.
func (s *Service) SetRecurringBilling(ctx context.Context, purchaseID string, enabled bool) error {
	return s.change(ctx, purchaseID, may.SetRecurringBilling, func(ctx context.Context, tx *store.Tx, p *ent.Purchase) error {
		if enabled && p.Kind == string(model.PurchaseKindTrialWithoutPaymentMethod) {
			return fault.New(fault.NotEligible, "This trial has no payment method, and cannot renew.").At("purchaseId")
		}
		if enabled == p.RecurringBilling {
			return nil
		}
		next := lifecycle.Of(p)
		next.Renews = enabled
		u := update(tx, p).SetRecurringBilling(enabled).SetDueAt(next.Due())
		return s.save(ctx, tx, u, audit.Event{Action: audit.RenewalSet, Subject: p.ID, Changes: []audit.Change{
			changedBool("recurringBilling", p.RecurringBilling, enabled),
		}})
	})
}

// Reactivate makes an EXPIRED or DISABLED purchase ACTIVE again, with recurring billing: it is not
// cancelled any more, and where its term has ended a new one begins now. A trial with a payment method
// that has ended becomes a paid purchase, if the policy still lets users buy it. The purchaser may on
// their own, a global or billing admin on a central one. The change and its audit event are one
// transaction. It returns at "purchaseId" fault.NotEligible for another trial that has ended, fault.BlockedByPolicy,
// and fault.NotFound, Forbidden, WrongStatus, TakeOverRequired, MoveInProgress and Conflict.
func (s *Service) Reactivate(ctx context.Context, purchaseID string) error {
	return s.change(ctx, purchaseID, may.Reactivate, func(ctx context.Context, tx *store.Tx, p *ent.Purchase) error {
		now := instant.From(s.now())
		if p.ExpiresAt <= now {
			if err := begins(ctx, tx, p); err != nil {
				return err
			}
		}
		next := lifecycle.Of(p).Reactivate(now)
		u := update(tx, p).SetStatus(string(next.Status)).SetKind(string(next.Kind)).SetRecurringBilling(next.Renews).
			SetExpiresAt(next.ExpiresAt).SetTermAnchor(next.Anchor).SetNoticed(next.Noticed).SetDueAt(next.Due()).
			ClearCanceledAt().ClearCanceledBy().ClearCancellationReason().ClearCancellationFeedback().ClearCancellationCause()
		return s.save(ctx, tx, u, audit.Event{
			Action: audit.PurchaseReactivated, Subject: p.ID, Changes: changes(lifecycle.Of(p), next),
		})
	})
}

// begins tells why a new term of the purchase cannot begin.
func begins(ctx context.Context, tx *store.Tx, p *ent.Purchase) error {
	switch model.PurchaseKind(p.Kind) {
	case model.PurchaseKindTrialWithoutPaymentMethod:
		return fault.New(fault.NotEligible, "This trial has ended; buy the product instead.").At("purchaseId")
	case model.PurchaseKindTrialWithPaymentMethod:
		ok, err := mayConvert(ctx, tx, p)
		if err == nil && !ok {
			err = blocked("Your organization does not let its users buy %s any more.", p.Edges.Product.Name).At("purchaseId")
		}
		return err
	case model.PurchaseKindPaid:
	}
	return nil
}

// mayConvert tells whether a trial may become a paid purchase: of a user's, the policy says so.
func mayConvert(ctx context.Context, tx *store.Tx, p *ent.Purchase) (bool, error) {
	if p.Source == string(model.PurchaseSourceCentral) {
		return true, nil
	}
	value, _, err := policy.Current(ctx, tx, p.Edges.Product)
	return policy.Allows(value, p.Edges.Product, model.PurchaseKindPaid), err
}

// change does something to a purchase that the rule lets the viewer do, in one transaction.
func (s *Service) change(ctx context.Context, purchaseID string, rule func(viewer.Viewer, may.Purchase) *fault.Error,
	do func(context.Context, *store.Tx, *ent.Purchase) error,
) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "changing a purchase without a viewer")
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := may.Lock(ctx, tx, purchaseID)
		if err != nil {
			return err
		}
		if f := rule(v, may.Standing(p)); f != nil {
			return f.At("purchaseId")
		}
		return do(ctx, tx, p)
	})
}

// update begins a change of the purchase as it was read, which no move holds.
func update(tx *store.Tx, p *ent.Purchase) *ent.PurchaseUpdate {
	return tx.Purchase.Update().Where(purchase.ID(p.ID), purchase.Status(p.Status), purchase.ActiveMoveIDIsNil())
}

// save makes the change, if the purchase still is as it was read, and leaves its event.
func (s *Service) save(ctx context.Context, tx *store.Tx, u *ent.PurchaseUpdate, e audit.Event) error {
	n, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "The subscription was changed in the meantime; read it again and retry.").At("purchaseId")
	}
	return s.trail.Record(ctx, tx, e)
}

// changes lists what differs between two stages of a purchase's life.
func changes(from, to lifecycle.Purchase) []audit.Change {
	var list []audit.Change
	if from.Status != to.Status {
		list = append(list, audit.Changed("status", string(from.Status), string(to.Status)))
	}
	if from.Kind != to.Kind {
		list = append(list, audit.Changed("kind", string(from.Kind), string(to.Kind)))
	}
	if from.ExpiresAt != to.ExpiresAt {
		list = append(list, audit.Changed("expiresAt", from.ExpiresAt.String(), to.ExpiresAt.String()))
	}
	if from.Renews != to.Renews {
		list = append(list, changedBool("recurringBilling", from.Renews, to.Renews))
	}
	return list
}

func changedBool(field string, from, to bool) audit.Change {
	return audit.Changed(field, strconv.FormatBool(from), strconv.FormatBool(to))
}
