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
	found, refused, err := m.onLicenses(ctx, input.PurchaseID, "licenses", "License", func(ctx context.Context, purchaseID string) (_ []string, err error) {
		licenses, err = m.Licensing.Assign(ctx, purchaseID, knownIDs(input.UserIds))
		return licenses, err
	})
	if err != nil {
		return nil, err
	}
	p, _ := found[input.PurchaseID].(*model.Purchase)
	return &model.AssignLicensesPayload{Purchase: p, Licenses: listed[*model.License](found, licenses), UserErrors: refused}, nil
}

// UnassignLicenses answers with the users in the order they were named.
func (m mutation) UnassignLicenses(ctx context.Context, input model.UnassignLicensesInput) (*model.UnassignLicensesPayload, error) {
	found, refused, err := m.onLicenses(ctx, input.PurchaseID, "unassignedUsers", "User", func(ctx context.Context, purchaseID string) ([]string, error) {
		return input.UserIds, m.Licensing.Unassign(ctx, purchaseID, knownIDs(input.UserIds))
	})
	if err != nil {
		return nil, err
	}
	p, _ := found[input.PurchaseID].(*model.Purchase)
	return &model.UnassignLicensesPayload{Purchase: p, UnassignedUsers: listed[*model.User](found, input.UserIds), UserErrors: refused}, nil
}

// onLicenses enters the purchase's tenant and changes who holds its licenses. It loads what the payload asks of
// the purchase, and in a field, of what do names.
func (m mutation) onLicenses(ctx context.Context, purchaseID, field, typ string, do func(ctx context.Context, purchaseID string) ([]string, error)) (found map[string]model.Node, refused []*model.UserError, err error) {
	ctx, v, ok, err := m.at(ctx, purchaseID)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	if err = errNotFound.At("purchaseId"); ok {
		ids, err = do(ctx, id.Known(purchaseID))
	}
	if err != nil {
		refused, err = userErrors(err)
		return nil, refused, err
	}
	payload := askedOfPayload(ctx, v)
	found, err = m.Reading.Nodes(ctx, append([]string{purchaseID}, ids...), map[string]*shape.Shape{
		"Purchase": payload.Sub("purchase", "Purchase"), typ: payload.Sub(field, typ),
	})
	return found, []*model.UserError{}, err
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
	payload.Request, err = load[*model.LicenseRequest](ctx, m.Resolver, requestID, askedOfPayload(ctx, v).Sub("request", "LicenseRequest"), "LicenseRequest")
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
	payload.Request, err = load[*model.LicenseRequest](ctx, m.Resolver, input.RequestID, askedOfPayload(ctx, v).Sub("request", "LicenseRequest"), "LicenseRequest")
	return payload, err
}

func knownID(i *string) *string {
	if i == nil {
		return nil
	}
	known := id.Known(*i)
	return &known
}
