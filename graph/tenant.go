package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/viewer"
)

func (q query) Viewer(ctx context.Context) (*model.Viewer, error) {
	c, _, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	home, _ := c.In(c.Home)
	b := newBuilder(ctx)
	ofHome := b.as(home.Roles).Of["Viewer"]
	b.decidesAccess = true
	return q.Reading.Viewer(ctx, ofHome, func(roles viewer.Roles) *shape.Shape { return b.as(roles).Of["Viewer"] })
}

// Tenant answers null for a tenant that is not within reach, as for an unknown one.
func (q query) Tenant(ctx context.Context, id *string) (*model.Tenant, error) {
	ctx, v, err := in(ctx, id)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil //nolint:nilnil // a nullable lookup
	}
	if err != nil {
		return nil, err
	}
	return q.Reading.Tenant(ctx, askedOf(ctx, v.Roles, "Tenant"))
}

func (q query) Users(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.UserFilter) (*model.UserConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Users(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, filter)
}

// Products needs a tenant only for a filter by policy: without one the catalogue reads the same in each.
func (q query) Products(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.ProductFilter, orderBy *model.ProductOrder) (*model.ProductConnection, error) {
	c, _, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if tenantID == nil && (filter == nil || filter.Policy == nil) {
		tenantID = &c.Reach[0].Tenant
	}
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Products(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, filter, orderBy)
}
