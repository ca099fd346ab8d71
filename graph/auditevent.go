package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
)

func (q query) AuditEvents(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, filter *model.AuditEventFilter) (*model.AuditEventConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.AuditEvents(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, filter)
}
