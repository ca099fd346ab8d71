package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/access"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/viewer"
)

func (q query) APITokens(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string) (*model.APITokenConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.APITokens(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before})
}

func (m mutation) CreateAPIToken(ctx context.Context, input model.CreateAPITokenInput) (*model.CreateAPITokenPayload, error) {
	payload := &model.CreateAPITokenPayload{UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	made, err := m.Access.CreateToken(ctx, access.NewToken{Name: input.Name, Roles: viewer.SetOf(input.Roles...), ExpiresAt: &input.ExpiresAt})
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Secret = &made.Secret
	payload.Token, err = load[*model.APIToken](ctx, m.Resolver, made.ID, askedOfPayload(ctx, v).Sub("token", "ApiToken"), "ApiToken")
	return payload, err
}

// RevokeAPIToken enters the token's tenant.
func (m mutation) RevokeAPIToken(ctx context.Context, input model.RevokeAPITokenInput) (*model.RevokeAPITokenPayload, error) {
	ctx, v, ok, err := m.at(ctx, input.TokenID)
	if err != nil {
		return nil, err
	}
	payload := &model.RevokeAPITokenPayload{UserErrors: []*model.UserError{}}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("tokenId"))
		return payload, err
	}
	if err := m.Access.RevokeToken(ctx, id.Known(input.TokenID)); err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Token, err = load[*model.APIToken](ctx, m.Resolver, input.TokenID, askedOfPayload(ctx, v).Sub("token", "ApiToken"), "ApiToken")
	return payload, err
}

func (m mutation) GrantPartnerAccess(ctx context.Context, input model.GrantPartnerAccessInput) (*model.GrantPartnerAccessPayload, error) {
	payload := &model.GrantPartnerAccessPayload{UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	accessID, err := m.Access.GrantPartnerAccess(ctx, access.Grant{PartnerDomain: input.PartnerDomain, Roles: viewer.SetOf(input.Roles...), ExpiresAt: input.ExpiresAt})
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Access, err = load[*model.PartnerAccess](ctx, m.Resolver, accessID, askedOfPayload(ctx, v).Sub("access", "PartnerAccess"), "PartnerAccess")
	return payload, err
}

func (m mutation) RevokePartnerAccess(ctx context.Context, input model.RevokePartnerAccessInput) (*model.RevokePartnerAccessPayload, error) {
	payload := &model.RevokePartnerAccessPayload{UserErrors: []*model.UserError{}}
	ctx, v, err := in(ctx, input.TenantID)
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	accessID, err := m.Access.RevokePartnerAccess(ctx, input.PartnerDomain)
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Access, err = load[*model.PartnerAccess](ctx, m.Resolver, accessID, askedOfPayload(ctx, v).Sub("access", "PartnerAccess"), "PartnerAccess")
	return payload, err
}
