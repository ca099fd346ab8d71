package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
)

func (q query) Notifications(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, kind *model.NotificationKind, purchaseID *string) (*model.NotificationConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Notifications(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, kind, purchaseID)
}
