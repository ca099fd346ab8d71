package outbox

import (
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/money"
)

// SelfServicePurchased tells administrators that a user has bought something for themselves.
type SelfServicePurchased struct {
	Purchase     string       // the purchase's id
	Subscription string       // the product's name
	Seats        int          // how many were bought
	Price        money.Amount // what is paid a term for all seats; of a trial, what will be after it
	Currency     string       // ISO 4217
	Term         model.BillingTerm
	Kind         model.PurchaseKind
	By           string // the user's name
	At           instant.Milli
}

func (SelfServicePurchased) kind() model.NotificationKind {
	return model.NotificationKindSelfServicePurchased
}

func (c SelfServicePurchased) clean() Content {
	c.Subscription, c.By = oneLine(c.Subscription), oneLine(c.By)
	return c
}

func (c SelfServicePurchased) facts(p *pen) []facts {
	price := c.Price
	if c.Trial() {
		price = 0
	}
	return []facts{p.facts(
		"subscription", c.Subscription, "seats", p.number(c.Seats), "price", p.price(price, c.Currency, c.Term), "reference", c.Purchase,
	)}
}

// Trial tells whether nothing is paid yet.
func (c SelfServicePurchased) Trial() bool { return c.Kind != model.PurchaseKindPaid }

// Converts tells whether it is a trial that becomes a paid subscription by itself.
func (c SelfServicePurchased) Converts() bool {
	return c.Kind == model.PurchaseKindTrialWithPaymentMethod
}

// ExpiryNotice tells who manages a subscription that it is about to end.
type ExpiryNotice struct {
	Purchase     string // the purchase's id
	Subscription string // the product's name
	Seats        int    // how many were bought
	Users        int    // how many hold one
	ExpiresAt    instant.Milli
	Days         int  // how many before that this is, at least 1
	Trial        bool // it is one, and so has no locked-out time after the 30 days
}

func (ExpiryNotice) kind() model.NotificationKind { return model.NotificationKindExpiryNotice }

func (c ExpiryNotice) clean() Content {
	c.Subscription = oneLine(c.Subscription)
	return c
}

func (c ExpiryNotice) facts(p *pen) []facts {
	return []facts{p.facts(
		"subscription", c.Subscription, "seats", p.number(c.Seats), "users", p.number(c.Users), "ends", p.date(c.ExpiresAt), "reference", c.Purchase,
	)}
}
