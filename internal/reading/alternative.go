package reading

import (
	"cmp"
	"context"

	"purser/graph/model"
	"purser/internal/lifecycle"
	"purser/internal/money"
	"purser/internal/moveplan"
	"purser/internal/shape"
	"purser/internal/sql"
)

// priced is a purchase with what a seat of it costs a month.
type priced struct {
	id, product, currency string
	monthly               money.Amount
	assigned, quantity    int
	free                  int
}

// alternatives gives each self-service purchase that runs the central one that it could be given up
// for: with two statements, and what was asked for of those.
func (l *loader) alternatives(ctx context.Context, purchases []*model.Purchase, sh *shape.Shape) error {
	ids, groups := byID(purchases, func(p *model.Purchase) string { return p.ID })
	sel, p := l.r.FromKeys("purchases", "p", "id", ids)
	sel.Where(sql.And(sql.EQ(p.C("source"), string(model.PurchaseSourceSelfService)), sql.In(p.C("status"), usable...)))
	own, err := l.priced(ctx, sel, p)
	if err != nil || len(own) == 0 {
		return err
	}
	sel, p = l.r.From("purchases", "p")
	products := map[string]bool{}
	for _, o := range own {
		products[o.product] = true
	}
	sel.Where(sql.And(moveplan.Eligible(p), sql.In(p.C("product_id"), keys(products)...), seatsFree(p)))
	central, err := l.priced(ctx, sel, p)
	if err != nil {
		return err
	}
	best := map[string]*priced{} // central, by self-service purchase
	var chosen []string
	for _, o := range own {
		if c := cheapest(o, central); c != nil {
			best[o.id] = c
			chosen = append(chosen, c.id)
		}
	}
	found, err := l.byKey(ctx, chosen, sh.Sub("purchase", "Purchase"))
	if err != nil {
		return err
	}
	for _, o := range own {
		if c := best[o.id]; c != nil {
			for _, p := range groups[o.id] {
				p.CentralAlternative = &model.CentralAlternative{Purchase: found[c.id], MonthlySaving: saving(o, c)}
			}
		}
	}
	return nil
}

// replaceable narrows by whether a purchase has such an alternative. A member sees none.
func (q *query) replaceable(p *sql.SelectTable, want bool) {
	if !q.me.SeesAllPurchases() {
		q.s.Where(sql.False())
		return
	}
	central, c := q.r.From("purchases", "central")
	central.Select(c.C("product_id")).Where(sql.And(moveplan.Eligible(c), seatsFree(c)))
	q.s.Where(is(want, sql.And(
		unindexed(p.C("source"), string(model.PurchaseSourceSelfService)), unindexed(p.C("status"), usable...),
		inside(p.C("product_id"), central))))
}

// inside is column = any of what the statement selects, which is found out once: no planner may
// begin with it and sort what it finds.
func inside(column string, s *sql.Selector) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.WriteString("(").Ident(column).WriteString(" IN (").Join(s).WriteString(")) IS TRUE")
	})
}

// cheapest returns the central purchase of the same product to go for: one with a seat for everybody
// if there is one, then the one whose seats cost least.
func cheapest(of *priced, central []*priced) *priced {
	var best *priced
	short := func(c *priced) int { return max(0, of.assigned-c.free) }
	for _, c := range central {
		if c.product != of.product {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(min(short(c), 1), min(short(best), 1)), cmp.Compare(c.monthly, best.monthly), cmp.Compare(c.id, best.id)) < 0 {
			best = c
		}
	}
	return best
}

func saving(own, central *priced) *model.Money {
	if own.currency != central.currency {
		return nil
	}
	saved := own.monthly.Times(own.quantity) - central.monthly.Times(own.assigned)
	return &model.Money{Amount: saved.Format(own.currency), Currency: own.currency}
}

// priced reads the purchases of a statement.
func (l *loader) priced(ctx context.Context, s *sql.Selector, p *sql.SelectTable) (list []*priced, err error) {
	q := l.query(s)
	var v priced
	var unit money.Amount
	var term model.BillingTerm
	var kind model.PurchaseKind
	var reserved int
	q.col(&v.id, p.C("id"))
	q.col(&v.product, p.C("product_id"))
	q.col(&v.currency, p.C("currency"))
	q.col(&unit, p.C("unit_price"))
	q.col(&term, p.C("billing_term"))
	q.col(&kind, p.C("kind"))
	q.col(&v.quantity, p.C("quantity"))
	q.col(&v.assigned, p.C("assigned"))
	q.col(&reserved, p.C("reserved"))
	err = q.each(ctx, func() {
		v.free, v.monthly = v.quantity-v.assigned-reserved, monthly(unit, term, kind)
		list = append(list, new(v))
	})
	return list, err
}

// monthly returns what a seat costs a month; a trial costs nothing.
func monthly(unit money.Amount, term model.BillingTerm, kind model.PurchaseKind) money.Amount {
	if kind != model.PurchaseKindPaid {
		return 0
	}
	return unit.Over(lifecycle.Months(term))
}

func keys(set map[string]bool) []any {
	list := make([]any, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	return list
}
