package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// license binds a license in table t of a purchase in table p.
func (q *query) license(t, p *sql.SelectTable, sh *shape.Shape) func() *model.License {
	if sh == nil {
		return nil
	}
	var m model.License
	var purchaser *string
	q.col(&m.ID, t.C("id"))
	q.want(sh, "assignedAt", &m.AssignedAt, t, "assigned_at")
	user := q.userAt(sh, "user", t.C("user_id"))
	by := q.maybeUser(sh, "assignedBy", t.C("assigned_by"))
	product := q.productAt(sh, p.C("product_id"))
	purchase := func() *model.Purchase { return nil }
	if sh.Has("purchase") {
		q.col(&purchaser, p.C("purchaser_id"))
		purchase = q.purchase(p, sh.Sub("purchase", "Purchase"))
	}
	return func() *model.License {
		c := m
		c.User, c.AssignedBy, c.Product = user(), by(), product()
		if q.me.SeesAllPurchases() || purchaser != nil && *purchaser == q.me.User {
			c.Purchase = purchase()
		}
		return &c
	}
}

// fillLicenses loads what hangs below the licenses.
func (l *loader) fillLicenses(ctx context.Context, licenses []*model.License, sh *shape.Shape) error {
	if err := below(ctx, l.fillUsers, licenses, func(m *model.License) *model.User { return m.User }, sh.Sub("user", "User")); err != nil {
		return err
	}
	if err := below(ctx, l.fillUsers, licenses, func(m *model.License) *model.User { return m.AssignedBy }, sh.Sub("assignedBy", "User")); err != nil {
		return err
	}
	if err := below(ctx, l.fillProducts, licenses, func(m *model.License) *model.Product { return m.Product }, sh.Sub("product", "Product")); err != nil {
		return err
	}
	return below(ctx, l.fillPurchases, licenses, func(m *model.License) *model.Purchase { return m.Purchase }, sh.Sub("purchase", "Purchase"))
}

func licenseConnection(e *entries[*model.License], use *shape.Field) *model.LicenseConnection {
	return &model.LicenseConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.License, c string) *model.LicenseEdge { return &model.LicenseEdge{Node: n, Cursor: c} }),
	}
}

func (l *loader) licenseTag() string { return "licenses " + l.me.Tenant }

// purchaseLicenses has the first (or last) licenses of each purchase loaded. A license of a DELETED
// purchase does not exist, even while its row is still being cleared away.
func (l *loader) purchaseLicenses(b *batch, use *shape.Field, purchases []*model.Purchase) error {
	args, _ := use.Args.(model.SearchArgs)
	pg, err := args.Resolve(l.licenseTag())
	if err != nil {
		return err
	}
	if err := checkSearch(args.Search); err != nil {
		return err
	}
	pg.More = use.Info
	pages := map[string]*entries[*model.License]{}
	var ids []string
	for _, p := range purchases {
		if pages[p.ID] == nil {
			pages[p.ID] = &entries[*model.License]{
				tag: l.licenseTag(), total: p.AssignedQuantity, nodes: make([]*model.License, 0, min(pg.Read(), p.AssignedQuantity)),
			}
			if p.Status != model.SubscriptionStatusDeleted {
				ids = append(ids, p.ID)
			}
		}
	}
	if use.Rows && len(ids) > 0 {
		l.firstLicenses(b, use, pg, args.Search, ids, pages)
	}
	if use.Count && len(ids) > 0 && args.Search != nil {
		l.countLicenses(b, args.Search, ids, pages)
	}
	b.after(func(ctx context.Context) error {
		var all []*model.License
		conns := make(map[string]*model.LicenseConnection, len(pages))
		for id, e := range pages {
			e.cut(pg)
			all = append(all, e.nodes...)
			conns[id] = licenseConnection(e, use)
		}
		for _, p := range purchases {
			p.LicensesBy.Add(args, conns[p.ID])
		}
		return some(ctx, l.fillLicenses, all, use.Of["License"])
	})
	return nil
}

// firstLicenses walks the index of each purchase's licenses no further than the page goes.
func (l *loader) firstLicenses(b *batch, use *shape.Field, pg page.Page, search *string, ids []string, pages map[string]*entries[*model.License]) {
	sel, p := l.r.FromKeys("purchases", "p", "id", ids)
	q := l.query(sel)
	t := q.join("licenses", "purchase_id", p.C("id"))
	if len(ids) == 1 { // the statement's page is the purchase's
		q.between(q.s, t, pg, search)
		sel.Limit(pg.Read())
	} else {
		q.withinPage(p, t, pg, search)
	}
	var purchase string
	q.col(&purchase, p.C("id"))
	take := q.license(t, p, use.Of["License"])
	order := sql.Asc
	if pg.Backward {
		order = sql.Desc
	}
	sel.OrderBy(order(p.C("id")), order(t.C("id")))
	b.each(q, func() {
		e, m := pages[purchase], take()
		e.nodes = append(e.nodes, m)
		if use.Info || use.Edges {
			e.positions = append(e.positions, page.Position{ID: m.ID})
		}
	})
}

