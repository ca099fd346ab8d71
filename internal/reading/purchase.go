package reading

import (
	"context"
	"slices"

	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/money"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// Purchases returns a page of the tenant's purchases of the source given, or of every source: all
// of them, or the viewer's own when the viewer is a mere member.
func (s *Service) Purchases(ctx context.Context, use *shape.Field, source *model.PurchaseSource, args model.PurchasesArgs) (*model.PurchaseConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	scope := func(q *query, p *sql.SelectTable) {
		if source != nil {
			q.equal(p, "source", args, string(*source))
		}
	}
	b := l.batch()
	var conn *model.PurchaseConnection
	if err := l.purchases(b, use, args, []purchaseScope{scope}, func(_ int, c *model.PurchaseConnection) { conn = c }); err != nil {
		return nil, err
	}
	return conn, b.run(ctx)
}

// purchaseScope narrows a statement to the purchases that belong to one list.
type purchaseScope func(q *query, p *sql.SelectTable)

// purchases has a page of each of several lists of purchases loaded, and given to whom it is for.
func (l *loader) purchases(b *batch, use *shape.Field, args model.PurchasesArgs, scopes []purchaseScope, give func(int, *model.PurchaseConnection)) error {
	if args.Filter != nil {
		if err := checkSearch(args.Filter.Search); err != nil {
			return err
		}
	}
	sources := make([]source[*model.Purchase], len(scopes))
	for i, scope := range scopes {
		sources[i] = l.purchaseRows(args, scope)
	}
	pages, err := listsIn(b, use, use.Of["Purchase"], args.Args, len(scopes), sources)
	l.afterPurchases(b, use, pages, give)
	return err
}

// purchasesPerKey is purchases for lists that differ in a key alone, to which the scope narrows.
func (l *loader) purchasesPerKey(b *batch, use *shape.Field, args model.PurchasesArgs, keys []string, scope purchaseScope, give func(int, *model.PurchaseConnection)) error {
	if args.Filter != nil {
		if err := checkSearch(args.Filter.Search); err != nil {
			return err
		}
	}
	pages, err := perKeyIn(b, use, use.Of["Purchase"], args.Args, keys, l.purchaseRows(args, scope))
	l.afterPurchases(b, use, pages, give)
	return err
}

func (l *loader) purchaseRows(args model.PurchasesArgs, scope purchaseScope) source[*model.Purchase] {
	return func(sh *shape.Shape) (*query, func() *model.Purchase, keyset) {
		sel, p := l.r.From("purchases", "p")
		q := l.query(sel)
		q.visible(p)
		scope(q, p)
		q.filterPurchases(p, args, sh == nil)
		return q, q.purchase(p, sh), l.purchaseOrder(p, args.OrderBy)
	}
}

// afterPurchases has connections made of pages, and loads what hangs below their purchases.
func (l *loader) afterPurchases(b *batch, use *shape.Field, pages []*entries[*model.Purchase], give func(int, *model.PurchaseConnection)) {
	b.after(func(ctx context.Context) error {
		var all []*model.Purchase
		for i, e := range pages {
			all = append(all, e.nodes...)
			give(i, &model.PurchaseConnection{
				Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
				Edges: edges(e, use, func(n *model.Purchase, c string) *model.PurchaseEdge { return &model.PurchaseEdge{Node: n, Cursor: c} }),
			})
		}
		return some(ctx, l.fillPurchases, all, use.Of["Purchase"])
	})
}

// visible narrows to the purchases that the viewer may see.
func (q *query) visible(p *sql.SelectTable) {
	if !q.me.SeesAllPurchases() {
		q.s.Where(sql.EQ(p.C("purchaser_id"), q.me.User))
	}
}

// purchaseOrder returns the keyset of an order; newest first without one.
func (l *loader) purchaseOrder(p *sql.SelectTable, o *model.PurchaseOrder) keyset {
	field, desc := model.PurchaseOrderFieldPurchasedAt, true
	if o != nil {
		field, desc = o.Field, o.Direction == model.OrderDirectionDesc
	}
	ks := keyset{tag: "purchases " + string(field) + " " + l.me.Tenant, id: p.C("id"), desc: desc, number: true}
	if !desc {
		ks.tag += " asc"
	}
	switch field {
	case model.PurchaseOrderFieldPurchasedAt:
		ks.value = p.C("purchased_at")
	case model.PurchaseOrderFieldExpiresAt:
		ks.value = p.C("expires_at")
	case model.PurchaseOrderFieldProductName:
		ks.value, ks.number = p.C("product_key"), false
	case model.PurchaseOrderFieldPurchaserName:
		ks.value, ks.number = p.C("purchaser_key"), false
	case model.PurchaseOrderFieldQuantity:
		ks.value = p.C("quantity")
	case model.PurchaseOrderFieldAssignedQuantity:
		ks.value = p.C("assigned")
	}
	return ks
}

// equal narrows a column to one value. Only beside the usual order there is an index that starts
// with the column and goes on with the order: elsewhere the column is kept from the planner, which
// would sort everything that an index finds instead of walking the order's own.
func (q *query) equal(p *sql.SelectTable, column string, args model.PurchasesArgs, value string) {
	if args.OrderBy == nil || args.OrderBy.Field == model.PurchaseOrderFieldPurchasedAt {
		q.s.Where(sql.EQ(p.C(column), value))
		return
	}
	q.s.Where(unindexed(p.C(column), value))
}

// unindexed is column = any of the values, in a form that no index serves, and that a planner knows
// the odds of.
func unindexed(column string, values ...any) *sql.Predicate {
	if len(values) == 0 {
		return sql.False()
	}
	return sql.P(func(b *sql.Builder) {
		b.WriteString("(").Ident(column).WriteString(" IN (").Args(values...).WriteString(")) IS TRUE")
	})
}

func anyOf[T ~string](q *query, p *sql.SelectTable, column string, args model.PurchasesArgs, values []T) {
	switch {
	case values == nil:
	case len(values) == 1:
		q.equal(p, column, args, string(values[0]))
	default:
		q.s.Where(unindexed(p.C(column), strs(values)...))
	}
}

func (q *query) filterPurchases(p *sql.SelectTable, args model.PurchasesArgs, counted bool) {
	f := args.Filter
	if f == nil {
		return
	}
	anyOf(q, p, "source", args, f.Source)
	anyOf(q, p, "status", args, f.Status)
	if f.Kind != nil {
		q.s.Where(unindexed(p.C("kind"), strs(f.Kind)...))
	}
	if f.ProductID != nil {
		q.equal(p, "product_id", args, id.Known(*f.ProductID))
	}
	if f.PurchaserID != nil {
		q.equal(p, "purchaser_id", args, id.Known(*f.PurchaserID))
	}
	if f.Family != nil {
		q.s.Where(sql.In(p.C("product_id"), q.family(*f.Family)))
	}
	where(q.s, contains(p.C("search_key"), f.Search),
		bound(sql.GTE, p.C("expires_at"), f.ExpiresAfter), bound(sql.LT, p.C("expires_at"), f.ExpiresBefore),
		bound(sql.GTE, p.C("purchased_at"), f.PurchasedAfter), bound(sql.LT, p.C("purchased_at"), f.PurchasedBefore))
	if f.Orphaned != nil {
		q.orphaned(p, *f.Orphaned, counted)
	}
	if f.HasAvailableSeats != nil {
		q.s.Where(is(*f.HasAvailableSeats, seatsFree(p)))
	}
	if f.HasCentralAlternative != nil {
		q.replaceable(p, *f.HasCentralAlternative)
	}
}

// is narrows to what fits, or to what does not.
func is(want bool, fits *sql.Predicate) *sql.Predicate {
	if want {
		return fits
	}
	return sql.Not(fits)
}

func seatsFree(p *sql.SelectTable) *sql.Predicate {
	return sql.ExprP(p.C("quantity") + " > " + p.C("assigned") + " + " + p.C("reserved"))
}

func bound(compare func(string, any) *sql.Predicate, column string, at *instant.Milli) *sql.Predicate {
	if at == nil {
		return nil
	}
	return compare(column, int64(*at))
}

// family selects the ids of the products of a family.
func (q *query) family(family string) *sql.Selector {
	s, f := q.r.From("products", "fa")
	return s.Select(f.C("id")).Where(sql.EQ(f.C("family_key"), fold.Key(family)))
}

// purchase binds a purchase in table p.
func (q *query) purchase(p *sql.SelectTable, sh *shape.Shape) func() *model.Purchase {
	if sh == nil {
		return nil
	}
	var m model.Purchase
	q.col(&m.ID, p.C("id"))
	q.want(sh, "source", &m.Source, p, "source")
	q.col(&m.Status, p.C("status"))
	if sh.Has("orphaned") {
		q.exists(&m.Orphaned, q.absent(p))
	}
	q.want(sh, "billingTerm", &m.BillingTerm, p, "billing_term")
	q.want(sh, "recurringBilling", &m.RecurringBilling, p, "recurring_billing")
	q.want(sh, "purchasedAt", &m.PurchasedAt, p, "purchased_at")
	q.want(sh, "expiresAt", &m.ExpiresAt, p, "expires_at")
	q.col(&m.Kind, p.C("kind"))
	q.col(&m.Quantity, p.C("quantity"))
	q.col(&m.AssignedQuantity, p.C("assigned"))
	q.wantAny(sh, []string{"reservedQuantity", "availableQuantity"}, &m.ReservedQuantity, p.C("reserved"))
	price := q.price(p, sh)
	product := q.productAt(sh, p.C("product_id"))
	purchaser := q.maybeUser(sh, "purchaser", p.C("purchaser_id"))
	cancellation, can, next := q.cancellation(p, sh), q.capabilities(p, sh), q.lifecycleChange(p, sh)
	return func() *model.Purchase {
		c := m
		c.AvailableQuantity = c.Quantity - c.AssignedQuantity - c.ReservedQuantity
		price(&c)
		c.Product, c.Purchaser, c.Cancellation, c.ViewerCan = product(), purchaser(), cancellation(), can()
		c.NextLifecycleChange = next()
		return &c
	}
}

// wantAny adds a column when any of the fields was asked for.
func (q *query) wantAny(sh *shape.Shape, fields []string, dest any, column string) {
	if slices.ContainsFunc(fields, sh.Has) {
		q.col(dest, column)
	}
}

func (q *query) price(p *sql.SelectTable, sh *shape.Shape) func(*model.Purchase) {
	if !sh.Has("unitPrice") && !sh.Has("price") {
		return func(*model.Purchase) {}
	}
	var unit money.Amount
	var currency string
	q.col(&unit, p.C("unit_price"))
	q.col(&currency, p.C("currency"))
	return func(m *model.Purchase) {
		if sh.Has("unitPrice") {
			m.UnitPrice = &model.Money{Amount: unit.Format(currency), Currency: currency}
		}
		if !sh.Has("price") {
			return
		}
		total := unit.Times(m.Quantity)
		if m.Kind != model.PurchaseKindPaid {
			total = 0
		}
		m.Price = &model.Money{Amount: total.Format(currency), Currency: currency}
	}
}

func (q *query) cancellation(p *sql.SelectTable, sh *shape.Shape) func() *model.Cancellation {
	if !sh.Has("cancellation") {
		return func() *model.Cancellation { return nil }
	}
	var at *instant.Milli
	var m model.Cancellation
	q.col(&at, p.C("canceled_at"))
	q.col(orZero[model.CancellationReason]{&m.Reason}, p.C("cancellation_reason"))
	q.col(&m.Feedback, p.C("cancellation_feedback"))
	q.col(orZero[model.CancellationCause]{&m.Cause}, p.C("cancellation_cause"))
	by := q.maybeUser(sh.Sub("cancellation", "Cancellation"), "by", p.C("canceled_by"))
	return func() *model.Cancellation {
		if at == nil {
			return nil
		}
		c := m
		c.At, c.By = *at, by()
		return &c
	}
}

// fillPurchases loads what hangs below the purchases.
func (l *loader) fillPurchases(ctx context.Context, purchases []*model.Purchase, sh *shape.Shape) error {
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, p := range purchases {
			p.Tenant = t
		}
	}
	b := l.batch()
	for _, use := range sh.Uses("licenses") {
		if err := l.purchaseLicenses(b, use, purchases); err != nil {
			return err
		}
	}
	for _, use := range sh.Uses("history") {
		if err := l.purchaseHistory(b, use, purchases); err != nil {
			return err
		}
	}
	if sh.Has("move") {
		l.lastMoves(b, purchases, sh.Sub("move", "Move"))
	}
	if err := b.run(ctx); err != nil {
		return err
	}
	if sh.Has("centralAlternative") {
		if err := l.alternatives(ctx, purchases, sh.Sub("centralAlternative", "CentralAlternative")); err != nil {
			return err
		}
	}
	for _, use := range sh.Uses("moveTargets") {
		if err := l.moveTargets(ctx, use, purchases); err != nil {
			return err
		}
	}
	if err := below(ctx, l.fillProducts, purchases, func(p *model.Purchase) *model.Product { return p.Product }, sh.Sub("product", "Product")); err != nil {
		return err
	}
	if err := below(ctx, l.fillUsers, purchases, func(p *model.Purchase) *model.User { return p.Purchaser }, sh.Sub("purchaser", "User")); err != nil {
		return err
	}
	canceled := gather(purchases, func(p *model.Purchase) *model.Cancellation { return p.Cancellation })
	return below(ctx, l.fillUsers, canceled, func(c *model.Cancellation) *model.User { return c.By }, sh.Sub("cancellation", "Cancellation").Sub("by", "User"))
}

