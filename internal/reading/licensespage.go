package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// usable is the statuses of the licenses page: users can work on these.
var usable = []any{string(model.SubscriptionStatusActive), string(model.SubscriptionStatusExpired)}

// ProductLicenses returns a page of the licenses page: a row a product, by name, over its ACTIVE and
// EXPIRED purchases of the source given, or of every source.
func (s *Service) ProductLicenses(ctx context.Context, use *shape.Field, args model.SearchArgs, source *model.PurchaseSource) (*model.ProductLicensesConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkSearch(args.Search); err != nil {
		return nil, err
	}
	sh := use.Of["ProductLicenses"]
	scope := groupScope{source: source, search: args.Search}
	e, err := list(ctx, l, use, sh, args.Args, l.productRows(scope))
	if err != nil {
		return nil, err
	}
	return &model.ProductLicensesConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.ProductLicenses, c string) *model.ProductLicensesEdge {
			return &model.ProductLicensesEdge{Node: n, Cursor: c}
		}),
	}, l.fillProductLicenses(ctx, e.nodes, sh, source)
}

// productRows adds up the totals of each product, of which there are few however many the purchases are.
func (l *loader) productRows(scope groupScope) source[*model.ProductLicenses] {
	return func(sh *shape.Shape) (*query, func() *model.ProductLicenses, keyset) {
		inner, t := l.r.From("product_totals", "t")
		inner.Where(sql.In(t.C("status"), usable...))
		if scope.source != nil {
			inner.Where(sql.EQ(t.C("source"), string(*scope.source)))
		}
		if scope.product != "" {
			inner.Where(sql.EQ(t.C("product_id"), scope.product))
		}
		if match := contains("", scope.search); match != nil {
			pr := l.r.Join(inner, "products", "pr", "id", t.C("product_id"))
			inner.Where(contains(pr.C("search_key"), scope.search))
		}
		purchases := sql.Sum(t.C("purchases"))
		inner.Select(t.C("product_id"), t.C("product_key")).GroupBy(t.C("product_key"), t.C("product_id")).Having(sql.ExprP(purchases + " > 0"))
		if sh != nil {
			inner.AppendSelectAs(purchases, "purchases")
			sums(inner, t)
		}
		outer, g := sql.Over(inner, "g")
		q := l.query(outer)
		q.page = inner
		ks := keyset{tag: "product licenses " + l.me.Tenant, value: t.C("product_key"), id: t.C("product_id"), shown: [2]string{g.C("product_key"), g.C("product_id")}}
		return q, q.productLicenses(g, sh), ks
	}
}

// sums adds the sums of the seats in table t, as what they are sums of: PostgreSQL's would be decimals.
func sums(s *sql.Selector, t *sql.SelectTable) {
	for _, c := range []string{"quantity", "assigned", "reserved"} {
		s.AppendSelectAs("CAST("+sql.Sum(t.C(c))+" AS BIGINT)", c)
	}
}

// productLicenses binds a row of the licenses page from the sums in g.
func (q *query) productLicenses(g *sql.SelectTable, sh *shape.Shape) func() *model.ProductLicenses {
	if sh == nil {
		return nil
	}
	var m model.ProductLicenses
	var product string
	q.col(&product, g.C("product_id"))
	q.col(&m.PurchaseCount, g.C("purchases"))
	q.col(&m.Quantity, g.C("quantity"))
	q.col(&m.AssignedQuantity, g.C("assigned"))
	q.col(&m.ReservedQuantity, g.C("reserved"))
	of := q.productAt(sh, g.C("product_id"))
	return func() *model.ProductLicenses {
		c := m
		c.ID = id.Compose(id.ProductLicenses, id.Body(q.me.Tenant), id.Body(product))
		c.AvailableQuantity = c.Quantity - c.AssignedQuantity - c.ReservedQuantity
		c.Product = of()
		return &c
	}
}

// fillProductLicenses loads what hangs below rows of the licenses page.
func (l *loader) fillProductLicenses(ctx context.Context, rows []*model.ProductLicenses, sh *shape.Shape, source *model.PurchaseSource) error {
	for _, use := range sh.Uses("purchasers") {
		args, _ := use.Args.(model.SearchArgs)
		scopes := make([]groupScope, len(rows))
		for i, r := range rows {
			_, product, _ := id.Pair(r.ID)
			scopes[i] = groupScope{product: product, source: source, search: args.Search}
		}
		conns, err := l.groups(ctx, use, args.Args, scopes)
		if err != nil {
			return err
		}
		for i, r := range rows {
			r.PurchasersBy.Add(args, conns[i])
		}
	}
	return below(ctx, l.fillProducts, rows, func(r *model.ProductLicenses) *model.Product { return r.Product }, sh.Sub("product", "Product"))
}

// productLicensesByID loads the rows of the licenses page for the products named, each over purchases of every source.
func (l *loader) productLicensesByID(ctx context.Context, products []string, sh *shape.Shape) ([]*model.ProductLicenses, error) {
	sources := make([]source[*model.ProductLicenses], len(products))
	for i, p := range products {
		sources[i] = l.productRows(groupScope{product: p})
	}
	pages, err := lists(ctx, l, &shape.Field{Rows: true}, sh, page.Args{}, len(sources), sources)
	if err != nil {
		return nil, err
	}
	var found []*model.ProductLicenses
	for _, e := range pages {
		found = append(found, e.nodes...)
	}
	return found, l.fillProductLicenses(ctx, found, sh, nil)
}
