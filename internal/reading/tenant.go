package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// Tenant returns the tenant that the viewer is in.
func (s *Service) Tenant(ctx context.Context, sh *shape.Shape) (*model.Tenant, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	return l.tenant(ctx, sh)
}

func (l *loader) tenant(ctx context.Context, sh *shape.Shape) (*model.Tenant, error) {
	sel, t := l.r.From("tenants", "t")
	q := l.query(sel)
	take := q.tenantOf(t, sh)
	var found *model.Tenant
	if err := q.each(ctx, func() { found = take() }); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, nil //nolint:nilnil // a tenant that has gone is no error to who reads
	}
	return found, l.fillTenant(ctx, found, sh)
}

// tenantOf binds a tenant in table t.
func (q *query) tenantOf(t *sql.SelectTable, sh *shape.Shape) func() *model.Tenant {
	var m model.Tenant
	q.col(&m.ID, t.C("id"))
	q.want(sh, "name", &m.Name, t, "name")
	q.want(sh, "domain", &m.Domain, t, "domain")
	q.want(sh, "externalId", &m.ExternalID, t, "external_id")
	q.wantAny(sh, []string{"cloud", "adminCenter"}, &m.Cloud, t.C("cloud"))
	q.want(sh, "segment", &m.Segment, t, "segment")
	q.want(sh, "country", &m.Country, t, "country")
	q.want(sh, "locale", &m.Locale, t, "locale")
	q.want(sh, "defaultSelfServicePolicy", &m.DefaultSelfServicePolicy, t, "default_policy")
	return func() *model.Tenant {
		c := m
		if sh.Has("adminCenter") {
			c.AdminCenter = adminCenter(c.Cloud)
		}
		return &c
	}
}

// fillTenant loads what hangs below the tenant that the loader is in.
func (l *loader) fillTenant(ctx context.Context, t *model.Tenant, sh *shape.Shape) error {
	b := l.batch()
	for _, use := range sh.Uses("purchases") {
		args, _ := use.Args.(model.PurchasesArgs)
		give := func(_ int, c *model.PurchaseConnection) { t.PurchasesBy.Add(args, c) }
		if err := l.purchases(b, use, args, []purchaseScope{func(*query, *sql.SelectTable) {}}, give); err != nil {
			return err
		}
	}
	err := b.run(ctx)
	if err != nil {
		return err
	}
	if of := sh.Sub("partners", "PartnerAccess"); of != nil {
		if t.Partners, err = l.partners(ctx, of); err != nil {
			return err
		}
	}
	if of := sh.Sub("summary", "TenantSummary"); of != nil {
		t.Summary, err = l.summary(ctx, of)
	}
	return err
}

// Viewer returns who asks. What is asked below the tenants of Viewer.access depends on the roles held
// in each: as tells it.
func (s *Service) Viewer(ctx context.Context, sh *shape.Shape, as func(viewer.Roles) *shape.Shape) (*model.Viewer, error) {
	c := viewer.CallerFrom(ctx)
	m := &model.Viewer{Credential: credential(c)}
	if c.User != "" && sh.Has("user") {
		home, _ := c.In(c.Home)
		homeCtx := viewer.NewContext(ctx, home)
		l, err := s.loader(homeCtx)
		if err != nil {
			return nil, err
		}
		users, err := l.usersByID(homeCtx, []string{c.User}, sh.Sub("user", "User"))
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			m.User = users[0]
		}
	}
	for _, use := range sh.Uses("access") {
		args, _ := use.Args.(model.SearchArgs)
		conn, err := s.access(ctx, c, use, args, func(roles viewer.Roles) *shape.Shape {
			return as(roles).Use("access", args).Of["TenantAccess"].Sub("tenant", "Tenant")
		})
		if err != nil {
			return nil, err
		}
		m.AccessBy.Add(args, conn)
	}
	return m, nil
}

func credential(c *viewer.Caller) *model.Credential {
	m := &model.Credential{Kind: model.CredentialKind(c.Credential.Kind)}
	if name := c.Credential.Name; name != "" {
		m.Name = &name
	}
	if at := c.Credential.ExpiresAt; at != 0 {
		m.ExpiresAt = &at
	}
	return m
}

// access returns a page of the tenants within the caller's reach, by name.
func (s *Service) access(ctx context.Context, c *viewer.Caller, use *shape.Field, args model.SearchArgs, as func(viewer.Roles) *shape.Shape) (*model.TenantAccessConnection, error) {
	if err := checkSearch(args.Search); err != nil {
		return nil, err
	}
	r, err := s.db.ReachReader(ctx)
	if err != nil {
		return nil, err
	}
	l := &loader{Service: s, r: r}
	of := use.Of["TenantAccess"]
	sh := of.Sub("tenant", "Tenant")
	e, err := list(ctx, l, use, of, args.Args, func(of *shape.Shape) (*query, func() *model.TenantAccess, keyset) {
		sel, t := r.From("tenants", "t")
		q := l.query(sel)
		where(sel, contains(t.C("search_key"), args.Search))
		ks := keyset{tag: "access", value: t.C("name_key"), id: t.C("id")}
		if of == nil {
			return q, nil, ks
		}
		take := q.tenantOf(t, sh)
		return q, func() *model.TenantAccess { return tenantAccess(c, take()) }, ks
	})
	if err != nil {
		return nil, err
	}
	if sh.Has("purchases") || sh.Has("summary") || sh.Has("partners") {
		if err := s.fillAccess(ctx, c, e.nodes, as); err != nil {
			return nil, err
		}
	}
	return &model.TenantAccessConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.TenantAccess, c string) *model.TenantAccessEdge {
			return &model.TenantAccessEdge{Node: n, Cursor: c}
		}),
	}, nil
}

func tenantAccess(c *viewer.Caller, t *model.Tenant) *model.TenantAccess {
	a, _ := c.Find(t.ID)
	m := &model.TenantAccess{Tenant: t, Roles: a.Roles.List(), Via: model.AccessPathOwn}
	if a.Delegated {
		m.Via = model.AccessPathDelegated
	}
	if a.ExpiresAt != 0 {
		m.ExpiresAt = &a.ExpiresAt
	}
	return m
}

// fillAccess loads what hangs below tenants, in each as the viewer that the caller is there: the
// roles differ, so this is done tenant by tenant.
func (s *Service) fillAccess(ctx context.Context, c *viewer.Caller, list []*model.TenantAccess, as func(viewer.Roles) *shape.Shape) error {
	for _, a := range list {
		v, _ := c.In(a.Tenant.ID)
		ctx := viewer.NewContext(ctx, v)
		l, err := s.loader(ctx)
		if err != nil {
			return err
		}
		if err := l.fillTenant(ctx, a.Tenant, as(v.Roles)); err != nil {
			return err
		}
	}
	return nil
}
