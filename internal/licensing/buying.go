package licensing

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/policy"
	"purser/internal/store"
	"purser/internal/viewer"
)

// mayBuy tells whether the viewer, a user, may buy the product for themselves: whether nothing about
// the product, the tenant, the user and the tenant's policy forbids it (R6, R10). To be allowed to try it
// is not to be allowed to buy it.
func mayBuy(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *ent.Product) (bool, error) {
	tenant, err := tx.Tenant.Get(ctx, v.Tenant)
	if err != nil {
		return false, fmt.Errorf("read the tenant: %w", err)
	}
	u, err := tx.User.Get(ctx, v.User)
	if err != nil {
		return false, fmt.Errorf("read who asks: %w", err)
	}
	value, _, err := policy.Current(ctx, tx, p)
	return policy.Eligible(p, tenant, u) == nil && policy.Allows(value, p, model.PurchaseKindPaid), err
}
