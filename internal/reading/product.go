package reading

import (
	"context"
	"strings"

	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/money"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// catalogCurrency is what list prices are in.
const catalogCurrency = "USD"

// Products returns a page of the catalogue, by name unless ordered otherwise. A filter by policy
// means the viewer's tenant's.
func (s *Service) Products(ctx context.Context, use *shape.Field, args page.Args, filter *model.ProductFilter, order *model.ProductOrder) (*model.ProductConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if filter != nil {
		if err := checkSearch(filter.Search); err != nil {
			return nil, err
		}
	}
	sh := use.Of["Product"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.Product, keyset) {
		sel, p := l.r.From("products", "p")
		q := l.query(sel)
		q.filterProducts(p, filter)
		return q, q.product(p, sh), productOrder(p, order)
	})
	if err != nil {
		return nil, err
	}
	return &model.ProductConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.Product, c string) *model.ProductEdge { return &model.ProductEdge{Node: n, Cursor: c} }),
	}, some(ctx, l.fillProducts, e.nodes, sh)
}

func productOrder(p *sql.SelectTable, o *model.ProductOrder) keyset {
	ks := keyset{tag: "products", value: p.C("name_key"), id: p.C("id")}
	if o == nil {
		return ks
	}
	ks.desc = o.Direction == model.OrderDirectionDesc
	if o.Field == model.ProductOrderFieldFamily {
		ks.value = p.C("family_key")
	}
	ks.tag += " " + string(o.Field) + " " + string(o.Direction)
	return ks
}

func (q *query) filterProducts(p *sql.SelectTable, f *model.ProductFilter) {
	if f == nil {
		return
	}
	where(q.s, contains(p.C("search_key"), f.Search))
	if f.VendorProductID != nil {
		q.s.Where(sql.Or(sql.EQ(p.C("vendor_product_id"), *f.VendorProductID), hasWord(p.C("former_ids"), *f.VendorProductID)))
	}
	if f.SelfServiceEligible != nil {
		q.s.Where(sql.EQ(p.C("self_service_eligible"), *f.SelfServiceEligible))
	}
	if f.Family != nil {
		q.s.Where(unindexed(p.C("family_key"), fold.Key(*f.Family)))
	}
	if f.Kind != nil {
		q.s.Where(unindexed(p.C("kind"), string(*f.Kind)))
	}
	if f.Policy != nil {
		q.policyIn(p, q.explicitPolicy(p), *f.Policy)
	}
}

// hasWord narrows a column that holds words parted by spaces. LIKE would not do: SQLite's knows no case.
func hasWord(column, word string) *sql.Predicate {
	if word == "" || strings.ContainsRune(word, ' ') {
		return sql.False()
	}
	return sql.P(func(b *sql.Builder) {
		words := func() { b.WriteString("' ' || ").Ident(column).WriteString(" || ' '") }
		b.WriteString("REPLACE(")
		words()
		b.WriteString(", ").Arg(" " + word + " ").WriteString(", '') <> ")
		words()
	})
}

// product binds a product in table p.
func (q *query) product(p *sql.SelectTable, sh *shape.Shape) func() *model.Product {
	if sh == nil {
		return nil
	}
	var m model.Product
	var former, excluded string
	var price *money.Amount
	q.col(&m.ID, p.C("id"))
	q.want(sh, "vendorProductId", &m.VendorProductID, p, "vendor_product_id")
	q.want(sh, "formerVendorProductIds", &former, p, "former_ids")
	q.want(sh, "name", &m.Name, p, "name")
	q.want(sh, "family", &m.Family, p, "family")
	q.want(sh, "kind", &m.Kind, p, "kind")
	q.want(sh, "selfServiceEligible", &m.SelfServiceEligible, p, "self_service_eligible")
	q.want(sh, "trialWithoutPaymentMethod", &m.TrialWithoutPaymentMethod, p, "trial_without_payment_method")
	q.want(sh, "trialDays", &m.TrialDays, p, "trial_days")
	q.want(sh, "listPrice", &price, p, "list_price")
	q.want(sh, "excludedCountries", &excluded, p, "excluded_countries")
	return func() *model.Product {
		c := m
		c.FormerVendorProductIds, c.ExcludedCountries = strings.Fields(former), strings.Fields(excluded)
		if price != nil {
			c.ListPrice = &model.Money{Amount: price.Format(catalogCurrency), Currency: catalogCurrency}
		}
		return &c
	}
}

// productAt binds the product that a field `product` refers to.
func (q *query) productAt(sh *shape.Shape, ref string) func() *model.Product {
	of := sh.Sub("product", "Product")
	if of == nil {
		return func() *model.Product { return nil }
	}
	return q.product(q.join("products", "id", ref), of)
}

// fillProducts loads what hangs below the products.
func (l *loader) fillProducts(ctx context.Context, products []*model.Product, sh *shape.Shape) error {
	for _, use := range sh.Uses("policy") {
		args, _ := use.Args.(model.PolicyArgs)
		in, inCtx, err := l.in(ctx, args.TenantID)
		if err != nil {
			return err
		}
		ids, groups := byID(products, func(p *model.Product) string { return p.ID })
		policies, err := in.policiesOf(inCtx, ids, use.Of["SelfServicePolicy"])
		if err != nil {
			return err
		}
		for product, policy := range policies {
			for _, p := range groups[product] {
				p.PolicyBy.Add(args, policy)
			}
		}
	}
	return nil
}

// in returns a loader for the caller in another tenant within reach: the only one where none is named.
func (l *loader) in(ctx context.Context, tenant *string) (*loader, context.Context, error) {
	c := viewer.CallerFrom(ctx)
	name := l.me.Tenant
	switch {
	case tenant != nil:
		name = *tenant
	case c != nil && len(c.Reach) > 0:
		name = c.Reach[0].Tenant
	}
	if name == l.me.Tenant || c == nil {
		return l, ctx, nil
	}
	v, _ := c.In(name) // not in reach: a viewer without a tenant, whom the reader refuses
	ctx = viewer.NewContext(ctx, v)
	in, err := l.loader(ctx)
	return in, ctx, err
}

// productsByID loads the products that exist.
func (l *loader) productsByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.Product, error) {
	sel, p := l.r.FromKeys("products", "p", "id", ids)
	q := l.query(sel)
	take := q.product(p, sh)
	var found []*model.Product
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillProducts, found, sh)
}
