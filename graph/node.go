package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/viewer"
)

const maxNodes = 100

func (q query) Node(ctx context.Context, id string) (model.Node, error) {
	nodes, err := q.nodes(ctx, []string{id})
	return nodes[id], err
}

func (q query) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, fault.New(fault.Invalid, "ids takes at most %d ids.", maxNodes)
	}
	nodes, err := q.nodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]model.Node, len(ids))
	for i, id := range ids {
		list[i] = nodes[id]
	}
	return list, nil
}

// nodes loads the ids tenant by tenant, in each as the viewer that the caller is there. Where none of them may be seen
// it says nothing of fields out of role either: that would tell which ids exist.
func (q query) nodes(ctx context.Context, ids []string) (map[string]model.Node, error) {
	c, _, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	tenants, err := q.Reading.Locate(ctx, ids...)
	if err != nil {
		return nil, err
	}
	byTenant := map[string][]string{}
	for id, tenant := range tenants {
		byTenant[tenant] = append(byTenant[tenant], id)
	}
	nodes, reported := make(map[string]model.Node, len(ids)), map[string]*gqlerror.Error{}
	for tenant, ids := range byTenant {
		v, _ := c.In(tenant)
		b, problems := newBuilder(ctx), map[string]*gqlerror.Error{}
		b.tell = func(e *gqlerror.Error) { problems[e.Path.String()] = e }
		found, err := q.Reading.Nodes(viewer.NewContext(ctx, v), ids, b.as(v.Roles).Of)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			maps.Copy(nodes, found)
			maps.Copy(reported, problems)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(reported)) {
		graphql.AddError(ctx, reported[place])
	}
	return nodes, nil
}
