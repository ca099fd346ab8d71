package takeover

import (
	"slices"
	"time"

	"purser/graph/model"
	"purser/internal/viewer"
)

// actor is who does something to a purchase.
type actor struct {
	user  string
	roles []viewer.Role
	may   bool // the roles allow it
}

// manage says why the actor cannot do what a purchaser does to their own purchase and an admin to a central one.
func (l *ledger) manage(purchase string, a actor, in ...model.SubscriptionStatus) string {
	p := l.purchases[purchase]
	own := p.source == selfService && a.user == p.purchaser
	switch {
	case !own && !a.may && (a.user == p.purchaser || a.roles[0] != viewer.Member):
		return "FORBIDDEN purchaseId"
	case !own && !a.may:
		return "NOT_FOUND purchaseId"
	case !slices.Contains(in, p.status):
		return "WRONG_STATUS purchaseId"
	case !own && p.source == selfService:
		return "TAKE_OVER_REQUIRED purchaseId"
	case l.out(purchase) != "":
		return "MOVE_IN_PROGRESS purchaseId"
	}
	return ""
}

const (
	active   = model.SubscriptionStatusActive
	expired  = model.SubscriptionStatusExpired
	disabled = model.SubscriptionStatusDisabled
)

// resize sets the quantity, or says why not.
func (l *ledger) resize(purchase string, a actor, seats int) string {
	p := l.purchases[purchase]
	refusal := l.manage(purchase, a, active, expired)
	switch {
	case refusal != "":
	case seats < 1, p.kind != paid && seats > 25:
		return "INVALID quantity"
	case seats < len(p.holders)+l.reserved(purchase):
		return "QUANTITY_BELOW_ASSIGNED quantity"
	default:
		p.quantity = seats
	}
	return refusal
}

// setRenewal sets recurring billing, or says why not.
func (l *ledger) setRenewal(purchase string, a actor, on bool) string {
	p := l.purchases[purchase]
	refusal := l.manage(purchase, a, active, expired)
	switch {
	case refusal != "":
	case on && p.kind == withoutPay:
		return "NOT_ELIGIBLE purchaseId"
	default:
		p.renews = on
	}
	return refusal
}

// reactivate makes a purchase ACTIVE again, or says why not.
func (l *ledger) reactivate(purchase string, a actor, now time.Time) string {
	p := l.purchases[purchase]
	refusal, over := l.manage(purchase, a, expired, disabled), !p.expires.After(now)
	switch {
	case refusal != "":
		return refusal
	case over && p.kind == withoutPay:
		return "NOT_ELIGIBLE purchaseId"
	case over && p.kind == withPay && !l.mayConvert(p):
		return "BLOCKED_BY_POLICY purchaseId"
	}
	p.status, p.canceled, p.renews = active, time.Time{}, p.kind != withoutPay
	if over {
		p.kind, p.noticed, p.anchor, p.expires = paid, 0, now, monthsAfter(now, 1)
	}
	return ""
}

// sells says why the user cannot buy it for themselves.
func (l *ledger) sells(user string, kind model.PurchaseKind, seats int) string {
	switch {
	case seats < 1, kind != paid && seats > 25:
		return "INVALID quantity"
	case l.gone[user]:
		return "NOT_ELIGIBLE productId"
	case kind != paid && l.tried[user]:
		return "NOT_ELIGIBLE kind"
	case l.policy == model.SelfServicePolicyValueEnabled, l.policy == model.SelfServicePolicyValueTrialsOnly && kind == withoutPay:
		return ""
	}
	return "BLOCKED_BY_POLICY productId"
}
