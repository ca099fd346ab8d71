package reading

import (
	"context"
	"maps"
	"slices"
	"time"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/money"
	"purser/internal/sql"
)

// soon is how long before its end a purchase counts as expiring.
const soon = 30 * 24 * time.Hour

// spend is money by currency.
type spend map[string]money.Amount

func (s spend) list() []*model.Money {
	list := make([]*model.Money, 0, len(s))
	for _, c := range slices.Sorted(maps.Keys(s)) {
		list = append(list, &model.Money{Amount: s[c].Format(c), Currency: c})
	}
	return list
}

// summary adds up the tenant's purchases, with three statements.
func (l *loader) summary(ctx context.Context) (*model.TenantSummary, error) {
	m := &model.TenantSummary{ByStatus: []*model.StatusCount{}}
	if err := l.sums(ctx, m); err != nil {
		return nil, err
	}
	sel, p := l.r.From("purchases", "p")
	q := l.query(sel)
	sel.Where(sql.EQ(p.C("status"), string(model.SubscriptionStatusActive)))
	q.orphaned(p, true)
	sel.AppendSelectExpr(sql.Raw("COUNT(*)"))
	q.dest = append(q.dest, &m.Orphaned)
	if err := q.each(ctx, func() {}); err != nil {
		return nil, err
	}
	twice := l.licensedTwice()
	over, _ := sql.Over(twice, "twice")
	q = l.query(over)
	over.AppendSelectExpr(sql.Raw("COUNT(*)"))
	q.dest = append(q.dest, &m.LicensedTwice)
	return m, q.each(ctx, func() {})
}

// sums adds up what one walk over the purchases tells.
func (l *loader) sums(ctx context.Context, m *model.TenantSummary) error {
	sel, p := l.r.From("purchases", "p")
	q := l.query(sel)
	sel.Where(sql.NEQ(p.C("status"), string(model.SubscriptionStatusDeleted)))
	by := []string{p.C("source"), p.C("status"), p.C("kind"), p.C("currency"), p.C("billing_term"), p.C("recurring_billing")}
	var (
		c         model.StatusCount
		kind      model.PurchaseKind
		currency  string
		term      model.BillingTerm
		recurring bool
		seats     int
		assigned  int
		price     money.Amount
		expiring  int
	)
	sel.Select(by...).GroupBy(by...)
	limit := int64(instant.From(l.now().Add(soon)))
	sel.AppendSelectExpr(sql.Raw("COUNT(*)"), sql.Raw("SUM("+p.C("quantity")+")"), sql.Raw("SUM("+p.C("assigned")+")"),
		sql.Raw("SUM("+p.C("unit_price")+" * "+p.C("quantity")+")"),
		sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("SUM(CASE WHEN " + p.C("expires_at") + " <= ").Arg(limit).WriteString(" THEN 1 ELSE 0 END)")
		}))
	q.dest = []any{&c.Source, &c.Status, &kind, &currency, &term, &recurring, &c.Count, &seats, &assigned, &price, &expiring}
	counts, self, central := map[[2]string]int{}, spend{}, spend{}
	err := q.each(ctx, func() {
		counts[[2]string{string(c.Source), string(c.Status)}] += c.Count
		m.Seats, m.AssignedSeats = m.Seats+seats, m.AssignedSeats+assigned
		spent := self
		if c.Source == model.PurchaseSourceCentral {
			m.CentralCount += c.Count
			spent = central
		} else {
			m.SelfServiceCount += c.Count
		}
		switch active := c.Status == model.SubscriptionStatusActive; {
		case active && recurring && kind == model.PurchaseKindPaid:
			spent[currency] += price.Over(lifecycle.Months(term))
		case active && !recurring:
			m.ExpiringIn30Days += expiring
		}
	})
	for _, source := range model.AllPurchaseSource {
		for _, status := range model.AllSubscriptionStatus {
			if n := counts[[2]string{string(source), string(status)}]; n > 0 {
				m.ByStatus = append(m.ByStatus, &model.StatusCount{Source: source, Status: status, Count: n})
			}
		}
	}
	m.SelfServiceSpend, m.CentralSpend = self.list(), central.list()
	return err
}
