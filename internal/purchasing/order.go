package purchasing

import (
	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/policy"
)

// Order is what to buy.
type Order struct {
	ProductID string
	Quantity  int
	Kind      model.PurchaseKind
	Term      model.BillingTerm // of a trial: of the paid purchase that it may become
}

const (
	// MostSeats is how many seats a purchase has at most.
	MostSeats = 1_000_000
	// MostTrialSeats is how many seats a trial has at most.
	MostTrialSeats = 25
)

func (o Order) trial() bool { return o.Kind != model.PurchaseKindPaid }

// check says what is wrong with an order, whatever is ordered.
func (o Order) check() *fault.Error {
	switch {
	case !o.Kind.IsValid():
		return fault.New(fault.Invalid, "There is no such kind of purchase.").At("kind")
	case !o.Term.IsValid():
		return fault.New(fault.Invalid, "There is no such billing term.").At("billingTerm")
	}
	return checkSeats(o.Quantity, o.Kind)
}

// checkSeats says whether a purchase of the kind can have so many seats.
func checkSeats(n int, kind model.PurchaseKind) *fault.Error {
	most := MostSeats
	if kind != model.PurchaseKindPaid {
		most = MostTrialSeats
	}
	switch {
	case n >= 1 && n <= most:
		return nil
	case kind != model.PurchaseKindPaid:
		return fault.New(fault.Invalid, "A trial has 1 to %d seats.", most).At("quantity")
	}
	return fault.New(fault.Invalid, "A subscription has 1 to %d seats.", most).At("quantity")
}

// wish is an order of a user's own, with what has to be known to decide on it.
type wish struct {
	Order
	product *ent.Product
	tenant  *ent.Tenant
	user    *ent.User
	policy  model.SelfServicePolicyValue // what holds for the product
	tried   bool                         // the user has had a trial of it
}

// refusal tells why the user may not buy it (R6, R10): fault.NotEligible at "productId" or "kind",
// or BlockedByPolicy at "productId".
func (w wish) refusal() *fault.Error {
	if f := policy.Eligible(w.product, w.tenant, w.user); f != nil {
		return f
	}
	if w.user.Removed || !w.user.AccountEnabled {
		return fault.New(fault.NotEligible, "Your account is blocked or removed, and cannot buy.").At("productId")
	}
	if f := w.trialOffer(); f != nil {
		return f
	}
	return w.allowed()
}

// trialOffer says whether there is such a trial for this user.
func (w wish) trialOffer() *fault.Error {
	switch {
	case !w.trial():
		return nil
	case w.Kind == model.PurchaseKindTrialWithoutPaymentMethod && !policy.HasTrial(w.product):
		return fault.New(fault.NotEligible, "%s has no trial without a payment method.", w.product.Name).At("kind")
	case w.product.TrialDays < 1:
		return fault.New(fault.NotEligible, "%s has no trial.", w.product.Name).At("kind")
	case w.tried:
		return fault.New(fault.NotEligible, "You have tried %s already; there is one trial a person.", w.product.Name).At("kind")
	}
	return nil
}

// allowed says whether the tenant's policy lets users buy this.
func (w wish) allowed() *fault.Error {
	switch {
	case policy.Allows(w.policy, w.product, w.Kind):
		return nil
	case w.policy == model.SelfServicePolicyValueTrialsOnly:
		return blocked("Your organization allows only trials of %s that need no payment method.", w.product.Name)
	}
	return blocked("Your organization does not let its users buy %s; you can request licenses of it.", w.product.Name)
}

func blocked(format string, args ...any) *fault.Error {
	return fault.New(fault.BlockedByPolicy, format, args...).At("productId")
}
