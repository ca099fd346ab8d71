// Package model holds the API's types as plain structs: what reads fill and resolvers return.
package model

import (
	"reflect"

	"purser/internal/page"
)

// Parts are the values that were loaded for one field with arguments, one for each set of arguments
// that the operation uses it with.
type Parts[A interface{ Equal(A) bool }, V any] []Part[A, V]

// Part is the value for one set of arguments.
type Part[A interface{ Equal(A) bool }, V any] struct {
	Args  A
	Value V
}

// Add puts the value for one set of arguments.
func (p *Parts[A, V]) Add(args A, value V) { *p = append(*p, Part[A, V]{args, value}) }

// For returns the value for the arguments; the zero value where nothing was loaded for them.
func (p Parts[A, V]) For(args A) V {
	for i := range p {
		if p[i].Args.Equal(args) {
			return p[i].Value
		}
	}
	var none V
	return none
}

// SearchArgs are the arguments of a list that can be searched.
type SearchArgs struct {
	page.Args
	Search *string
}

// Equal tells whether the arguments are the same.
func (a SearchArgs) Equal(b SearchArgs) bool {
	return a.Args.Equal(b.Args) && page.Same(a.Search, b.Search)
}

// PurchasesArgs are the arguments of a list of purchases.
type PurchasesArgs struct {
	page.Args
	Filter  *PurchaseFilter
	OrderBy *PurchaseOrder
}

// Equal tells whether the arguments are the same.
func (a PurchasesArgs) Equal(b PurchasesArgs) bool {
	return a.Args.Equal(b.Args) && reflect.DeepEqual(a.Filter, b.Filter) && page.Same(a.OrderBy, b.OrderBy)
}

// MovedUsersArgs are the arguments of Move.users.
type MovedUsersArgs struct {
	page.Args
	Result *MovedUserResult
}

// Equal tells whether the arguments are the same.
func (a MovedUsersArgs) Equal(b MovedUsersArgs) bool {
	return a.Args.Equal(b.Args) && page.Same(a.Result, b.Result)
}

// PolicyArgs are the arguments of Product.policy.
type PolicyArgs struct{ TenantID *string }

// Equal tells whether the arguments are the same.
func (a PolicyArgs) Equal(b PolicyArgs) bool { return page.Same(a.TenantID, b.TenantID) }

// What was loaded for each field with arguments.
type (
	// AccessParts of Viewer.access.
	AccessParts = Parts[SearchArgs, *TenantAccessConnection]
	// PurchasesParts of a list of purchases.
	PurchasesParts = Parts[PurchasesArgs, *PurchaseConnection]
	// LicensesParts of a list of licenses.
	LicensesParts = Parts[SearchArgs, *LicenseConnection]
	// MoveTargetsParts of Purchase.moveTargets.
	MoveTargetsParts = Parts[page.Args, *MoveTargetConnection]
	// HistoryParts of a history.
	HistoryParts = Parts[page.Args, *AuditEventConnection]
	// PurchasersParts of ProductLicenses.purchasers.
	PurchasersParts = Parts[SearchArgs, *PurchaserLicensesConnection]
	// MovedUsersParts of Move.users.
	MovedUsersParts = Parts[MovedUsersArgs, *MovedUserConnection]
	// PolicyParts of Product.policy.
	PolicyParts = Parts[PolicyArgs, *SelfServicePolicy]
)