func (l *loader) purchaseHistory(b *batch, use *shape.Field, purchases []*model.Purchase) error {
	ids, groups := byID(purchases, func(p *model.Purchase) string { return p.ID })
	args, _ := use.Args.(page.Args)
	return l.histories(b, use, args, ids, func(i int, c *model.AuditEventConnection) {
		for _, p := range groups[ids[i]] {
			p.HistoryBy.Add(args, c)
		}
	})
}

// purchasesByID loads the purchases that exist and that the viewer may see.
func (l *loader) purchasesByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.Purchase, error) {
	b := l.batch()
	found := l.bindPurchases(b, ids, sh)
	err := b.run(ctx)
	return *found, err
}

// bindPurchases is purchasesByID as a part of a batch, which finds them when it runs.
func (l *loader) bindPurchases(b *batch, ids []string, sh *shape.Shape) *[]*model.Purchase {
	found := byIDs(b, l, ids, sh, (*loader).bindPurchase)
	b.after(func(ctx context.Context) error { return some(ctx, l.fillPurchases, *found, sh) })
	return found
}

func (l *loader) bindPurchase(ids []string, sh *shape.Shape) (*query, func() *model.Purchase) {
	sel, p := l.r.FromKeys("purchases", "p", "id", ids)
	q := l.query(sel)
	q.visible(p)
	return q, q.purchase(p, sh)
}

// byKey loads what was asked for of purchases, which may be named more than once.
func (l *loader) byKey(ctx context.Context, ids []string, sh *shape.Shape) (map[string]*model.Purchase, error) {
	found := map[string]*model.Purchase{}
	if len(ids) == 0 || sh == nil {
		return found, nil
	}
	slices.Sort(ids)
	list, err := l.purchasesByID(ctx, slices.Compact(ids), sh)
	for _, p := range list {
		found[p.ID] = p
	}
	return found, err
}
