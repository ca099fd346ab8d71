package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/shape"
	"purser/internal/sql"
)

// licensedTwice selects the users who hold a product from both sources. It reads each license once and sorts them by
// user and product: to look for each among the other licenses of its user takes several times as long.
func (l *loader) licensedTwice() *sql.Selector {
	sel, p := l.r.From("purchases", "p")
	t := l.r.Join(sel, "licenses", "l", "purchase_id", p.C("id"))
	sel.Where(sql.In(p.C("status"), usable...))
	sel.Select(t.C("user_id")).GroupBy(t.C("user_id"), p.C("product_id")).
		Having(sql.ExprP("MIN(" + p.C("source") + ") <> " + sql.Max(p.C("source"))))
	pairs, pair := sql.Over(sel, "pair")
	return pairs.Select(pair.C("user_id")).GroupBy(pair.C("user_id"))
}

// heldFrom selects a user's licenses of a product from a source; user and product are columns of the statement around it.
func (l *loader) heldFrom(source model.PurchaseSource, user, product string) *sql.Selector {
	in, t := l.r.FromRef("licenses", "cl", "user_id", user)
	c := l.r.Join(in, "purchases", "cp", "id", t.C("purchase_id"))
	return in.Select(t.C("id")).Where(sql.And(sql.ColumnsEQ(c.C("product_id"), product),
		sql.EQ(c.C("source"), string(source)), sql.In(c.C("status"), usable...)))
}

// licensedTwiceIs narrows users in table u by whether they hold a product twice.
func (l *loader) licensedTwiceIs(u *sql.SelectTable, want bool) *sql.Predicate {
	in, t := l.r.FromRef("licenses", "sl", "user_id", u.C("id"))
	p := l.r.Join(in, "purchases", "sp", "id", t.C("purchase_id"))
	in.Select(t.C("id")).Where(sql.And(sql.EQ(p.C("source"), string(model.PurchaseSourceSelfService)), sql.In(p.C("status"), usable...),
		sql.Exists(l.heldFrom(model.PurchaseSourceCentral, u.C("id"), p.C("product_id")))))
	if want {
		return sql.Exists(in)
	}
	return sql.NotExists(in)
}

// productsTwice gives each user the products that they hold twice, by name: with one statement, and
// what was asked for of the products.
func (l *loader) productsTwice(ctx context.Context, ids []string, groups map[string][]*model.User, sh *shape.Shape) error {
	sel, t := l.r.FromKeys("licenses", "sl", "user_id", ids)
	p := l.r.Join(sel, "purchases", "sp", "id", t.C("purchase_id"))
	sel.Where(sql.And(sql.EQ(p.C("source"), string(model.PurchaseSourceSelfService)), sql.In(p.C("status"), usable...),
		sql.Exists(l.heldFrom(model.PurchaseSourceCentral, t.C("user_id"), p.C("product_id")))))
	q := l.query(sel.Distinct())
	var user, key string
	q.col(&user, t.C("user_id"))
	product := q.join("products", "id", p.C("product_id"))
	q.col(&key, product.C("name_key"))
	take := q.product(product, sh)
	sel.OrderBy(product.C("name_key"), product.C("id"))
	for _, id := range ids {
		for _, u := range groups[id] {
			u.LicensedTwice = []*model.Product{}
		}
	}
	var found []*model.Product
	err := q.each(ctx, func() {
		m := take()
		found = append(found, m)
		for _, u := range groups[user] {
			u.LicensedTwice = append(u.LicensedTwice, m)
		}
	})
	if err != nil {
		return err
	}
	return some(ctx, l.fillProducts, found, sh)
}
