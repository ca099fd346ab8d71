package policy

import (
	"slices"
	"strings"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
)

// Sold tells why nobody can buy a product here, neither for themselves nor for the organization:
// fault.NotEligible at "productId".
func Sold(p *ent.Product) *fault.Error {
	switch {
	case p.Kind != string(model.ProductKindProduct):
		return notEligible("%s is a class of products; it takes a policy, but is not sold here.", p.Name)
	case p.ListPrice == nil:
		return notEligible("%s has no price, and is not sold.", p.Name)
	}
	return nil
}

// Eligible tells why, whatever the policy is and whether their account is usable, such a user of such
// a tenant cannot buy the product for themselves (R10): fault.NotEligible at "productId".
func Eligible(p *ent.Product, t *ent.Tenant, u *ent.User) *fault.Error {
	if f := Sold(p); f != nil {
		return f
	}
	switch {
	case !p.SelfServiceEligible:
		return notEligible("%s is not for users to buy themselves.", p.Name)
	case slices.Contains(strings.Fields(p.ExcludedCountries), t.Country):
		return notEligible("Users in %s cannot buy %s themselves.", t.Country, p.Name)
	case t.Segment == string(model.TenantSegmentGovernment), t.Segment == string(model.TenantSegmentEducation):
		return notEligible("Users of government and education organizations cannot buy for themselves.")
	case u.Kind == string(model.UserKindGuest):
		return notEligible("Guests cannot buy for themselves.")
	}
	return nil
}

func notEligible(format string, args ...any) *fault.Error {
	return fault.New(fault.NotEligible, format, args...).At("productId")
}
