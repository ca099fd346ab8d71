package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
)

func (q query) LicenseRequests(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, status []model.LicenseRequestStatus) (*model.LicenseRequestConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.LicenseRequests(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, status)
}
