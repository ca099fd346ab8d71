package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// maxPurchases is how many purchases a list can be narrowed to.
const maxPurchases = 1000

// groupScope is the purchases that are grouped by who bought them.
type groupScope struct {
	product   string                // "": of every product
	source    *model.PurchaseSource // nil: of every source
	purchases []string              // nil: the usable ones; else these, whatever their status
	search    *string               // finds groups by purchaser or by licensed user
	purchaser any                   // one group alone: a purchaser's id, "" for nobody in particular, or store.Reader.Key; nil: all
}

// group is a group of purchases with what it was made of: what hangs below it is narrowed alike.
type group struct {
	*model.PurchaserLicenses
	purchaser string
	scope     groupScope
}

// PurchaserLicenses returns a page of who holds licenses, grouped by who bought them, by name. It
// returns fault.NotFound for a product or a purchase that does not exist, and fault.Invalid for
// more than 1,000 purchases.
func (s *Service) PurchaserLicenses(ctx context.Context, use *shape.Field, args model.SearchArgs, product *string, purchases []string, source *model.PurchaseSource) (*model.PurchaserLicensesConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if len(purchases) > maxPurchases {
		return nil, fault.New(fault.Invalid, "purchaseIds takes at most %d ids.", maxPurchases)
	}
	scope := groupScope{source: source, purchases: purchases, search: args.Search}
	if product != nil {
		scope.product = *product
		if err := l.exists(ctx, "products", "productId", *product); err != nil {
			return nil, err
		}
	}
	if err := l.exists(ctx, "purchases", "purchaseIds", purchases...); err != nil {
		return nil, err
	}
	conns, err := l.groups(ctx, use, args.Args, []groupScope{scope})
	if err != nil {
		return nil, err
	}
	return conns[0], nil
}

// exists returns fault.NotFound unless all the ids are those of rows within reach.
func (l *loader) exists(ctx context.Context, table, argument string, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	keys := make([]string, len(ids))
	for i, s := range ids {
		keys[i] = id.Known(s)
	}
	sel, t := l.r.FromKeys(table, "t", "id", keys)
	q := l.query(sel)
	var found string
	q.col(&found, t.C("id"))
	seen := map[string]bool{}
	if err := q.each(ctx, func() { seen[found] = true }); err != nil {
		return err
	}
	for _, i := range ids {
		if !seen[i] {
			return fault.New(fault.NotFound, "%s: there is no such thing within your reach.", argument)
		}
	}
	return nil
}

// narrow narrows a statement to the purchases of the scope.
func (scope groupScope) narrow(s *sql.Selector, p *sql.SelectTable) {
	if scope.purchases == nil {
		s.Where(sql.In(p.C("status"), usable...))
	} else {
		s.Where(sql.In(p.C("id"), strs(scope.purchases)...))
	}
	if scope.source != nil {
		s.Where(sql.EQ(p.C("source"), string(*scope.source)))
	}
	if scope.product != "" {
		s.Where(sql.EQ(p.C("product_id"), scope.product))
	}
	switch scope.purchaser {
	case nil:
	case "":
		s.Where(sql.IsNull(p.C("purchaser_id")))
	default:
		s.Where(sql.EQ(p.C("purchaser_id"), scope.purchaser))
	}
}

// groups loads a page of groups for each of several scopes.
func (l *loader) groups(ctx context.Context, use *shape.Field, args page.Args, scopes []groupScope) ([]*model.PurchaserLicensesConnection, error) {
	sh := use.Of["PurchaserLicenses"]
	sources := make([]source[*group], len(scopes))
	for i, scope := range scopes {
		if err := checkSearch(scope.search); err != nil {
			return nil, err
		}
		sources[i] = l.groupRows(scope)
	}
	pages, err := lists(ctx, l, use, sh, args, len(sources), sources)
	if err != nil {
		return nil, err
	}
	var all []*group
	conns := make([]*model.PurchaserLicensesConnection, len(pages))
	for i, e := range pages {
		l.setScope(e.nodes, scopes[i]) //nolint:gosec // there is a page for each scope
		all = append(all, e.nodes...)
		conns[i] = groupConnection(e, use)
	}
	return conns, l.fillGroups(ctx, all, sh)
}

// setScope tells groups what they were made of. Rows cannot: those of all scopes are read by the first
// scope's statement.
func (l *loader) setScope(groups []*group, scope groupScope) {
	for _, g := range groups {
		g.scope = scope
		g.ID = groupID(l.me.Tenant, g)
	}
}

