package purchasing

import (
	"cmp"
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/bulk"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/outbox"
	"purser/internal/policy"
	"purser/internal/store"
	"purser/internal/viewer"
)

// BuySelfService buys something for the user who asks, or begins a trial, and returns the purchase's
// id. It has no licenses yet. A member does it for themselves; a service credential and a partner
// cannot. The purchase, its audit event and a mail to each administrator are one transaction.
// It returns fault.Forbidden; fault.Invalid at "quantity", "kind" and "billingTerm"; fault.NotFound
// at "productId"; fault.NotEligible at "productId" or "kind" (R10); and fault.BlockedByPolicy at
// "productId" (R6).
func (s *Service) BuySelfService(ctx context.Context, o Order) (purchaseID string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return "", fault.New(fault.Internal, "buying without a viewer")
	}
	if !v.Roles.Has(viewer.Member) || v.User == "" {
		return "", fault.New(fault.Forbidden, "Only a member of the organization can buy for themselves.")
	}
	if f := o.check(); f != nil {
		return "", f
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		w, err := readWish(ctx, tx, v, o)
		if err != nil {
			return err
		}
		if f := w.refusal(); f != nil {
			return f
		}
		p, err := s.buy(ctx, tx, o, model.PurchaseSourceSelfService, w.product, w.user)
		if err != nil {
			return err
		}
		purchaseID = p.ID
		return s.tellAdmins(ctx, tx, p, w.product, w.user)
	})
	if err != nil {
		return "", err
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return purchaseID, nil
}

// BuyCentrally buys something for the organization, and returns the purchase's id. It has no licenses
// yet. Global and billing admins may; what the policy says and where the tenant is does not matter,
// and there are no trials: the kind may be left out. The purchase and its audit event are one transaction.
// It returns fault.Forbidden; fault.Invalid at "quantity", "kind" and "billingTerm"; fault.NotFound
// and NotEligible at "productId".
func (s *Service) BuyCentrally(ctx context.Context, o Order) (purchaseID string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return "", fault.New(fault.Internal, "buying without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return "", fault.New(fault.Forbidden, "Only a global admin or a billing admin can buy for the organization.")
	}
	o.Kind = cmp.Or(o.Kind, model.PurchaseKindPaid)
	if f := o.check(); f != nil {
		return "", f
	}
	if o.trial() {
		return "", fault.New(fault.Invalid, "Only users begin trials; an organization buys.").At("kind")
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		product, err := findProduct(ctx, tx, o.ProductID)
		if err != nil {
			return err
		}
		if f := policy.Sold(product); f != nil {
			return f
		}
		var admin *ent.User
		if v.User != "" {
			if admin, err = tx.User.Get(ctx, v.User); err != nil {
				return fmt.Errorf("read who buys: %w", err)
			}
		}
		p, err := s.buy(ctx, tx, o, model.PurchaseSourceCentral, product, admin)
		if err != nil {
			return err
		}
		purchaseID = p.ID
		return nil
	})
	if err != nil {
		return "", err
	}
	return purchaseID, nil
}

func findProduct(ctx context.Context, tx *store.Tx, productID string) (*ent.Product, error) {
	p, err := tx.Product.Get(ctx, id.Known(productID))
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such product.").At("productId")
	}
	if err != nil {
		return nil, fmt.Errorf("read the product: %w", err)
	}
	return p, nil
}

// readWish reads what has to be known to decide on an order. Until the transaction ends the user
// buys nothing else: two trials at once would each be the first.
func readWish(ctx context.Context, tx *store.Tx, v viewer.Viewer, o Order) (w wish, err error) {
	w.Order = o
	if w.product, err = findProduct(ctx, tx, o.ProductID); err != nil {
		return w, err
	}
	if o.trial() {
		if err := lockBuyer(ctx, tx, v); err != nil {
			return w, err
		}
	}
	if w.user, err = tx.User.Get(ctx, v.User); err != nil {
		return w, fmt.Errorf("read who buys: %w", err)
	}
	if w.tenant, err = tx.Tenant.Get(ctx, v.Tenant); err != nil {
		return w, fmt.Errorf("read the tenant: %w", err)
	}
	if w.policy, _, err = policy.Current(ctx, tx, w.product); err != nil {
		return w, err
	}
	if o.trial() {
		w.tried, err = tried(ctx, tx, v.User, w.product.ID)
	}
	return w, err
}

