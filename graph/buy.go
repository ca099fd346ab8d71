package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/purchasing"
	"purser/internal/viewer"
)

// bought loads the purchase of a payload after something was done to it, or what refused that.
func (m mutation) bought(ctx context.Context, v viewer.Viewer, purchaseID string, err error) (*model.Purchase, []*model.UserError, error) {
	if err != nil {
		refused, err := userErrors(err)
		return nil, refused, err
	}
	p, err := load[*model.Purchase](ctx, m.Resolver, purchaseID, askedOfPayload(ctx, v).Sub("purchase", "Purchase"), "Purchase")
	return p, []*model.UserError{}, err
}

// onPurchase enters the purchase's tenant and does something to it there.
func (m mutation) onPurchase(ctx context.Context, purchaseID string, do func(ctx context.Context, purchaseID string) error) (*model.Purchase, []*model.UserError, error) {
	ctx, v, ok, err := m.at(ctx, purchaseID)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return m.bought(ctx, v, "", errNotFound.At("purchaseId"))
	}
	return m.bought(ctx, v, purchaseID, do(ctx, id.Known(purchaseID)))
}

func (m mutation) BuyCentrally(ctx context.Context, input model.BuyCentrallyInput) (*model.BuyCentrallyPayload, error) {
	ctx, v, err := in(ctx, input.TenantID)
	purchaseID := ""
	if err == nil {
		purchaseID, err = m.Purchasing.BuyCentrally(ctx, purchasing.Order{
			ProductID: id.Known(input.ProductID), Quantity: input.Quantity, Kind: model.PurchaseKindPaid, Term: input.BillingTerm,
		})
	}
	p, refused, err := m.bought(ctx, v, purchaseID, err)
	if err != nil {
		return nil, err
	}
	return &model.BuyCentrallyPayload{Purchase: p, UserErrors: refused}, nil
}

// BuySelfService enters the caller's own tenant: nobody buys for themselves elsewhere.
func (m mutation) BuySelfService(ctx context.Context, input model.BuySelfServiceInput) (*model.BuySelfServicePayload, error) {
	ctx, v, err := home(ctx)
	if err != nil {
		return nil, err
	}
	purchaseID, err := m.Purchasing.BuySelfService(ctx, purchasing.Order{
		ProductID: id.Known(input.ProductID), Quantity: input.Quantity, Kind: input.Kind, Term: input.BillingTerm,
	})
	p, refused, err := m.bought(ctx, v, purchaseID, err)
	if err != nil {
		return nil, err
	}
	return &model.BuySelfServicePayload{Purchase: p, UserErrors: refused}, nil
}

func (m mutation) ChangeQuantity(ctx context.Context, input model.ChangeQuantityInput) (*model.ChangeQuantityPayload, error) {
	p, refused, err := m.onPurchase(ctx, input.PurchaseID, func(ctx context.Context, purchaseID string) error {
		return m.Purchasing.ChangeQuantity(ctx, purchaseID, input.Quantity)
	})
	if err != nil {
		return nil, err
	}
	return &model.ChangeQuantityPayload{Purchase: p, UserErrors: refused}, nil
}

func (m mutation) SetRecurringBilling(ctx context.Context, input model.SetRecurringBillingInput) (*model.SetRecurringBillingPayload, error) {
	p, refused, err := m.onPurchase(ctx, input.PurchaseID, func(ctx context.Context, purchaseID string) error {
		return m.Purchasing.SetRecurringBilling(ctx, purchaseID, input.Enabled)
	})
	if err != nil {
		return nil, err
	}
	return &model.SetRecurringBillingPayload{Purchase: p, UserErrors: refused}, nil
}

func (m mutation) ReactivateSubscription(ctx context.Context, input model.ReactivateSubscriptionInput) (*model.ReactivateSubscriptionPayload, error) {
	p, refused, err := m.onPurchase(ctx, input.PurchaseID, m.Purchasing.Reactivate)
	if err != nil {
		return nil, err
	}
	return &model.ReactivateSubscriptionPayload{Purchase: p, UserErrors: refused}, nil
}
