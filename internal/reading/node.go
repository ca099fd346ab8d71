package reading

import (
	"context"
	"slices"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/shape"
	"purser/internal/viewer"
)

// Nodes returns what the ids name, as far as something is asked of its kind, it exists, and the viewer may see it: one
// statement a kind, and those of what was asked for below.
func (s *Service) Nodes(ctx context.Context, ids []string, of map[string]*shape.Shape) (map[string]model.Node, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	return l.nodes(ctx, ids, of)
}

// readers says who may ask for types that only admins have fields for, as schema.graphql does.
var readers = map[id.Kind][]viewer.Role{
	id.Move:              {viewer.GlobalAdmin, viewer.BillingAdmin, viewer.GlobalReader},
	id.Policy:            {viewer.GlobalAdmin, viewer.BillingAdmin, viewer.GlobalReader},
	id.Notification:      {viewer.GlobalAdmin, viewer.BillingAdmin, viewer.GlobalReader},
	id.AuditEvent:        {viewer.GlobalAdmin, viewer.GlobalReader},
	id.APIToken:          {viewer.GlobalAdmin},
	id.PartnerAccess:     {viewer.GlobalAdmin, viewer.GlobalReader},
	id.ProductLicenses:   {viewer.GlobalAdmin, viewer.BillingAdmin, viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader},
	id.PurchaserLicenses: {viewer.GlobalAdmin, viewer.BillingAdmin, viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader},
}

// Node is Nodes of one id; nil where there is no such thing.
func (s *Service) Node(ctx context.Context, one string, of map[string]*shape.Shape) (node model.Node, err error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	k, b := id.KindOf(one), l.batch()
	if !l.mayRead(k) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err := l.nodesOf(ctx, b, k, []string{one}, of, func(n model.Node) { node = n }); err != nil {
		return nil, err
	}
	return node, b.run(ctx)
}

func (l *loader) nodes(ctx context.Context, ids []string, of map[string]*shape.Shape) (map[string]model.Node, error) {
	byKind, seen := map[id.Kind][]string{}, make(map[string]bool, len(ids))
	for _, i := range ids {
		k := id.KindOf(i)
		if seen[i] || !l.mayRead(k) {
			continue
		}
		seen[i] = true
		byKind[k] = append(byKind[k], i)
	}
	nodes, b := map[string]model.Node{}, l.batch()
	for k, ids := range byKind {
		if err := l.nodesOf(ctx, b, k, ids, of, func(n model.Node) { nodes[n.GetID()] = n }); err != nil {
			return nil, err
		}
	}
	return nodes, b.run(ctx)
}

func (l *loader) mayRead(k id.Kind) bool {
	roles := readers[k]
	return roles == nil || l.me.Roles.Has(roles...)
}

// nodesOf loads those of one kind, or has the batch do so where mutations answer with several kinds, and gives each away.
func (l *loader) nodesOf(ctx context.Context, b *batch, k id.Kind, ids []string, of map[string]*shape.Shape, give func(model.Node)) error {
	switch k {
	case id.Tenant:
		return l.tenantNode(ctx, ids, of["Tenant"], give)
	case id.User:
		include(b, l.bindUsers, ids, of["User"], give)
	case id.Product:
		return add(ctx, l.productsByID, ids, of["Product"], give)
	case id.Purchase:
		include(b, l.bindPurchases, ids, of["Purchase"], give)
	case id.License:
		include(b, l.bindLicenses, ids, of["License"], give)
	case id.Move:
		return add(ctx, l.movesByID, ids, of["Move"], give)
	case id.LicenseRequest:
		return add(ctx, l.requestsByID, ids, of["LicenseRequest"], give)
	case id.Notification:
		return add(ctx, l.notificationsByID, ids, of["Notification"], give)
	case id.AuditEvent:
		return add(ctx, l.eventsByID, ids, of["AuditEvent"], give)
	case id.Policy:
		return add(ctx, l.policiesByID, l.products(ids), of["SelfServicePolicy"], give)
	case id.ProductLicenses:
		return add(ctx, l.productLicensesByID, l.products(ids), of["ProductLicenses"], give)
	case id.PurchaserLicenses:
		return add(ctx, l.groupsByID, l.ownGroups(ids), of["PurchaserLicenses"], give)
	case id.APIToken:
		return add(ctx, l.tokensByID, ids, of["ApiToken"], give)
	case id.PartnerAccess:
		return add(ctx, l.partnersByID, ids, of["PartnerAccess"], give)
	case id.Export: // not a node of the API
	}
	return nil
}

func add[T model.Node](ctx context.Context, load func(context.Context, []string, *shape.Shape) ([]T, error), ids []string, sh *shape.Shape, give func(model.Node)) error {
	if len(ids) == 0 || sh == nil {
		return nil
	}
	found, err := load(ctx, ids, sh)
	for _, n := range found {
		give(n)
	}
	return err
}

// include is add by the batch.
func include[T model.Node](b *batch, bind func(*batch, []string, *shape.Shape) *[]T, ids []string, sh *shape.Shape, give func(model.Node)) {
	if len(ids) == 0 || sh == nil {
		return
	}
	found := bind(b, ids, sh)
	b.after(func(context.Context) error {
		for _, n := range *found {
			give(n)
		}
		return nil
	})
}

func (l *loader) tenantNode(ctx context.Context, ids []string, sh *shape.Shape, give func(model.Node)) error {
	if sh == nil || !slices.Contains(ids, l.me.Tenant) {
		return nil
	}
	t, err := l.tenant(ctx, sh)
	if t != nil {
		give(t)
	}
	return err
}

// products returns the products of ids that are composed of the viewer's tenant and a product.
func (l *loader) products(ids []string) []string {
	var products []string
	for _, i := range ids {
		if tenant, product, ok := id.Pair(i); ok && tenant == l.me.Tenant {
			products = append(products, product)
		}
	}
	return products
}

func (l *loader) ownGroups(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(i string) bool {
		g, ok := id.ParseGroup(i)
		return !ok || g.Tenant != l.me.Tenant
	})
}

func (l *loader) policiesByID(ctx context.Context, products []string, sh *shape.Shape) ([]*model.SelfServicePolicy, error) {
	found, err := l.policiesOf(ctx, products, sh)
	var list []*model.SelfServicePolicy
	for _, p := range found {
		list = append(list, p)
	}
	return list, err
}