// lockBuyer keeps others from locking the user. What refers to the user is written nevertheless.
func lockBuyer(ctx context.Context, tx *store.Tx, v viewer.Viewer) error {
	if !tx.Postgres() {
		return nil // there is one writer
	}
	_, err := tx.Exec(ctx, "SELECT 1 FROM users WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) FOR NO KEY UPDATE", v.User, v.Tenant)
	if err != nil {
		return fmt.Errorf("lock who buys: %w", err)
	}
	return nil
}

// tried tells whether the user has had a trial of the product, whatever has become of it since.
func tried(ctx context.Context, tx *store.Tx, user, product string) (bool, error) {
	had, err := tx.Purchase.Query().Where(purchase.TriedBy(user), purchase.ProductID(product)).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("look for trials: %w", err)
	}
	return had, nil
}

// buy makes the purchase.
func (s *Service) buy(ctx context.Context, tx *store.Tx, o Order, source model.PurchaseSource, product *ent.Product, by *ent.User) (*ent.Purchase, error) {
	at := instant.From(s.now())
	p := &ent.Purchase{
		ID: s.ids.New(id.Purchase), Source: string(source), Kind: string(o.Kind), Status: string(model.SubscriptionStatusActive),
		Quantity: o.Quantity, UnitPrice: product.ListPrice.Times(lifecycle.Months(o.Term)), Currency: "USD", BillingTerm: string(o.Term),
		RecurringBilling: o.Kind != model.PurchaseKindTrialWithoutPaymentMethod,
		PurchasedAt:      at, ExpiresAt: lifecycle.TermEnd(at, o.Term), TermAnchor: at,
	}
	if o.trial() {
		p.ExpiresAt = lifecycle.TrialEnd(at, product.TrialDays)
	}
	bulk.KeyPurchase(p, product, by)
	err := tx.Purchase.Create().SetID(p.ID).SetNillableTriedBy(p.TriedBy).SetProductID(p.ProductID).SetNillablePurchaserID(p.PurchaserID).
		SetSource(p.Source).SetKind(p.Kind).SetStatus(p.Status).SetQuantity(p.Quantity).
		SetUnitPrice(p.UnitPrice).SetCurrency(p.Currency).SetBillingTerm(p.BillingTerm).SetRecurringBilling(p.RecurringBilling).
		SetPurchasedAt(p.PurchasedAt).SetExpiresAt(p.ExpiresAt).SetTermAnchor(p.TermAnchor).SetDueAt(lifecycle.Of(p).Due()).
		SetProductKey(p.ProductKey).SetPurchaserKey(p.PurchaserKey).SetSearchKey(p.SearchKey).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("buy: %w", err)
	}
	return p, s.trail.Record(ctx, tx, audit.Event{Action: audit.PurchaseBought, Subject: p.ID, Changes: []audit.Change{
		audit.Changed("status", "", p.Status), audit.Changed("product", "", p.ProductID),
		audit.Changed("source", "", p.Source), audit.Changed("kind", "", p.Kind),
		audit.Changed("quantity", "", fmt.Sprint(p.Quantity)), audit.Changed("billingTerm", "", p.BillingTerm),
		audit.Changed("expiresAt", "", p.ExpiresAt.String()),
	}})
}

// tellAdmins tells everybody who answers for the organization's subscriptions what a user has bought.
func (s *Service) tellAdmins(ctx context.Context, tx *store.Tx, p *ent.Purchase, product *ent.Product, by *ent.User) error {
	admins, err := outbox.Admins(ctx, tx, viewer.GlobalAdmin, viewer.BillingAdmin)
	if err != nil || len(admins) == 0 {
		return err
	}
	mails := make([]outbox.Mail, len(admins))
	for i, to := range admins {
		mails[i] = outbox.Mail{To: to, Purchases: []string{p.ID}, About: outbox.SelfServicePurchased{
			Purchase: p.ID, Subscription: product.Name, Seats: p.Quantity, Price: p.UnitPrice.Times(p.Quantity), Currency: p.Currency,
			Term: model.BillingTerm(p.BillingTerm), Kind: model.PurchaseKind(p.Kind), By: by.DisplayName, At: p.PurchasedAt,
		}}
	}
	_, err = s.outbox.QueueAll(ctx, tx, mails)
	return err
}
