package id

import "strings"

// Group is what a row of the licenses-by-purchaser list stands for. Product and Purchaser may be
// empty: every product, and the purchases that nobody in particular made.
type Group struct {
	Tenant, Product, Purchaser string
	Source                     GroupSource
}

// GroupSource says which purchases a group holds.
type GroupSource byte

// The sources of a group.
const (
	AnySource   GroupSource = 'a'
	SelfService GroupSource = 's'
	Central     GroupSource = 'c'
)

var nobody = strings.Repeat("0", bodyLen)

// String returns the group's id.
func (g Group) String() string {
	product, purchaser := nobody, nobody
	if g.Product != "" {
		product = Body(g.Product)
	}
	if g.Purchaser != "" {
		purchaser = Body(g.Purchaser)
	}
	return Compose(PurchaserLicenses, Body(g.Tenant), product, string(g.Source), purchaser)
}

// ParseGroup reads a group's id.
func ParseGroup(s string) (Group, bool) {
	if KindOf(s) != PurchaserLicenses {
		return Group{}, false
	}
	b := s[prefixLen:]
	g := Group{Tenant: string(Tenant) + "_" + b[:bodyLen], Source: GroupSource(b[2*bodyLen])}
	if p := b[bodyLen : 2*bodyLen]; p != nobody {
		g.Product = string(Product) + "_" + p
	}
	if p := b[2*bodyLen+1:]; p != nobody {
		g.Purchaser = string(User) + "_" + p
	}
	return g, g.Source == AnySource || g.Source == SelfService || g.Source == Central
}
