package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/page"
)

// SelfServicePolicy answers null for a tenant or a product that is not within reach, as for unknown ones.
func (q query) SelfServicePolicy(ctx context.Context, tenantID *string, productID string) (*model.SelfServicePolicy, error) {
	ctx, v, err := in(ctx, tenantID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil //nolint:nilnil // a nullable lookup
	}
	if err != nil {
		return nil, err
	}
	return q.Reading.Policy(ctx, productID, askedOf(ctx, v.Roles, "SelfServicePolicy"))
}

func (q query) SelfServicePolicies(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.SelfServicePolicyFilter) (*model.SelfServicePolicyConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Policies(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, filter)
}

func (m mutation) SetSelfServicePolicy(ctx context.Context, input model.SetSelfServicePolicyInput) (*model.SetSelfServicePolicyPayload, error) {
	payload := &model.SetSelfServicePolicyPayload{UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	if err == nil {
		err = m.Policy.Set(ctx, input.ProductID, input.Value)
	}
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Policy, err = m.Reading.Policy(ctx, input.ProductID, askedOfPayload(ctx, v).Sub("policy", "SelfServicePolicy"))
	return payload, err
}
