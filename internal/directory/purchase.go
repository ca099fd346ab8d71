package directory

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/money"
)

// purchaseLine is a line about a purchase.
type purchaseLine struct {
	*record
	ref, productID                       *string
	purchaser                            clearable
	source, kind, status, term, currency *string
	quantity                             *int
	unitPrice                            *money.Amount
	purchasedAt, expiresAt               *instant.Milli
	recurring                            *bool

	product *ent.Product
	buyer   *ent.User
}

func (im *importer) purchase(ctx context.Context, r *record) error {
	l := &purchaseLine{
		record:      r,
		ref:         r.text("ref", maxRef),
		productID:   r.text("productId", maxRef),
		purchaser:   r.clearable("purchaser", maxUPN),
		source:      enum(r, "source", model.AllPurchaseSource),
		kind:        enum(r, "kind", model.AllPurchaseKind),
		status:      enum(r, "status", model.AllSubscriptionStatus),
		term:        enum(r, "billingTerm", model.AllBillingTerm),
		currency:    r.text("currency", maxLocale, isCurrency),
		quantity:    r.integer("quantity", 1, maxQuantity),
		unitPrice:   r.amount("unitPrice"),
		purchasedAt: r.instant("purchasedAt"),
		expiresAt:   r.instant("expiresAt"),
		recurring:   r.boolean("recurringBilling"),
	}
	need(r, "ref", l.ref)
	im.findProduct(l)
	if !r.end() {
		if l.ref != nil {
			im.bad[purchaseKey(*l.ref)] = true
		}
		return nil
	}
	if err := im.define(ctx, purchaseKey(*l.ref)); err != nil {
		return err
	}
	if l.purchaser.value != nil {
		im.touched[userKey(fold.Key(*l.purchaser.value))] = true
	}
	im.purchases = append(im.purchases, l)
	return nil
}

func (im *importer) findProduct(l *purchaseLine) {
	if l.productID == nil {
		return
	}
	p, ok := im.products.Find(*l.productID)
	switch {
	case !ok:
		l.wrong("productId", "there is no product %q", clip(*l.productID))
	case p.Kind == string(model.ProductKindOfferType):
		l.wrong("productId", "%s is an offer type, which is not sold here", p.VendorProductID)
	}
	l.product = p
}

func (im *importer) savePurchases(ctx context.Context) error {
	if len(im.purchases) == 0 {
		return nil
	}
	known, users, err := im.knownPurchases(ctx)
	if err != nil {
		return err
	}
	var save []*ent.Purchase
	var deleted []string
	for _, l := range im.purchases {
		old := known[*l.ref]
		var next *ent.Purchase
		if im.findBuyer(l, users); old == nil {
			next = l.added()
		} else if next, err = im.changed(ctx, l, old); err != nil {
			return err
		}
		if l.failed {
			im.bad[purchaseKey(*l.ref)] = true
			continue
		}
		changed := old != nil && !samePurchase(old, next)
		im.result.Purchases.count(old == nil, changed)
		switch {
		case old == nil:
			next.ID = im.d.ids.New(id.Purchase)
		case !changed:
			continue
		case next.Status == string(model.SubscriptionStatusDeleted):
			deleted = append(deleted, next.ID)
			next.Assigned = 0
		}
		save = append(save, next)
	}
	if err := im.release(ctx, deleted); err != nil {
		return err
	}
	return bulk.Purchases(ctx, im.tx, save)
}

// knownPurchases returns what there is of the waiting purchases, by reference, and their purchasers, by key.
func (im *importer) knownPurchases(ctx context.Context) (map[string]*ent.Purchase, map[string]*ent.User, error) {
	refs, buyers := map[string]bool{}, map[string]bool{}
	for _, l := range im.purchases {
		refs[*l.ref] = true
		if l.purchaser.value != nil {
			buyers[fold.Key(*l.purchaser.value)] = true
		}
	}
	known, err := im.purchasesByRef(ctx, keysOf(refs))
	if err != nil {
		return nil, nil, err
	}
	users, err := im.usersByKey(ctx, keysOf(buyers))
	return known, users, err
}

