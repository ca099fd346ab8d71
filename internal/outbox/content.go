package outbox

import (
	"slices"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/money"
)

// Content is what a mail of one kind says.
type Content interface {
	kind() model.NotificationKind
	// clean returns the content with every name on one line, so that none can pass for a part of
	// the mail.
	clean() Content
	// facts returns what there is to know about each subscription.
	facts(*pen) []facts
}

// speaking is a content with a word from somebody in it.
type speaking interface {
	// says returns who says what, in any number of lines; "" is nothing.
	says() (who, what string)
}

// SubscriptionCanceled tells a purchaser that an administrator has taken their subscription over,
// and cancelled it.
type SubscriptionCanceled struct {
	Purchase     string // the purchase's id
	Subscription string // the product's name
	Seats        int    // how many were bought
	Users        int    // how many held one
	At           instant.Milli
	By           string // the administrator's name
	Reason       model.CancellationReason
	MovedTo      string // the product that its users were moved to; "" where they lost their licenses
}

func (SubscriptionCanceled) kind() model.NotificationKind {
	return model.NotificationKindSubscriptionCanceled
}

func (c SubscriptionCanceled) clean() Content {
	c.Subscription, c.By, c.MovedTo = oneLine(c.Subscription), oneLine(c.By), oneLine(c.MovedTo)
	return c
}

func (c SubscriptionCanceled) facts(p *pen) []facts {
	return []facts{p.facts(
		"subscription", c.Subscription, "seats", p.number(c.Seats), "reason", p.say(string(c.Reason), nil), "reference", c.Purchase,
	)}
}

// OwnershipTaken tells a purchaser that an administrator has taken their subscription over, and that
// it runs on under the organization.
type OwnershipTaken struct {
	Purchase     string // the purchase's id
	Subscription string // the product's name
	Seats        int    // how many were bought
	Users        int    // how many hold one
	At           instant.Milli
	By           string // the administrator's name
}

func (OwnershipTaken) kind() model.NotificationKind { return model.NotificationKindOwnershipTaken }

func (c OwnershipTaken) clean() Content {
	c.Subscription, c.By = oneLine(c.Subscription), oneLine(c.By)
	return c
}

func (c OwnershipTaken) facts(p *pen) []facts {
	return []facts{p.facts("subscription", c.Subscription, "seats", p.number(c.Seats), "reference", c.Purchase)}
}

// CancellationRequested asks a purchaser to cancel subscriptions themselves.
type CancellationRequested struct {
	Subscriptions []AskedToCancel
	By            string // the administrator's name
	Message       string // what the administrator adds, in any number of lines; "" for nothing
}

// AskedToCancel is a subscription that its purchaser is asked to cancel.
type AskedToCancel struct {
	Purchase     string       // the purchase's id
	Subscription string       // the product's name
	Seats        int          // how many were bought
	Users        int          // how many hold one
	Price        money.Amount // what is paid a term for all seats
	Currency     string       // ISO 4217
	Term         model.BillingTerm
	ExpiresAt    instant.Milli // when the term ends
}

func (CancellationRequested) kind() model.NotificationKind {
	return model.NotificationKindCancellationRequested
}

func (c CancellationRequested) clean() Content {
	c.By, c.Subscriptions = oneLine(c.By), slices.Clone(c.Subscriptions)
	for i := range c.Subscriptions {
		c.Subscriptions[i].Subscription = oneLine(c.Subscriptions[i].Subscription)
	}
	return c
}

func (c CancellationRequested) facts(p *pen) []facts {
	all := make([]facts, len(c.Subscriptions))
	for i, s := range c.Subscriptions {
		all[i] = p.facts(
			"subscription", s.Subscription, "seats", p.number(s.Seats), "users", p.number(s.Users),
			"price", p.price(s.Price, s.Currency, s.Term), "ends", p.date(s.ExpiresAt), "reference", s.Purchase,
		)
	}
	return all
}

func (c CancellationRequested) says() (who, what string) { return c.By, c.Message }
