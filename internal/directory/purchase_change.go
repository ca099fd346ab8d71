package directory

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/fault"
	"purser/internal/lifecycle"
)

// changed returns a purchase as its line changes it. What a purchase is (product, source, begin)
// stays; DELETED is final; a move under way is not disturbed; seats never run short.
func (im *importer) changed(ctx context.Context, l *purchaseLine, old *ent.Purchase) (*ent.Purchase, error) {
	if old.OwnershipTakenAt != nil {
		l.passOverOwner()
	}
	l.passOverTime(old, im.now)
	l.checkFixed(old)
	next := *old
	if old.CanceledAt != nil && old.Status == string(model.SubscriptionStatusDeleted) {
		return &next, nil // where the data comes from, nobody knows that it was cancelled here
	}
	set(&next.Kind, l.kind)
	set(&next.Status, l.status)
	set(&next.Quantity, l.quantity)
	set(&next.UnitPrice, l.unitPrice)
	set(&next.Currency, l.currency)
	set(&next.BillingTerm, l.term)
	set(&next.RecurringBilling, l.recurring)
	set(&next.ExpiresAt, l.expiresAt)
	if err := im.changeBuyer(ctx, l, old, &next); err != nil {
		return nil, err
	}
	if l.failed || samePurchase(old, &next) {
		return &next, nil
	}
	l.checkEnd(&next)
	switch used := old.Assigned + old.Reserved; {
	case old.Status == string(model.SubscriptionStatusDeleted):
		l.wrong("status", "%s: it is DELETED, which is final", fault.WrongStatus)
	case old.ActiveMoveID != nil:
		l.wrong("ref", "%s: its users are being moved away", fault.MoveInProgress)
	case next.Quantity < used && next.Status != string(model.SubscriptionStatusDeleted):
		l.wrong("quantity", "QUANTITY_BELOW_ASSIGNED: %d seats are in use or reserved", used)
	}
	if next.Status == string(model.SubscriptionStatusActive) && old.Status != next.Status {
		next.CanceledAt, next.CanceledBy, next.CancellationReason = nil, nil, nil
		next.CancellationFeedback, next.CancellationCause = nil, nil
	}
	if next.Kind != old.Kind { // a trial, whose end began the first term
		next.TermAnchor = old.ExpiresAt
	}
	if next.ExpiresAt != old.ExpiresAt {
		next.Noticed = 0 // it is another term
	}
	next.DueAt = lifecycle.Of(&next).Due()
	return &next, im.checkTarget(ctx, l, old, &next)
}

// passOverOwner forgets who owns the purchase by its line: where the data comes from, nobody knows
// that the organization has taken it.
func (l *purchaseLine) passOverOwner() {
	if l.source != nil && *l.source == string(model.PurchaseSourceSelfService) {
		l.source = nil
	}
	l.purchaser, l.buyer = clearable{}, nil
}

// checkFixed says which fields an import cannot change.
func (l *purchaseLine) checkFixed(old *ent.Purchase) {
	if l.product != nil && l.product.ID != old.ProductID {
		l.wrong("productId", "cannot change")
	}
	if l.source != nil && *l.source != old.Source {
		l.wrong("source", "cannot change: it is %s", old.Source)
	}
	if l.purchasedAt != nil && *l.purchasedAt != old.PurchasedAt {
		l.wrong("purchasedAt", "cannot change: it is %s", old.PurchasedAt)
	}
	// a trial turns into a paid purchase, and nothing else does
	if l.kind != nil && *l.kind != old.Kind && *l.kind != string(model.PurchaseKindPaid) {
		l.wrong("kind", "cannot change: it is %s", old.Kind)
	}
}

func (im *importer) changeBuyer(ctx context.Context, l *purchaseLine, old, next *ent.Purchase) error {
	buyer := ""
	if l.buyer != nil {
		buyer = l.buyer.ID
	}
	if !l.purchaser.given || l.failed || old.PurchaserID == nil && buyer == "" || old.PurchaserID != nil && *old.PurchaserID == buyer {
		return nil
	}
	l.checkBuyer(old)
	product := l.product
	if product == nil {
		var err error
		if product, err = im.tx.Product.Get(ctx, old.ProductID); err != nil {
			return fmt.Errorf("find the product of purchase %s: %w", old.ID, err)
		}
	}
	bulk.KeyPurchase(next, product, l.buyer)
	return nil
}

// checkTarget says that a purchase which users are being moved to is not cancelled. It may lapse:
// then the move fails.
func (im *importer) checkTarget(ctx context.Context, l *purchaseLine, old, next *ent.Purchase) error {
	if l.failed || next.Status == old.Status || next.Status != string(model.SubscriptionStatusDeleted) {
		return nil
	}
	busy, err := im.tx.Move.Query().Where(move.TargetID(old.ID), move.FinishedAtIsNil()).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find moves to purchase %s: %w", old.ID, err)
	}
	if busy {
		l.wrong("status", "%s: users are being moved to it", fault.MoveInProgress)
	}
	return nil
}

func samePurchase(a, b *ent.Purchase) bool {
	return sameText(a.PurchaserID, b.PurchaserID) && a.Kind == b.Kind && a.Status == b.Status && a.Quantity == b.Quantity &&
		a.UnitPrice == b.UnitPrice && a.Currency == b.Currency && a.BillingTerm == b.BillingTerm &&
		a.RecurringBilling == b.RecurringBilling && a.ExpiresAt == b.ExpiresAt
}
