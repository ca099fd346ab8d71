package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// Policies returns a page of what the tenant lets its users buy of each product, by the product's name.
func (s *Service) Policies(ctx context.Context, use *shape.Field, args page.Args, filter *model.SelfServicePolicyFilter) (*model.SelfServicePolicyConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if filter != nil {
		if err := checkSearch(filter.Search); err != nil {
			return nil, err
		}
	}
	sh := use.Of["SelfServicePolicy"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.SelfServicePolicy, keyset) {
		sel, p := l.r.From("products", "p")
		q := l.query(sel)
		sp := q.explicitPolicy(p)
		q.filterPolicies(p, sp, filter)
		return q, q.policy(p, sp, sh), keyset{tag: "policies " + l.me.Tenant, value: p.C("name_key"), id: p.C("id")}
	})
	if err != nil {
		return nil, err
	}
	return &model.SelfServicePolicyConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.SelfServicePolicy, c string) *model.SelfServicePolicyEdge {
			return &model.SelfServicePolicyEdge{Node: n, Cursor: c}
		}),
	}, some(ctx, l.fillPolicies, e.nodes, sh)
}

// Policy returns what the tenant lets its users buy of one product; nil where there is no such product.
func (s *Service) Policy(ctx context.Context, product string, sh *shape.Shape) (*model.SelfServicePolicy, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if sh == nil { // nothing was asked of it
		sh = shape.New()
	}
	found, err := l.policiesOf(ctx, []string{id.Known(product)}, sh)
	return found[product], err
}

func (q *query) filterPolicies(p, sp *sql.SelectTable, f *model.SelfServicePolicyFilter) {
	if f == nil {
		return
	}
	where(q.s, contains(p.C("search_key"), f.Search))
	if f.Value != nil {
		q.policyIn(p, sp, f.Value...)
	}
	if f.Explicit != nil {
		set := sql.NotNull(sp.C("id"))
		if !*f.Explicit {
			set = sql.IsNull(sp.C("id"))
		}
		q.s.Where(set)
	}
	if f.Family != nil {
		q.s.Where(unindexed(p.C("family_key"), fold.Key(*f.Family)))
	}
}

// explicitPolicy joins what the tenant has set for the products in table p.
func (q *query) explicitPolicy(p *sql.SelectTable) *sql.SelectTable {
	return q.leftJoin("self_service_policies", "product_id", p.C("id"))
}

// policyValue writes the policy of the product in table p: what was set, or the tenant's default,
// of which TRIALS_ONLY counts as DISABLED where there is no such trial.
func (q *query) policyValue(b *sql.Builder, p, sp *sql.SelectTable) {
	def := func() *sql.Selector {
		s, t := q.r.From("tenants", "d")
		return s.Select(t.C("default_policy"))
	}
	b.WriteString("COALESCE(").Ident(sp.C("value")).WriteString(", CASE WHEN (").Join(def()).
		WriteString(") = 'TRIALS_ONLY' AND NOT (").Ident(p.C("kind")).WriteString(" = 'PRODUCT' AND ").Ident(p.C("trial_without_payment_method")).
		WriteString(") THEN 'DISABLED' ELSE (").Join(def()).WriteString(") END)")
}

func (q *query) policyIn(p, sp *sql.SelectTable, values ...model.SelfServicePolicyValue) {
	if len(values) == 0 {
		q.s.Where(sql.False())
		return
	}
	q.s.Where(sql.P(func(b *sql.Builder) {
		q.policyValue(b, p, sp)
		b.WriteString(" IN (").Args(strs(values)...).WriteString(")")
	}))
}

// policy binds the policy of the product in table p, of which sp is what was set.
func (q *query) policy(p, sp *sql.SelectTable, sh *shape.Shape) func() *model.SelfServicePolicy {
	if sh == nil {
		return nil
	}
	m := model.SelfServicePolicy{PolicyID: "AllowSelfServicePurchase"}
	var product string
	var set *string
	q.col(&product, p.C("id"))
	if sh.Has("value") {
		q.s.AppendSelectExprAs(sql.ExprFunc(func(b *sql.Builder) { q.policyValue(b, p, sp) }), "policy_value")
		q.dest = append(q.dest, &m.Value)
	}
	q.want(sh, "explicit", &set, sp, "id")
	q.want(sh, "changedAt", &m.ChangedAt, sp, "changed_at")
	by := q.maybeUser(sh, "changedBy", sp.C("changed_by"))
	of := func() *model.Product { return nil }
	if sh.Has("product") {
		of = q.product(p, sh.Sub("product", "Product"))
	}
	return func() *model.SelfServicePolicy {
		c := m
		c.ID = id.Compose(id.Policy, id.Body(q.me.Tenant), id.Body(product))
		c.Explicit, c.ChangedBy, c.Product = set != nil, by(), of()
		return &c
	}
}

// policiesOf loads the policies of the products that exist, by product.
func (l *loader) policiesOf(ctx context.Context, products []string, sh *shape.Shape) (map[string]*model.SelfServicePolicy, error) {
	sel, p := l.r.FromKeys("products", "p", "id", products)
	q := l.query(sel)
	take := q.policy(p, q.explicitPolicy(p), sh)
	found := map[string]*model.SelfServicePolicy{}
	var all []*model.SelfServicePolicy
	err := q.each(ctx, func() {
		m := take()
		_, product, _ := id.Pair(m.ID)
		found[product] = m
		all = append(all, m)
	})
	if err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillPolicies, all, sh)
}

// fillPolicies loads what hangs below the policies.
func (l *loader) fillPolicies(ctx context.Context, policies []*model.SelfServicePolicy, sh *shape.Shape) error {
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, p := range policies {
			p.Tenant = t
		}
	}
	b := l.batch()
	for _, use := range sh.Uses("history") {
		ids, groups := byID(policies, func(p *model.SelfServicePolicy) string { return p.ID })
		args, _ := use.Args.(page.Args)
		if err := l.histories(b, use, args, ids, func(i int, c *model.AuditEventConnection) {
			for _, p := range groups[ids[i]] {
				p.HistoryBy.Add(args, c)
			}
		}); err != nil {
			return err
		}
	}
	if err := b.run(ctx); err != nil {
		return err
	}
	if err := below(ctx, l.fillProducts, policies, func(p *model.SelfServicePolicy) *model.Product { return p.Product }, sh.Sub("product", "Product")); err != nil {
		return err
	}
	return below(ctx, l.fillUsers, policies, func(p *model.SelfServicePolicy) *model.User { return p.ChangedBy }, sh.Sub("changedBy", "User"))
}
