package purchasing

import (
	"fmt"
	"testing"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/money"
)

const (
	paid    = model.PurchaseKindPaid
	withPay = model.PurchaseKindTrialWithPaymentMethod
	noPay   = model.PurchaseKindTrialWithoutPaymentMethod

	monthly = model.BillingTermMonthly
)

// wanted is a wish that is granted, changed as told.
func wanted(change ...func(*wish)) wish {
	price := money.Amount(140000)
	w := wish{
		Order:   Order{Quantity: 1, Kind: paid, Term: monthly},
		product: &ent.Product{Name: "Visio", Kind: "PRODUCT", SelfServiceEligible: true, TrialWithoutPaymentMethod: true, TrialDays: 30, ListPrice: &price, ExcludedCountries: "IN BR"},
		tenant:  &ent.Tenant{Segment: "COMMERCIAL", Country: "US"},
		user:    &ent.User{Kind: "MEMBER", AccountEnabled: true},
		policy:  "ENABLED",
	}
	for _, f := range change {
		f(&w)
	}
	return w
}

func said(f *fault.Error) string {
	if f == nil {
		return "yes"
	}
	return fmt.Sprint(f.Code, " ", f.Field)
}

// TestPolicyMatrix is what each policy lets users buy of each kind of product (R6).
func TestPolicyMatrix(t *testing.T) {
	const (
		yes       = "yes"
		blocked   = "BLOCKED_BY_POLICY [productId]"
		noTrial   = "NOT_ELIGIBLE [kind]"
		offerType = "NOT_ELIGIBLE [productId]"
	)
	for _, c := range []struct {
		policy  model.SelfServicePolicyValue
		product string
		want    [3]string // paid, a trial with a payment method, one without
	}{
		{"ENABLED", "with a trial", [3]string{yes, yes, yes}},
		{"ENABLED", "without", [3]string{yes, yes, noTrial}},
		{"ENABLED", "offer type", [3]string{offerType, offerType, offerType}},
		{"TRIALS_ONLY", "with a trial", [3]string{blocked, blocked, yes}},
		{"TRIALS_ONLY", "without", [3]string{blocked, blocked, noTrial}},
		{"TRIALS_ONLY", "offer type", [3]string{offerType, offerType, offerType}},
		{"DISABLED", "with a trial", [3]string{blocked, blocked, blocked}},
		{"DISABLED", "without", [3]string{blocked, blocked, noTrial}},
		{"DISABLED", "offer type", [3]string{offerType, offerType, offerType}},
	} {
		for i, kind := range []model.PurchaseKind{paid, withPay, noPay} {
			w := wanted(func(w *wish) {
				w.policy, w.Kind = c.policy, kind
				w.product.TrialWithoutPaymentMethod = c.product == "with a trial"
				if c.product == "offer type" {
					w.product.Kind, w.product.ListPrice = "OFFER_TYPE", nil
				}
			})
			if got := said(w.refusal()); got != c.want[i] {
				t.Errorf("%s, a product %s, %s: %s, want %s", c.policy, c.product, kind, got, c.want[i])
			}
		}
	}
}

func TestEligible(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*wish)
		want   string
	}{
		{"as it is", func(*wish) {}, "yes"},
		{"free of charge", func(w *wish) { w.product.ListPrice = new(money.Amount) }, "yes"},
		{"no price", func(w *wish) { w.product.ListPrice = nil }, "NOT_ELIGIBLE [productId]"},
		{"no price for after a trial", func(w *wish) { w.product.ListPrice, w.Kind = nil, noPay }, "NOT_ELIGIBLE [productId]"},
		{"not for users", func(w *wish) { w.product.SelfServiceEligible = false }, "NOT_ELIGIBLE [productId]"},
		{"an excluded country", func(w *wish) { w.tenant.Country = "BR" }, "NOT_ELIGIBLE [productId]"},
		{"a nonprofit organization", func(w *wish) { w.tenant.Segment = "NONPROFIT" }, "yes"},
		{"a government", func(w *wish) { w.tenant.Segment = "GOVERNMENT" }, "NOT_ELIGIBLE [productId]"},
		{"a school", func(w *wish) { w.tenant.Segment = "EDUCATION" }, "NOT_ELIGIBLE [productId]"},
		{"a guest", func(w *wish) { w.user.Kind = "GUEST" }, "NOT_ELIGIBLE [productId]"},
		{"somebody blocked", func(w *wish) { w.user.AccountEnabled = false }, "NOT_ELIGIBLE [productId]"},
		{"somebody who has left", func(w *wish) { w.user.Removed = true }, "NOT_ELIGIBLE [productId]"},
		{"a second trial", func(w *wish) { w.Kind, w.tried = noPay, true }, "NOT_ELIGIBLE [kind]"},
		{"a second trial with a payment method", func(w *wish) { w.Kind, w.tried = withPay, true }, "NOT_ELIGIBLE [kind]"},
		{"paid after a trial", func(w *wish) { w.tried = true }, "yes"},
		{"no trial at all", func(w *wish) { w.Kind, w.product.TrialDays = withPay, 0 }, "NOT_ELIGIBLE [kind]"},
	} {
		if got := said(wanted(c.change).refusal()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order Order
		want  string
	}{
		{Order{"", 1, paid, monthly}, "yes"},
		{Order{"", MostSeats, paid, monthly}, "yes"},
		{Order{"", MostSeats + 1, paid, monthly}, "INVALID [quantity]"},
		{Order{"", 0, paid, monthly}, "INVALID [quantity]"},
		{Order{"", -1, noPay, monthly}, "INVALID [quantity]"},
		{Order{"", MostTrialSeats, noPay, monthly}, "yes"},
		{Order{"", MostTrialSeats + 1, withPay, monthly}, "INVALID [quantity]"},
		{Order{"", 1, "GIFT", monthly}, "INVALID [kind]"},
		{Order{"", 1, paid, "WEEKLY"}, "INVALID [billingTerm]"},
	} {
		if got := said(c.order.check()); got != c.want {
			t.Errorf("%+v: %s, want %s", c.order, got, c.want)
		}
	}
}
