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
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/store"
)

// soon is how long before its end a purchase counts as expiring.
const soon = 30 * 24 * time.Hour

// spend is money by currency.
type spend map[string]money.Amount

func (s spend) add(currency string, a money.Amount) {
	if a != 0 {
		s[currency] += a
	}
}

func (s spend) list() []*model.Money {
	list := make([]*model.Money, 0, len(s))
	for _, c := range slices.Sorted(maps.Keys(s)) {
		list = append(list, &model.Money{Amount: s[c].Format(c), Currency: c})
	}
	return list
}

// summary loads the figures that were asked for.
func (l *loader) summary(ctx context.Context, sh *shape.Shape) (*model.TenantSummary, error) {
	m := &model.TenantSummary{ByStatus: []*model.StatusCount{}}
	b := l.batch()
	if slices.ContainsFunc([]string{"selfServiceCount", "centralCount", "byStatus", "seats", "assignedSeats", "selfServiceSpend", "centralSpend"}, sh.Has) {
		l.sumTotals(b, m)
	}
	if sh.Has("licensedTwice") {
		twice, _ := sql.Over(l.licensedTwice(), "twice")
		b.count(twice, &m.LicensedTwice)
	}
	if sh.Has("expiringIn30Days") {
		b.count(l.expiring(), &m.ExpiringIn30Days)
	}
	if sh.Has("orphaned") {
		b.count(l.orphans(), &m.Orphaned)
	}
	return m, b.run(ctx)
}

// count has the rows of a statement counted.
func (b *batch) count(s *sql.Selector, n *int) {
	b.add(s.AppendSelectExpr(sql.Raw("COUNT(*)")), func(rows *store.Rows) error { return rows.Scan(n) })
}

// sumTotals adds up the totals of the tenant's products.
func (l *loader) sumTotals(b *batch, m *model.TenantSummary) {
	sel, t := l.r.From("product_totals", "t")
	q := l.query(sel)
	sel.Where(sql.NEQ(t.C("status"), string(model.SubscriptionStatusDeleted)))
	var (
		c               model.StatusCount
		currency        string
		term            model.BillingTerm
		seats, assigned int
		price           money.Amount
	)
	by := []string{t.C("source"), t.C("status"), t.C("currency"), t.C("billing_term")}
	sel.Select(by...).GroupBy(by...)
	q.dest = append(q.dest, &c.Source, &c.Status, &currency, &term)
	q.sum(&c.Count, t.C("purchases"))
	q.sum(&seats, t.C("quantity"))
	q.sum(&assigned, t.C("assigned"))
	q.sum(&price, t.C("spend"))
	counts, self, central := map[[2]string]int{}, spend{}, spend{}
	b.each(q, func() {
		counts[[2]string{string(c.Source), string(c.Status)}] += c.Count
		m.Seats, m.AssignedSeats = m.Seats+seats, m.AssignedSeats+assigned
		if c.Source == model.PurchaseSourceCentral {
			m.CentralCount += c.Count
			central.add(currency, price.Over(lifecycle.Months(term)))
		} else {
			m.SelfServiceCount += c.Count
			self.add(currency, price.Over(lifecycle.Months(term)))
		}
	})
	b.after(func(context.Context) error {
		for _, source := range model.AllPurchaseSource {
			for _, status := range model.AllSubscriptionStatus {
				if n := counts[[2]string{string(source), string(status)}]; n > 0 {
					m.ByStatus = append(m.ByStatus, &model.StatusCount{Source: source, Status: status, Count: n})
				}
			}
		}
		m.SelfServiceSpend, m.CentralSpend = self.list(), central.list()
		return nil
	})
}

// sum adds the sum of a column, as what it is a sum of: PostgreSQL's would be a decimal.
func (q *query) sum(dest any, column string) { q.col(dest, "CAST("+sql.Sum(column)+" AS BIGINT)") }

// expiring selects what ends soon: as its index says it.
func (l *loader) expiring() *sql.Selector {
	sel, p := l.r.From("purchases", "p")
	return sel.Where(sql.ExprP(p.C("status") + " = 'ACTIVE'")).Where(sql.EQ(p.C("recurring_billing"), false)).
		Where(sql.LT(p.C("expires_at"), int64(instant.From(l.now().Add(soon)))))
}

// orphans selects what runs although who bought it for themselves has left or is blocked.
func (l *loader) orphans() *sql.Selector {
	sel, p := l.r.From("purchases", "p")
	return sel.Where(sql.EQ(p.C("status"), string(model.SubscriptionStatusActive))).Where(l.boughtByAbsent(p))
}
