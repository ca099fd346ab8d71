package bulk

import (
	"context"

	"purser/ent"
	"purser/internal/store"
)

// Users inserts the users, or updates those whose id is there already. Their keys must be
// filled in, see KeyUser.
func Users(ctx context.Context, tx *store.Tx, users []*ent.User) error {
	return userTable.save(ctx, tx, users)
}

var userTable = table[*ent.User]{
	name: "users",
	insert: []string{
		"id", "display_name", "name_key", "search_key", "user_principal_name", "upn_key", "mail",
		"department", "locale", "kind", "account_enabled", "removed", "roles",
	},
	update: []string{
		"display_name", "name_key", "search_key", "user_principal_name", "upn_key", "mail",
		"department", "locale", "kind", "account_enabled", "removed", "roles",
	},
	values: func(u *ent.User) []any {
		return []any{
			u.ID, u.DisplayName, u.NameKey, u.SearchKey, u.UserPrincipalName, u.UpnKey, u.Mail,
			u.Department, u.Locale, u.Kind, u.AccountEnabled, u.Removed, int64(u.Roles),
		}
	},
}

// Purchases inserts the purchases, or updates those whose id is there already, all but what
// they are (product, source, reference) and their seats in use. Their keys must be filled in, see KeyPurchase.
func Purchases(ctx context.Context, tx *store.Tx, purchases []*ent.Purchase) error {
	return purchaseTable.save(ctx, tx, purchases)
}

var purchaseTable = table[*ent.Purchase]{
	name: "purchases",
	insert: []string{
		"id", "ref", "product_id", "purchaser_id", "source", "kind", "status", "quantity", "assigned", "reserved",
		"unit_price", "currency", "billing_term", "recurring_billing", "purchased_at", "expires_at", "term_anchor", "due_at", "noticed",
		"canceled_at", "canceled_by", "cancellation_reason", "cancellation_feedback", "cancellation_cause",
		"product_key", "purchaser_key", "search_key", "tried_by",
	},
	update: []string{
		"purchaser_id", "kind", "status", "quantity",
		"unit_price", "currency", "billing_term", "recurring_billing", "expires_at", "term_anchor", "due_at", "noticed",
		"canceled_at", "canceled_by", "cancellation_reason", "cancellation_feedback", "cancellation_cause",
		"product_key", "purchaser_key", "search_key",
	},
	values: func(p *ent.Purchase) []any {
		return []any{
			p.ID, p.Ref, p.ProductID, p.PurchaserID, p.Source, p.Kind, p.Status, p.Quantity, p.Assigned, p.Reserved,
			int64(p.UnitPrice), p.Currency, p.BillingTerm, p.RecurringBilling, int64(p.PurchasedAt), int64(p.ExpiresAt), int64(p.TermAnchor), int64(p.DueAt), p.Noticed,
			p.CanceledAt, p.CanceledBy, p.CancellationReason, p.CancellationFeedback, p.CancellationCause,
			p.ProductKey, p.PurchaserKey, p.SearchKey, p.TriedBy,
		}
	},
}

// Licenses inserts the licenses, or updates when they were assigned. The purchases' counters
// are the caller's affair.
func Licenses(ctx context.Context, tx *store.Tx, licenses []*ent.License) error {
	return licenseTable.save(ctx, tx, licenses)
}

var licenseTable = table[*ent.License]{
	name:   "licenses",
	insert: []string{"id", "purchase_id", "user_id", "assigned_at", "assigned_by"},
	update: []string{"assigned_at"},
	values: func(l *ent.License) []any {
		return []any{l.ID, l.PurchaseID, l.UserID, int64(l.AssignedAt), l.AssignedBy}
	},
}