func groupConnection(e *entries[*group], use *shape.Field) *model.PurchaserLicensesConnection {
	nodes := make([]*model.PurchaserLicenses, len(e.nodes))
	for i, g := range e.nodes {
		nodes[i] = g.PurchaserLicenses
	}
	return &model.PurchaserLicensesConnection{
		Nodes: nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(g *group, c string) *model.PurchaserLicensesEdge {
			return &model.PurchaserLicensesEdge{Node: g.PurchaserLicenses, Cursor: c}
		}),
	}
}

// groupID composes a group's id of what makes it: product, source and purchaser.
func groupID(tenant string, g *group) string {
	from := id.AnySource
	if g.scope.source != nil {
		from = id.SelfService
		if *g.scope.source == model.PurchaseSourceCentral {
			from = id.Central
		}
	}
	return id.Group{Tenant: tenant, Product: g.scope.product, Purchaser: g.purchaser, Source: from}.String()
}

// groupRows sums the counters of the purchases in scope by purchaser.
func (l *loader) groupRows(scope groupScope) source[*group] {
	return func(sh *shape.Shape) (*query, func() *group, keyset) {
		inner, p := l.r.From("purchases", "p")
		scope.narrow(inner, p)
		if contains("", scope.search) != nil {
			inner.Where(l.groupMatches(scope, p))
		}
		key := nobodyFirst(p)
		inner.Select(p.C("purchaser_key")).AppendSelectAs(key, "purchaser").AppendSelectAs(sql.Max(p.C("purchaser_id")), "purchaser_id").
			GroupBy(p.C("purchaser_key"), p.C("purchaser_id"))
		if sh != nil {
			sums(inner, p)
		}
		outer, g := sql.Over(inner, "g")
		q := l.query(outer)
		q.page = inner
		ks := keyset{tag: "purchasers " + l.me.Tenant, value: p.C("purchaser_key"), id: key, shown: [2]string{g.C("purchaser_key"), g.C("purchaser")}}
		switch { // an index has the ids in order, but not what comes of them
		case scope.source != nil && *scope.source == model.PurchaseSourceSelfService: // somebody has bought it
			ks.id = p.C("purchaser_id")
		case !l.r.Postgres(): // NULL comes first
			ks.by = p.C("purchaser_id")
		}
		return q, q.group(g, sh), ks
	}
}

// nobodyFirst is the purchaser's id, and empty for nobody in particular.
func nobodyFirst(p *sql.SelectTable) string { return "COALESCE(" + p.C("purchaser_id") + ", '')" }

// groupMatches finds groups by their purchaser, or by who holds a license of one of their purchases:
// it goes from the people that the text finds to what they bought and what they hold.
func (l *loader) groupMatches(scope groupScope, p *sql.SelectTable) *sql.Predicate {
	buyer, u := l.r.From("users", "mu")
	buyer.Select(u.C("id")).Where(contains(u.C("search_key"), scope.search))
	holder, h := l.r.From("users", "mh")
	t := l.r.Join(holder, "licenses", "ml", "user_id", h.C("id"))
	m := l.r.Join(holder, "purchases", "m", "id", t.C("purchase_id"))
	scope.narrow(holder, m)
	holder.Select(nobodyFirst(m)).Where(sql.And(live(m), contains(h.C("search_key"), scope.search)))
	return sql.Or(sql.In(p.C("purchaser_id"), buyer), sql.In(nobodyFirst(p), holder))
}

// group binds a group from the sums in g.
func (q *query) group(g *sql.SelectTable, sh *shape.Shape) func() *group {
	if sh == nil {
		return nil
	}
	var m model.PurchaserLicenses
	var purchaser string
	q.col(&purchaser, g.C("purchaser"))
	q.col(&m.Quantity, g.C("quantity"))
	q.col(&m.AssignedQuantity, g.C("assigned"))
	q.col(&m.ReservedQuantity, g.C("reserved"))
	by := q.maybeUser(sh, "purchaser", g.C("purchaser_id"))
	return func() *group {
		c := m
		c.AvailableQuantity = c.Quantity - c.AssignedQuantity - c.ReservedQuantity
		c.Purchaser = by()
		return &group{PurchaserLicenses: &c, purchaser: purchaser}
	}
}

// fillGroups loads what hangs below the groups.
func (l *loader) fillGroups(ctx context.Context, groups []*group, sh *shape.Shape) error {
	b := l.batch()
	for _, use := range sh.Uses("purchases") {
		if err := l.groupPurchases(b, use, groups); err != nil {
			return err
		}
	}
	for _, use := range sh.Uses("licenses") {
		if err := l.groupLicenses(b, use, groups); err != nil {
			return err
		}
	}
	if err := b.run(ctx); err != nil {
		return err
	}
	return below(ctx, l.fillUsers, groups, func(g *group) *model.User { return g.Purchaser }, sh.Sub("purchaser", "User"))
}

