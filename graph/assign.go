package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/licensing"
	"purser/internal/shape"
)

// AssignLicenses answers with the licenses in the order of the users.
func (m mutation) AssignLicenses(ctx context.Context, input model.AssignLicensesInput) (*model.AssignLicensesPayload, error) {
	var licenses []string
	payload := &model.AssignLicensesPayload{Licenses: []*model.License{}}
	p, refused, err := m.onPurchase(ctx, input.PurchaseID, func(ctx context.Context, purchaseID string) (err error) {
		licenses, err = m.Licensing.Assign(ctx, purchaseID, knownIDs(input.UserIds))
		return err
	})
	if err != nil {
		return nil, err
	}
	payload.Purchase, payload.UserErrors = p, refused
	if len(licenses) > 0 {
		payload.Licenses, err = loadAll[*model.License](ctx, m, input.PurchaseID, licenses, "licenses", "License")
	}
	return payload, err
}

// UnassignLicenses answers with the users in the order they were named.
func (m mutation) UnassignLicenses(ctx context.Context, input model.UnassignLicensesInput) (*model.UnassignLicensesPayload, error) {
	payload := &model.UnassignLicensesPayload{UnassignedUsers: []*model.User{}}
	p, refused, err := m.onPurchase(ctx, input.PurchaseID, func(ctx context.Context, purchaseID string) error {
		return m.Licensing.Unassign(ctx, purchaseID, knownIDs(input.UserIds))
	})
	if err != nil {
		return nil, err
	}
	payload.Purchase, payload.UserErrors = p, refused
	if len(refused) == 0 {
		payload.UnassignedUsers, err = loadAll[*model.User](ctx, m, input.PurchaseID, input.UserIds, "unassignedUsers", "User")
	}
	return payload, err
}

// loadAll loads things that lie in the tenant of an id, for a field of the payload.
func loadAll[T model.Node](ctx context.Context, m mutation, in string, ids []string, field, typ string) ([]T, error) {
	ctx, v, _, err := m.at(ctx, in)
	if err != nil {
		return nil, err
	}
	nodes, err := m.Reading.Nodes(ctx, ids, map[string]*shape.Shape{typ: askedOfPayload(ctx, v, field, typ)})
	list := make([]T, 0, len(ids))
	for _, i := range ids {
		if n, ok := nodes[i].(T); ok {
			list = append(list, n)
		}
	}
	return list, err
}

// RequestLicenses enters the caller's own tenant.
func (m mutation) RequestLicenses(ctx context.Context, input model.RequestLicensesInput) (*model.RequestLicensesPayload, error) {
	ctx, v, err := home(ctx)
	if err != nil {
		return nil, err
	}
	payload := &model.RequestLicensesPayload{UserErrors: []*model.UserError{}}
	requestID, err := m.Licensing.RequestLicenses(ctx, licensing.Wish{ProductID: id.Known(input.ProductID), UserIDs: knownIDs(input.UserIds), Message: input.Message})
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Request, err = load[*model.LicenseRequest](ctx, m.Resolver, requestID, askedOfPayload(ctx, v, "request", "LicenseRequest"), "LicenseRequest")
	return payload, err
}

// DecideLicenseRequest enters the request's tenant.
func (m mutation) DecideLicenseRequest(ctx context.Context, input model.DecideLicenseRequestInput) (*model.DecideLicenseRequestPayload, error) {
	ctx, v, ok, err := m.at(ctx, input.RequestID)
	if err != nil {
		return nil, err
	}
	payload := &model.DecideLicenseRequestPayload{UserErrors: []*model.UserError{}}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("requestId"))
		return payload, err
	}
	d := licensing.Decision{
		RequestID: id.Known(input.RequestID), PurchaseID: knownID(input.PurchaseID),
		Approve: knownIDs(input.ApproveUserIds), Reject: knownIDs(input.RejectUserIds), Reply: input.Reply,
	}
	if err := m.Licensing.DecideLicenseRequest(ctx, d); err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Request, err = load[*model.LicenseRequest](ctx, m.Resolver, input.RequestID, askedOfPayload(ctx, v, "request", "LicenseRequest"), "LicenseRequest")
	return payload, err
}

func knownID(i *string) *string {
	if i == nil {
		return nil
	}
	known := id.Known(*i)
	return &known
}
