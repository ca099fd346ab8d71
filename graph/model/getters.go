package model

import "purser/internal/page"

// The getters of fields with arguments, by which gqlgen finds what was loaded for them. gqlgen
// binds them by the names of their parameters, so these are the arguments' names.

// GetAccess returns what was loaded of Viewer.access.
func (v *Viewer) GetAccess(first *int, after *string, last *int, before, search *string) *TenantAccessConnection {
	return v.AccessBy.For(SearchArgs{page.Args{First: first, After: after, Last: last, Before: before}, search})
}

// GetPurchases returns what was loaded of Tenant.purchases.
func (t *Tenant) GetPurchases(first *int, after *string, last *int, before *string, filter *PurchaseFilter, orderBy *PurchaseOrder) *PurchaseConnection {
	return t.PurchasesBy.For(PurchasesArgs{page.Args{First: first, After: after, Last: last, Before: before}, filter, orderBy})
}

// GetPurchases returns what was loaded of User.purchases.
func (u *User) GetPurchases(first *int, after *string, last *int, before *string, filter *PurchaseFilter, orderBy *PurchaseOrder) *PurchaseConnection {
	return u.PurchasesBy.For(PurchasesArgs{page.Args{First: first, After: after, Last: last, Before: before}, filter, orderBy})
}

// GetLicenses returns what was loaded of User.licenses.
func (u *User) GetLicenses(first *int, after *string, last *int, before *string) *LicenseConnection {
	return u.LicensesBy.For(SearchArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}})
}

// GetPolicy returns what was loaded of Product.policy.
func (p *Product) GetPolicy(tenantID *string) *SelfServicePolicy {
	return p.PolicyBy.For(PolicyArgs{tenantID})
}

// GetLicenses returns what was loaded of Purchase.licenses.
func (p *Purchase) GetLicenses(first *int, after *string, last *int, before, search *string) *LicenseConnection {
	return p.LicensesBy.For(SearchArgs{page.Args{First: first, After: after, Last: last, Before: before}, search})
}

// GetMoveTargets returns what was loaded of Purchase.moveTargets.
func (p *Purchase) GetMoveTargets(first *int, after *string, last *int, before *string) *MoveTargetConnection {
	return p.MoveTargetsBy.For(page.Args{First: first, After: after, Last: last, Before: before})
}

// GetHistory returns what was loaded of Purchase.history.
func (p *Purchase) GetHistory(first *int, after *string, last *int, before *string) *AuditEventConnection {
	return p.HistoryBy.For(page.Args{First: first, After: after, Last: last, Before: before})
}

// GetHistory returns what was loaded of SelfServicePolicy.history.
func (p *SelfServicePolicy) GetHistory(first *int, after *string, last *int, before *string) *AuditEventConnection {
	return p.HistoryBy.For(page.Args{First: first, After: after, Last: last, Before: before})
}

// GetPurchasers returns what was loaded of ProductLicenses.purchasers.
func (p *ProductLicenses) GetPurchasers(first *int, after *string, last *int, before, search *string) *PurchaserLicensesConnection {
	return p.PurchasersBy.For(SearchArgs{page.Args{First: first, After: after, Last: last, Before: before}, search})
}

// GetPurchases returns what was loaded of PurchaserLicenses.purchases.
func (p *PurchaserLicenses) GetPurchases(first *int, after *string, last *int, before *string) *PurchaseConnection {
	return p.PurchasesBy.For(PurchasesArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}})
}

// GetLicenses returns what was loaded of PurchaserLicenses.licenses.
func (p *PurchaserLicenses) GetLicenses(first *int, after *string, last *int, before, search *string) *LicenseConnection {
	return p.LicensesBy.For(SearchArgs{page.Args{First: first, After: after, Last: last, Before: before}, search})
}

// GetUsers returns what was loaded of Move.users.
func (m *Move) GetUsers(first *int, after *string, last *int, before *string, result *MovedUserResult) *MovedUserConnection {
	return m.UsersBy.For(MovedUsersArgs{page.Args{First: first, After: after, Last: last, Before: before}, result})
}
