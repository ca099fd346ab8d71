package viewer

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Role is what somebody may do in a tenant.
type Role string

// The roles. Member is every user of the tenant.
const (
	GlobalAdmin  Role = "GLOBAL_ADMIN"
	BillingAdmin Role = "BILLING_ADMIN"
	LicenseAdmin Role = "LICENSE_ADMIN"
	UserAdmin    Role = "USER_ADMIN"
	GlobalReader Role = "GLOBAL_READER"
	Member       Role = "MEMBER"
)

// order is the order in which roles are listed, and the bit of each in a stored set: append only.
var order = []Role{GlobalAdmin, BillingAdmin, LicenseAdmin, UserAdmin, GlobalReader, Member}

// Roles is a set of roles, stored as a number.
type Roles uint8

// SetOf returns the set of the roles given; unknown ones are left out.
func SetOf(roles ...Role) Roles {
	var s Roles
	for _, r := range roles {
		if i := slices.Index(order, r); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

// Valid tells whether the role exists.
func (r Role) Valid() bool { return slices.Contains(order, r) }

// Has tells whether any of the roles given is in the set.
func (s Roles) Has(roles ...Role) bool { return s&SetOf(roles...) != 0 }

// List returns the roles of the set in their usual order.
func (s Roles) List() []Role {
	list := []Role{}
	for i, r := range order {
		if s&(1<<i) != 0 {
			list = append(list, r)
		}
	}
	return list
}

// String returns the roles of the set in their usual order, parted by spaces.
func (s Roles) String() string {
	list := s.List()
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = string(r)
	}
	return strings.Join(names, " ")
}

// MarshalGQL writes the role as a GraphQL enum value.
func (r Role) MarshalGQL(w io.Writer) { _, _ = w.Write(r.AppendGQL(nil)) } // gqlgen's writer is a buffer

// AppendGQL appends what MarshalGQL writes.
func (r Role) AppendGQL(b []byte) []byte { return strconv.AppendQuote(b, string(r)) }

// UnmarshalGQL reads a GraphQL enum value.
func (r *Role) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	*r = Role(s)
	if !r.Valid() {
		return fmt.Errorf("%q is not a Role", s)
	}
	return nil
}
