package graph

import (
	"context"
	"maps"

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

// nodes loads the ids tenant by tenant, in each as the viewer that the caller is there.
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
	nodes, b := make(map[string]model.Node, len(ids)), newBuilder(ctx)
	for tenant, ids := range byTenant {
		v, _ := c.In(tenant)
		found, err := q.Reading.Nodes(viewer.NewContext(ctx, v), ids, b.as(v.Roles).Of)
		if err != nil {
			return nil, err
		}
		maps.Copy(nodes, found)
	}
	return nodes, nil
}
