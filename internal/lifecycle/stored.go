package lifecycle

import (
	"purser/ent"
	"purser/graph/model"
)

// Of returns what has to be known of a stored purchase.
func Of(p *ent.Purchase) Purchase {
	l := Purchase{
		Kind: model.PurchaseKind(p.Kind), Status: model.SubscriptionStatus(p.Status), Term: model.BillingTerm(p.BillingTerm),
		Renews: p.RecurringBilling, PurchasedAt: p.PurchasedAt, ExpiresAt: p.ExpiresAt, Anchor: p.TermAnchor, Noticed: p.Noticed,
	}
	if p.CanceledAt != nil {
		l.CanceledAt = *p.CanceledAt
	}
	return l
}
