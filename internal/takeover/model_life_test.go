package takeover

import (
	"strings"
	"time"

	"purser/graph/model"
)

const (
	paid       = model.PurchaseKindPaid
	withPay    = model.PurchaseKindTrialWithPaymentMethod
	withoutPay = model.PurchaseKindTrialWithoutPaymentMethod
	day        = 24 * time.Hour
	trialDays  = 30
)

// life is what a purchase has of R16.
type life struct {
	kind               model.PurchaseKind
	renews             bool
	purchased, expires time.Time
	anchor             time.Time // when the first of the terms began that follow on one another
	canceled           time.Time // zero: it was not, or that is of no importance any more
	noticed            int       // the last expiry notice, in days before the end; 0: none
}

// sweep has time do to the purchases what is due, and tells how often it did what. What a move empties waits.
func (l *ledger) sweep(now time.Time) (did map[string]int) {
	did = map[string]int{}
	for id, p := range l.purchases {
		converts, steps, from := l.mayConvert(p), 0, p.status
		for l.out(id) == "" && p.step(now, converts) {
			steps++
		}
		switch next := *p; {
		case from != p.status:
			did["swept "+string(from)+" to "+string(p.status)]++
		case steps > 0:
			did["swept, goes on "+string(p.kind)]++
		case l.out(id) != "" && next.step(now, converts):
			did["swept past"]++
		}
		if p.status == model.SubscriptionStatusDeleted {
			p.holders = map[string]bool{}
		}
		if l.out(id) == "" && p.notice(now) && (!converts || p.kind != withPay || !p.renews) {
			l.warn(p)
		}
	}
	return did
}

// mayConvert tells whether a trial may become a paid purchase.
func (l *ledger) mayConvert(p *account) bool {
	return p.source == central || l.policy == model.SelfServicePolicyValueEnabled
}

// step has time do the next thing to a purchase, if it is due.
func (p *account) step(now time.Time, mayConvert bool) bool {
	end, next := p.end(), model.SubscriptionStatusDeleted
	if end.IsZero() || end.After(now) {
		return false
	}
	switch {
	case p.status == model.SubscriptionStatusActive && p.renews && (p.kind == paid || p.kind == withPay && mayConvert):
		p.kind, p.noticed, p.expires = paid, 0, p.following()
		return true
	case p.status == model.SubscriptionStatusActive:
		next, p.renews = model.SubscriptionStatusExpired, false
	case p.status == model.SubscriptionStatusExpired && p.kind == paid:
		next = model.SubscriptionStatusDisabled
	}
	p.status = next
	return true
}

// end is when the status comes to its end; zero for never.
func (p *account) end() time.Time {
	usable := p.expires.Add(30 * day)
	switch p.status {
	case model.SubscriptionStatusActive:
		return p.expires
	case model.SubscriptionStatusExpired:
		return usable
	case model.SubscriptionStatusDisabled:
		if !p.canceled.IsZero() {
			usable = p.canceled
		}
		return usable.Add(90 * day)
	case model.SubscriptionStatusDeleted:
	}
	return time.Time{}
}

// following is the end of the next term: so many months after the first of them began. That is the end of what
// is no whole number of months, or a trial.
func (p *account) following() time.Time {
	n := 0
	for p.kind == paid && monthsAfter(p.anchor, n).Before(p.expires) {
		n++
	}
	if !monthsAfter(p.anchor, n).Equal(p.expires) {
		n, p.anchor = 0, p.expires
	}
	return monthsAfter(p.anchor, n+1)
}

// monthsAfter returns the same day n months later, or the last one of that month.
func monthsAfter(t time.Time, n int) time.Time {
	later := t.AddDate(0, n, 0)
	if later.Day() != t.Day() {
		later = later.AddDate(0, 0, -later.Day())
	}
	return later
}

// notice tells whether somebody has to be told that the purchase ends, and has not been: 30, 7 and 1 days before.
func (p *account) notice(now time.Time) bool {
	if p.status != model.SubscriptionStatusActive || p.kind == paid && p.renews || !now.Before(p.expires) {
		return false
	}
	for _, days := range []int{1, 7, 30} {
		at := p.expires.Add(-time.Duration(days) * day)
		if at.After(now) || !at.After(p.purchased) {
			continue
		}
		if p.noticed != 0 && p.noticed <= days {
			return false
		}
		p.noticed = days
		return true
	}
	return false
}

// warn tells who answers for it that a purchase ends.
func (l *ledger) warn(p *account) {
	told := admins
	if p.source == selfService && !l.gone[p.purchaser] {
		told = 1
	}
	l.mails[model.NotificationKindExpiryNotice] += told
}

// elapsed is what an import leaves alone: the present state is one that time brings to what its line says.
func (p *account) elapsed(status model.SubscriptionStatus, now time.Time) bool {
	for _, mayConvert := range []bool{true, false} {
		was := *p
		was.status = status
		for was.step(now, mayConvert) {
			if was.status == p.status && was.kind == p.kind && was.renews == p.renews && was.expires.Equal(p.expires) {
				return true
			}
		}
	}
	return false
}

// String writes a life down.
func (f life) String() string {
	parts := []string{string(f.kind), "until " + f.expires.UTC().Format(time.RFC3339Nano), "counted from " + f.anchor.UTC().Format(time.RFC3339Nano)}
	if f.renews {
		parts = append(parts, "renews")
	}
	if !f.canceled.IsZero() {
		parts = append(parts, "cancelled "+f.canceled.UTC().Format(time.RFC3339Nano))
	}
	if f.noticed > 0 {
		parts = append(parts, "told")
	}
	return strings.Join(parts, " ")
}
