package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/licensing"
	"purser/internal/page"
)

func (q query) ProductLicenses(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, source *model.PurchaseSource, search *string) (*model.ProductLicensesConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	args := model.SearchArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}, Search: search}
	return q.Reading.ProductLicenses(ctx, asked(ctx, v.Roles), args, source)
}

func (q query) LicensesByPurchaser(ctx context.Context, tenantID, productID *string, purchaseIDs []string, source *model.PurchaseSource, first *int, after *string, last *int, before, search *string) (*model.PurchaserLicensesConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	args := model.SearchArgs{Args: page.Args{First: first, After: after, Last: last, Before: before}, Search: search}
	return q.Reading.PurchaserLicenses(ctx, asked(ctx, v.Roles), args, productID, purchaseIDs, source)
}

func (m mutation) ExportLicensedUsers(ctx context.Context, input model.ExportLicensedUsersInput) (*model.ExportLicensedUsersPayload, error) {
	payload := &model.ExportLicensedUsersPayload{UserErrors: []*model.UserError{}}
	ctx, _, err := in(ctx, input.TenantID)
	if err == nil {
		payload.Export, err = m.Licensing.Export(ctx, licensing.Selection{Purchases: input.PurchaseIds, Product: input.ProductID, Source: input.Source})
	}
	if err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Export.URL = baseURL(ctx) + payload.Export.URL
	return payload, nil
}