func (im *importer) findBuyer(l *purchaseLine, users map[string]*ent.User) {
	if l.purchaser.value == nil {
		return
	}
	key := fold.Key(*l.purchaser.value)
	if l.buyer = users[key]; l.buyer == nil {
		im.missing(l.record, "purchaser", userKey(key), "there is no user %q", clip(*l.purchaser.value))
	}
}

// missing notes that a line refers to nothing, unless that has been said of the other line already.
func (im *importer) missing(r *record, field, key, format string, args ...any) {
	if im.bad[key] {
		r.failed = true
		return
	}
	r.wrong(field, format, args...)
}

// purchasesByRef returns those of the purchases that exist, locked against others.
func (im *importer) purchasesByRef(ctx context.Context, refs []string) (map[string]*ent.Purchase, error) {
	if err := im.lockPurchases(ctx, refs); err != nil {
		return nil, err
	}
	purchases, err := im.tx.Purchase.Query().Where(purchase.RefIn(refs...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find purchases: %w", err)
	}
	found := make(map[string]*ent.Purchase, len(purchases))
	for _, p := range purchases {
		found[*p.Ref] = p
	}
	return found, nil
}

// added returns the new purchase of a line.
func (l *purchaseLine) added() *ent.Purchase {
	need(l.record, "productId", l.productID)
	need(l.record, "quantity", l.quantity)
	need(l.record, "purchasedAt", l.purchasedAt)
	if l.failed {
		return nil
	}
	p := &ent.Purchase{
		Ref: l.ref, Source: string(model.PurchaseSourceSelfService), Kind: string(model.PurchaseKindPaid),
		Status: string(model.SubscriptionStatusActive), Quantity: *l.quantity, Currency: "USD",
		BillingTerm: string(model.BillingTermMonthly), RecurringBilling: true, PurchasedAt: *l.purchasedAt, TermAnchor: *l.purchasedAt,
	}
	set(&p.Source, l.source)
	set(&p.Kind, l.kind)
	set(&p.Status, l.status)
	set(&p.Currency, l.currency)
	set(&p.BillingTerm, l.term)
	set(&p.RecurringBilling, l.recurring)
	p.ExpiresAt = l.termEnd(p)
	set(&p.ExpiresAt, l.expiresAt)
	p.UnitPrice = l.price(p)
	l.checkEnd(p)
	l.checkBuyer(p)
	bulk.KeyPurchase(p, l.product, l.buyer)
	p.DueAt = lifecycle.Of(p).Due()
	return p
}

// termEnd returns the end of the first term, or of the trial.
func (l *purchaseLine) termEnd(p *ent.Purchase) instant.Milli {
	if p.Kind != string(model.PurchaseKindPaid) && l.product.TrialDays > 0 {
		return lifecycle.TrialEnd(p.PurchasedAt, l.product.TrialDays)
	}
	return lifecycle.TermEnd(p.PurchasedAt, model.BillingTerm(p.BillingTerm))
}

// price returns the price given, or else the list price for the term, which is in US dollars.
func (l *purchaseLine) price(p *ent.Purchase) money.Amount {
	switch {
	case l.unitPrice != nil:
		return *l.unitPrice
	case l.product.ListPrice == nil:
		l.wrong("unitPrice", "is missing, and %s has no list price", l.product.VendorProductID)
	case p.Currency != "USD":
		l.wrong("unitPrice", "is missing, and the list price is in USD")
	default:
		return l.product.ListPrice.Times(lifecycle.Months(model.BillingTerm(p.BillingTerm)))
	}
	return 0
}

func (l *purchaseLine) checkEnd(p *ent.Purchase) {
	if p.ExpiresAt <= p.PurchasedAt {
		l.wrong("expiresAt", "is not after purchasedAt")
	}
}

// checkBuyer says that a self-service purchase was made by somebody, and not by a guest.
func (l *purchaseLine) checkBuyer(p *ent.Purchase) {
	switch {
	case p.Source != string(model.PurchaseSourceSelfService):
	case l.buyer == nil:
		l.wrong("purchaser", "is missing on a self-service purchase")
	case l.buyer.Kind == string(model.UserKindGuest):
		l.wrong("purchaser", "%s is a guest, who cannot buy", l.buyer.UserPrincipalName)
	}
}
