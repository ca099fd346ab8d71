// Package lifecycle is what time does to a purchase: when its term ends, whether a new one begins,
// what becomes of it where none does, and when its owner is told beforehand (R16, R17).
//
// It works on plain values. All of it is in UTC: there is no daylight saving, and a day has 24 hours.
package lifecycle

import (
	"time"

	"purser/graph/model"
	"purser/internal/instant"
)

const (
	day = 24 * time.Hour
	// usable is how long an EXPIRED purchase can still be used.
	usable = 30 * day
	// locked is how long a DISABLED purchase can still be reactivated.
	locked = 90 * day
)

// Purchase is what has to be known of a purchase.
type Purchase struct {
	Kind        model.PurchaseKind
	Status      model.SubscriptionStatus
	Term        model.BillingTerm
	Renews      bool // recurring billing
	PurchasedAt instant.Milli
	ExpiresAt   instant.Milli // the end of the term or trial
	Anchor      instant.Milli // when the first of the terms began that follow on one another
	CanceledAt  instant.Milli // 0: it was not
	Noticed     int           // the last expiry notice of the term, in days before its end; 0: none
}

// Trial tells whether it is one.
func (p Purchase) Trial() bool { return p.Kind != model.PurchaseKindPaid }

// Converts tells whether, at its end, it is to become a paid purchase, if the tenant's policy still
// lets its users buy the product then.
func (p Purchase) Converts() bool { return p.Trial() && p.renews() }

// renews tells whether a term follows on the present one. A trial without a payment method has
// nothing to pay it with.
func (p Purchase) renews() bool {
	return p.Status == model.SubscriptionStatusActive && p.Renews && p.Kind != model.PurchaseKindTrialWithoutPaymentMethod
}

// Change is a change of the status that time brings.
type Change struct {
	At instant.Milli
	To model.SubscriptionStatus
}

// Next returns the next change of the status; false where there is none, because it renews (of a
// trial: if the policy then lets it), or because it is DELETED.
func (p Purchase) Next() (Change, bool) {
	switch p.Status {
	case model.SubscriptionStatusActive:
		return Change{p.ExpiresAt, model.SubscriptionStatusExpired}, !p.renews()
	case model.SubscriptionStatusExpired:
		if p.Trial() {
			return Change{p.ExpiresAt.Add(usable), model.SubscriptionStatusDeleted}, true
		}
		return Change{p.ExpiresAt.Add(usable), model.SubscriptionStatusDisabled}, true
	case model.SubscriptionStatusDisabled:
		since := p.ExpiresAt.Add(usable)
		if p.CanceledAt != 0 {
			since = p.CanceledAt
		}
		return Change{since.Add(locked), model.SubscriptionStatusDeleted}, true
	case model.SubscriptionStatusDeleted:
	}
	return Change{}, false
}

// Due returns when somebody has to look at it next, because it may change or its owner is to be
// told; 0 when never again.
func (p Purchase) Due() instant.Milli {
	if at, ok := p.nextNotice(); ok {
		return at
	}
	if c, ok := p.Next(); ok {
		return c.At
	}
	if p.Status == model.SubscriptionStatusActive {
		return p.ExpiresAt
	}
	return 0
}

// Step is something that time has done to it.
type Step struct {
	At            instant.Milli // when it was due
	Before, After Purchase
}

// Advance returns what time has done by now, in order. mayConvert tells whether a trial that is to
// become a paid purchase may.
func (p Purchase) Advance(now instant.Milli, mayConvert bool) []Step {
	var steps []Step
	for {
		s, ok := p.step(now, mayConvert)
		if !ok || s.At > now {
			return steps
		}
		steps = append(steps, s)
		p = s.After
	}
}

// step returns what comes next, now or later.
func (p Purchase) step(now instant.Milli, mayConvert bool) (Step, bool) {
	after := p
	switch {
	case p.renews() && (mayConvert || !p.Trial()):
		return Step{p.ExpiresAt, p, p.renewed(now)}, true
	case p.Converts():
		after.Renews = false // it may not
	}
	c, ok := after.Next()
	after.Status = c.To
	return Step{c.At, p, after}, ok
}

// Reactivate returns the purchase as it is after somebody has made it ACTIVE again. A term that has
// ended is followed by one that begins now; of a trial that makes a paid purchase.
func (p Purchase) Reactivate(now instant.Milli) Purchase {
	p.Status, p.CanceledAt = model.SubscriptionStatusActive, 0
	p.Renews = p.Kind != model.PurchaseKindTrialWithoutPaymentMethod
	if p.ExpiresAt <= now {
		p.Kind, p.Anchor, p.ExpiresAt, p.Noticed = model.PurchaseKindPaid, now, TermEnd(now, p.Term), 0
	}
	return p
}