// withinPage narrows the licenses t of the purchase p to those that can be on the page: between the
// cursors and up to the last one to read, which a correlated statement finds in the index.
func (q *query) withinPage(p, t *sql.SelectTable, pg page.Page, search *string) {
	sub, x := q.r.FromRef("licenses", "x", "purchase_id", p.C("id"))
	sub.Select(x.C("id")).Limit(1).Offset(pg.Read() - 1)
	q.between(sub, x, pg, search)
	q.between(q.s, t, pg, search)
	compare, end := " <= COALESCE((", "), '~')"
	if pg.Backward {
		compare, end = " >= COALESCE((", "), '')"
		sub.OrderBy(sql.Desc(x.C("id")))
	} else {
		sub.OrderBy(x.C("id"))
	}
	q.s.Where(sql.P(func(b *sql.Builder) { b.Ident(t.C("id")).WriteString(compare).Join(sub).WriteString(end) }))
}

// between narrows licenses in table t to those between the cursors that the search finds.
func (q *query) between(s *sql.Selector, t *sql.SelectTable, pg page.Page, search *string) {
	q.searchHolder(s, t, search)
	if pg.After != nil {
		s.Where(sql.GT(t.C("id"), pg.After.ID))
	}
	if pg.Before != nil {
		s.Where(sql.LT(t.C("id"), pg.Before.ID))
	}
}

// searchHolder narrows licenses in table t to holders whose names or mail contain the text.
func (q *query) searchHolder(s *sql.Selector, t *sql.SelectTable, search *string) {
	if contains("", search) != nil {
		u := q.r.Join(s, "users", q.alias("users"), "id", t.C("user_id"))
		s.Where(contains(u.C("search_key"), search))
	}
}

func (l *loader) countLicenses(b *batch, search *string, ids []string, pages map[string]*entries[*model.License]) {
	sel, p := l.r.FromKeys("purchases", "p", "id", ids)
	q := l.query(sel)
	t := q.join("licenses", "purchase_id", p.C("id"))
	q.searchHolder(sel, t, search)
	sel.GroupBy(p.C("id"))
	var purchase string
	var n int
	q.col(&purchase, p.C("id"))
	q.col(&n, sql.Count("*"))
	for _, e := range pages {
		e.total = 0
	}
	b.each(q, func() { pages[purchase].total = n })
}

// userLicenses has a page of the licenses of each user loaded, and given to whom it is for. A mere member sees their own.
func (l *loader) userLicenses(b *batch, use *shape.Field, args model.SearchArgs, users []string, give func(int, *model.LicenseConnection)) error {
	pages, err := perKeyIn(b, use, use.Of["License"], args.Args, users, func(sh *shape.Shape) (*query, func() *model.License, keyset) {
		sel, t := l.r.From("licenses", "l")
		q := l.query(sel)
		sel.Where(sql.EQ(t.C("user_id"), l.r.Key()))
		p := q.livePurchase(t)
		if !l.me.SeesAllPurchases() {
			sel.Where(sql.EQ(t.C("user_id"), l.me.User))
		}
		return q, q.license(t, p, sh), keyset{tag: l.licenseTag(), id: t.C("id")}
	})
	l.afterLicenses(b, use, pages, give)
	return err
}

// livePurchase joins the purchase of the licenses in table t, which must not be DELETED.
func (q *query) livePurchase(t *sql.SelectTable) *sql.SelectTable {
	p := q.join("purchases", "id", t.C("purchase_id"))
	q.s.Where(live(p))
	return p
}

// live narrows to purchases whose licenses exist: those of a DELETED one do not, even while their rows
// are still being cleared away.
func live(p *sql.SelectTable) *sql.Predicate {
	return sql.ExprP(p.C("status") + " <> '" + string(model.SubscriptionStatusDeleted) + "'")
}

// afterLicenses has connections made of pages, and loads what hangs below their licenses.
func (l *loader) afterLicenses(b *batch, use *shape.Field, pages []*entries[*model.License], give func(int, *model.LicenseConnection)) {
	b.after(func(ctx context.Context) error {
		var all []*model.License
		for i, e := range pages {
			all = append(all, e.nodes...)
			give(i, licenseConnection(e, use))
		}
		return some(ctx, l.fillLicenses, all, use.Of["License"])
	})
}

// bindLicenses has a batch load the licenses that exist and that the viewer may see: all, or a mere member's own and
// those of their own purchases.
func (l *loader) bindLicenses(b *batch, ids []string, sh *shape.Shape) *[]*model.License {
	found := byIDs(b, l, ids, sh, (*loader).bindLicense)
	b.after(func(ctx context.Context) error { return some(ctx, l.fillLicenses, *found, sh) })
	return found
}

func (l *loader) bindLicense(ids []string, sh *shape.Shape) (*query, func() *model.License) {
	sel, t := l.r.FromKeys("licenses", "l", "id", ids)
	q := l.query(sel)
	p := q.livePurchase(t)
	if !l.me.SeesAllPurchases() {
		sel.Where(sql.Or(sql.EQ(t.C("user_id"), l.me.User), sql.EQ(p.C("purchaser_id"), l.me.User)))
	}
	return q, q.license(t, p, sh)
}
