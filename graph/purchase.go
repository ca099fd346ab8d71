package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/purchasing"
)

func (q query) SelfServiceSubscriptions(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.PurchaseFilter, orderBy *model.PurchaseOrder) (*model.PurchaseConnection, error) {
	source := model.PurchaseSourceSelfService
	args := model.PurchasesArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}, Filter: filter, OrderBy: orderBy}
	return q.purchases(ctx, tenantID, &source, args)
}

func (q query) Purchases(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.PurchaseFilter, orderBy *model.PurchaseOrder) (*model.PurchaseConnection, error) {
	args := model.PurchasesArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}, Filter: filter, OrderBy: orderBy}
	return q.purchases(ctx, tenantID, nil, args)
}

func (q query) purchases(ctx context.Context, tenantID *string, source *model.PurchaseSource, args model.PurchasesArgs) (*model.PurchaseConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Purchases(ctx, asked(ctx, v.Roles), source, args)
}

func (q query) Purchase(ctx context.Context, id string) (*model.Purchase, error) {
	return byID[*model.Purchase](ctx, q.Resolver, id)
}

// byID loads one thing by its id; the zero value where it does not exist.
func byID[T model.Node](ctx context.Context, r *Resolver, id string) (T, error) {
	var none T
	ctx, v, ok, err := r.at(ctx, id)
	if err != nil || !ok {
		return none, err
	}
	return loadOf[T](ctx, r, id, asked(ctx, v.Roles).Of)
}

func (m mutation) CancelSubscription(ctx context.Context, input model.CancelSubscriptionInput) (*model.CancelSubscriptionPayload, error) {
	ctx, v, ok, err := m.at(ctx, input.PurchaseID)
	if err != nil {
		return nil, err
	}
	payload := &model.CancelSubscriptionPayload{UserErrors: []*model.UserError{}}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("purchaseId"))
		return payload, err
	}
	payload.ReleasedLicenses, err = m.Purchasing.Cancel(ctx, purchasing.Cancellation{PurchaseID: id.Known(input.PurchaseID), Reason: input.Reason, Feedback: input.Feedback})
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Purchase, err = load[*model.Purchase](ctx, m.Resolver, input.PurchaseID, askedOfPayload(ctx, v).Sub("purchase", "Purchase"), "Purchase")
	return payload, err
}
