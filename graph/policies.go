package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/policy"
	"purser/internal/shape"
	"purser/internal/viewer"
)

// SetSelfServicePolicies returns what became of each product beside what is wrong with those that do not exist.
func (m mutation) SetSelfServicePolicies(ctx context.Context, input model.SetSelfServicePoliciesInput) (*model.SetSelfServicePoliciesPayload, error) {
	payload := &model.SetSelfServicePoliciesPayload{Results: []*model.PolicyChange{}, UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	var changes []policy.Change
	var wrong error
	if err == nil {
		changes, wrong, err = m.Policy.SetMany(ctx, policy.Bulk{
			Value: input.Value, Products: knownIDs(input.ProductIds), Family: input.Family, Except: knownIDs(input.ExceptProductIds), DryRun: input.DryRun,
		})
	}
	if err == nil {
		err = wrong
	}
	if err != nil {
		if payload.UserErrors, err = userErrors(err); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return payload, nil
	}
	return payload, m.policyChanges(ctx, payload, changes, v)
}

// policyChanges fills in the results with the products that were asked for.
func (m mutation) policyChanges(ctx context.Context, payload *model.SetSelfServicePoliciesPayload, changes []policy.Change, v viewer.Viewer) error {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.ProductID
	}
	products, err := m.Reading.Nodes(ctx, ids, map[string]*shape.Shape{"Product": askedOfPayload(ctx, v).Sub("results", "PolicyChange").Sub("product", "Product")})
	if err != nil {
		return err
	}
	for _, c := range changes {
		result := &model.PolicyChange{Was: c.Was, Now: c.Now, Action: c.Action}
		result.Product, _ = products[c.ProductID].(*model.Product)
		switch c.Action {
		case model.PolicyChangeActionChanged:
			payload.Changed++
		case model.PolicyChangeActionUnchanged:
			payload.Unchanged++
		case model.PolicyChangeActionFailed:
			code := model.ErrorCode(c.Code)
			result.Code = &code
			payload.Failed++
		}
		payload.Results = append(payload.Results, result)
	}
	return nil
}

// SetDefaultSelfServicePolicy answers with the tenant.
func (m mutation) SetDefaultSelfServicePolicy(ctx context.Context, input model.SetDefaultSelfServicePolicyInput) (*model.SetDefaultSelfServicePolicyPayload, error) {
	payload := &model.SetDefaultSelfServicePolicyPayload{UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	if err == nil {
		err = m.Policy.SetDefault(ctx, input.Value)
	}
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Tenant, err = m.Reading.Tenant(ctx, askedOfPayload(ctx, v).Sub("tenant", "Tenant"))
	return payload, err
}
