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

func (l *loader) nodes(ctx context.Context, ids []string, of map[string]*shape.Shape) (map[string]model.Node, error) {
	byKind, seen := map[id.Kind][]string{}, make(map[string]bool, len(ids))
	for _, i := range ids {
		k := id.KindOf(i)
		if roles := readers[k]; seen[i] || roles != nil && !l.me.Roles.Has(roles...) {
			continue
		}
		seen[i] = true
		byKind[k] = append(byKind[k], i)
	}
	nodes, b := map[string]model.Node{}, l.batch()
	for k, ids := range byKind {
		if err := l.nodesOf(ctx, b, k, ids, of, nodes); err != nil {
			return nil, err
		}
	}
	return nodes, b.run(ctx)
}

// nodesOf loads those of one kind, or has the batch do so where mutations answer with several kinds.
func (l *loader) nodesOf(ctx context.Context, b *batch, k id.Kind, ids []string, of map[string]*shape.Shape, nodes map[string]model.Node) error {
	switch k {
	case id.Tenant:
		return l.tenantNode(ctx, ids, of["Tenant"], nodes)
	case id.User:
		include(b, l.bindUsers, ids, of["User"], nodes)
	case id.Product:
		return add(ctx, l.productsByID, ids, of["Product"], nodes)
	case id.Purchase:
		include(b, l.bindPurchases, ids, of["Purchase"], nodes)
	case id.License:
		include(b, l.bindLicenses, ids, of["License"], nodes)
	case id.Move:
		return add(ctx, l.movesByID, ids, of["Move"], nodes)
	case id.LicenseRequest:
		return add(ctx, l.requestsByID, ids, of["LicenseRequest"], nodes)
	case id.Notification:
		return add(ctx, l.notificationsByID, ids, of["Notification"], nodes)
	case id.AuditEvent:
		return add(ctx, l.eventsByID, ids, of["AuditEvent"], nodes)
	case id.Policy:
		return add(ctx, l.policiesByID, l.products(ids), of["SelfServicePolicy"], nodes)
	case id.ProductLicenses:
		return add(ctx, l.productLicensesByID, l.products(ids), of["ProductLicenses"], nodes)
	case id.PurchaserLicenses:
		return add(ctx, l.groupsByID, l.ownGroups(ids), of["PurchaserLicenses"], nodes)
	case id.APIToken:
		return add(ctx, l.tokensByID, ids, of["ApiToken"], nodes)
	case id.PartnerAccess:
		return add(ctx, l.partnersByID, ids, of["PartnerAccess"], nodes)
	case id.Export: // not a node of the API
	}
	return nil
}

func add[T model.Node](ctx context.Context, load func(context.Context, []string, *shape.Shape) ([]T, error), ids []string, sh *shape.Shape, nodes map[string]model.Node) error {
	if len(ids) == 0 || sh == nil {
		return nil
	}
	found, err := load(ctx, ids, sh)
	for _, n := range found {
		nodes[n.GetID()] = n
	}
	return err
}

// include is add by the batch.
func include[T model.Node](b *batch, bind func(*batch, []string, *shape.Shape) *[]T, ids []string, sh *shape.Shape, nodes map[string]model.Node) {
	if len(ids) == 0 || sh == nil {
		return
	}
	found := bind(b, ids, sh)
	b.after(func(context.Context) error {
		for _, n := range *found {
			nodes[n.GetID()] = n
		}
		return nil
	})
}

func (l *loader) tenantNode(ctx context.Context, ids []string, sh *shape.Shape, nodes map[string]model.Node) error {
	if sh == nil || !slices.Contains(ids, l.me.Tenant) {
		return nil
	}
	t, err := l.tenant(ctx, sh)
	if t != nil {
		nodes[t.ID] = t
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
