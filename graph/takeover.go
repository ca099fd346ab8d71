package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/shape"
)

// TakeOwnership enters the purchase's tenant.
func (m mutation) TakeOwnership(ctx context.Context, input model.TakeOwnershipInput) (*model.TakeOwnershipPayload, error) {
	ctx, v, ok, err := m.at(ctx, input.PurchaseID)
	if err != nil {
		return nil, err
	}
	payload := &model.TakeOwnershipPayload{UserErrors: []*model.UserError{}}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("purchaseId"))
		return payload, err
	}
	if err := m.TakeOver.TakeOwnership(ctx, id.Known(input.PurchaseID)); err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Purchase, err = load[*model.Purchase](ctx, m.Resolver, input.PurchaseID, askedOfPayload(ctx, v).Sub("purchase", "Purchase"), "Purchase")
	return payload, err
}

// RequestCancellation enters the tenant of the first purchase that is within reach; those of
// another tenant do not exist there.
func (m mutation) RequestCancellation(ctx context.Context, input model.RequestCancellationInput) (*model.RequestCancellationPayload, error) {
	payload := &model.RequestCancellationPayload{Notifications: []*model.Notification{}, UserErrors: []*model.UserError{}}
	ctx, v, err := m.atFirst(ctx, input.PurchaseIds)
	if err != nil {
		return nil, err
	}
	mails, err := m.TakeOver.RequestCancellation(ctx, knownIDs(input.PurchaseIds), input.Message)
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	of := map[string]*shape.Shape{"Notification": askedOfPayload(ctx, v).Sub("notifications", "Notification")}
	nodes, err := m.Reading.Nodes(ctx, mails, of)
	for _, id := range mails {
		if n, ok := nodes[id].(*model.Notification); ok {
			payload.Notifications = append(payload.Notifications, n)
		}
	}
	return payload, err
}