// only is the scope of the group alone.
func (g *group) only() groupScope { return g.scope.of(g.purchaser) }

func (scope groupScope) of(purchaser any) groupScope {
	scope.purchaser, scope.search = purchaser, nil
	return scope
}

// alike returns the purchasers of groups that differ in nothing else, none of them nobody; nil for others.
func alike(groups []*group) (purchasers []string) {
	for _, g := range groups {
		if a, b := g.scope, groups[0].scope; g.purchaser == "" || a.product != b.product || a.source != b.source || len(a.purchases) > 0 {
			return nil
		}
		purchasers = append(purchasers, g.purchaser)
	}
	return purchasers
}

// groupPurchases has a page of the purchases of each group loaded.
func (l *loader) groupPurchases(b *batch, use *shape.Field, groups []*group) error {
	args, _ := use.Args.(model.PurchasesArgs)
	give := func(i int, c *model.PurchaseConnection) { groups[i].PurchasesBy.Add(args, c) }
	if purchasers := alike(groups); purchasers != nil {
		scope := groups[0].scope.of(l.r.Key())
		return l.purchasesPerKey(b, use, args, purchasers, func(q *query, p *sql.SelectTable) { scope.narrow(q.s, p) }, give)
	}
	scopes := make([]purchaseScope, len(groups))
	for i, g := range groups {
		scopes[i] = func(q *query, p *sql.SelectTable) { g.only().narrow(q.s, p) }
	}
	return l.purchases(b, use, args, scopes, give)
}

// groupLicenses has a page of the licenses of each group loaded: of each purchase no more than a page,
// and of those the first.
func (l *loader) groupLicenses(b *batch, use *shape.Field, groups []*group) error {
	args, _ := use.Args.(model.SearchArgs)
	if err := checkSearch(args.Search); err != nil {
		return err
	}
	pg, err := args.Resolve(l.licenseTag())
	if err != nil {
		return err
	}
	pg.More = use.Info
	of := func(scope groupScope) source[*model.License] {
		return func(sh *shape.Shape) (*query, func() *model.License, keyset) {
			sel, p := l.r.From("purchases", "p")
			q := l.query(sel)
			scope.narrow(sel, p)
			sel.Where(live(p))
			t := q.join("licenses", "purchase_id", p.C("id"))
			if sh == nil {
				q.searchHolder(sel, t, args.Search)
			} else {
				q.withinPage(p, t, pg, args.Search)
			}
			return q, q.license(t, p, sh), keyset{tag: l.licenseTag(), id: t.C("id")}
		}
	}
	var pages []*entries[*model.License]
	if purchasers := alike(groups); purchasers != nil {
		pages, err = perKeyIn(b, use, use.Of["License"], args.Args, purchasers, of(groups[0].scope.of(l.r.Key())))
	} else {
		sources := make([]source[*model.License], len(groups))
		for i, g := range groups {
			sources[i] = of(g.only())
		}
		pages, err = listsIn(b, use, use.Of["License"], args.Args, len(sources), sources)
	}
	l.afterLicenses(b, use, pages, func(i int, c *model.LicenseConnection) { groups[i].LicensesBy.Add(args, c) })
	return err
}

// groupsByID loads the groups that the ids are composed of.
func (l *loader) groupsByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.PurchaserLicenses, error) {
	var scopes []groupScope
	var sources []source[*group]
	for _, i := range ids {
		g, ok := id.ParseGroup(i)
		if !ok {
			continue
		}
		scope := groupScope{product: g.Product, purchaser: g.Purchaser}
		if s := map[id.GroupSource]model.PurchaseSource{id.SelfService: model.PurchaseSourceSelfService, id.Central: model.PurchaseSourceCentral}[g.Source]; s != "" {
			scope.source = &s
		}
		scopes, sources = append(scopes, scope), append(sources, l.groupRows(scope))
	}
	pages, err := lists(ctx, l, &shape.Field{Rows: true}, sh, page.Args{}, len(sources), sources)
	if err != nil {
		return nil, err
	}
	var found []*group
	var nodes []*model.PurchaserLicenses
	for i, e := range pages {
		l.setScope(e.nodes, scopes[i])
		for _, g := range e.nodes {
			found, nodes = append(found, g), append(nodes, g.PurchaserLicenses)
		}
	}
	return nodes, l.fillGroups(ctx, found, sh)
}
