package takeover

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/bulk"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/may"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// TakeOwnership makes a self-service purchase the organization's: it becomes CENTRAL, bought by the
// administrator who does it, and nobody loses a license (R23). The former purchaser is told by mail.
// Global and billing admins may. The change, its audit event and the mail are one transaction.
// It returns fault.Forbidden, and at "purchaseId" fault.NotFound, WrongStatus, NotSelfService,
// MoveInProgress and Conflict.
func (s *Service) TakeOwnership(ctx context.Context, purchaseID string) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "taking ownership without a viewer")
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := may.Lock(ctx, tx, purchaseID)
		if err != nil {
			return err
		}
		if f := may.TakeOwnership(v, may.Standing(p)); f != nil {
			return f.At("purchaseId")
		}
		return s.own(ctx, tx, v, p)
	})
	if err != nil {
		return err
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return nil
}

func (s *Service) own(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *ent.Purchase) error {
	var admin *ent.User
	if v.User != "" {
		var err error
		if admin, err = tx.User.Get(ctx, v.User); err != nil {
			return fmt.Errorf("read who takes ownership: %w", err)
		}
	}
	at, next := instant.From(s.now()), *p
	bulk.KeyPurchase(&next, p.Edges.Product, admin)
	u := tx.Purchase.Update().Where(purchase.ID(p.ID), purchase.Source(p.Source), purchase.Status(p.Status), purchase.ActiveMoveIDIsNil()).
		SetSource(string(model.PurchaseSourceCentral)).SetOwnershipTakenAt(at).
		SetPurchaserKey(next.PurchaserKey).SetSearchKey(next.SearchKey)
	if next.PurchaserID == nil {
		u.ClearPurchaserID()
	} else {
		u.SetPurchaserID(*next.PurchaserID)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("take ownership: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "The subscription was changed in the meantime; read it again and retry.").At("purchaseId")
	}
	if err := s.trail.Record(ctx, tx, audit.Event{Action: audit.OwnershipTaken, Subject: p.ID, Changes: []audit.Change{
		audit.Changed("source", p.Source, string(model.PurchaseSourceCentral)), audit.Changed("purchaser", deref(p.PurchaserID), v.User),
	}}); err != nil {
		return err
	}
	if p.PurchaserID == nil || *p.PurchaserID == v.User {
		return nil // there is nobody to tell
	}
	_, err = s.outbox.Queue(ctx, tx, outbox.Mail{To: *p.PurchaserID, Purchases: []string{p.ID}, About: outbox.OwnershipTaken{
		Purchase: p.ID, Subscription: p.Edges.Product.Name, Seats: p.Quantity, Users: p.Assigned, At: at, By: v.Name,
	}})
	return err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
