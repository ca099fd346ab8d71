package may

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/store"
)

// Lock reads, with its product, a purchase that is to be decided on; on PostgreSQL nobody else
// changes it until the transaction ends. An unknown one is fault.NotFound at "purchaseId".
func Lock(ctx context.Context, tx *store.Tx, purchaseID string) (*ent.Purchase, error) {
	q := tx.Purchase.Query().Where(purchase.ID(id.Known(purchaseID))).WithProduct()
	if tx.Postgres() {
		q.ForUpdate()
	}
	p, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, NotFound().At("purchaseId")
	}
	if err != nil {
		return nil, fmt.Errorf("read the purchase: %w", err)
	}
	return p, nil
}

// Standing returns what the rules have to know of a stored purchase. Who has left shows when the
// purchaser was loaded with it; whether users are being moved to it is for the caller to add.
func Standing(p *ent.Purchase) Purchase {
	s := Purchase{
		Source: model.PurchaseSource(p.Source), Status: model.SubscriptionStatus(p.Status), Moving: p.ActiveMoveID != nil,
	}
	if p.PurchaserID != nil {
		s.Purchaser = *p.PurchaserID
	}
	if u := p.Edges.Purchaser; u != nil {
		s.Absent = u.Removed || !u.AccountEnabled
	}
	return s
}
