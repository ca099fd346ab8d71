package reading

import (
	"purser/graph/model"
	"purser/internal/sql"
)

// orphaned narrows by whether the user who bought it for themselves has left or is blocked. What is counted need not come
// in any order: so it goes from those users to what they bought.
func (q *query) orphaned(p *sql.SelectTable, want, counted bool) {
	switch {
	case !want:
		q.s.Where(sql.NotExists(q.absent(p)))
	case counted:
		q.s.Where(q.boughtByAbsent(p))
	default:
		q.s.Where(sql.Exists(q.absent(p)))
	}
}

// absent selects the purchaser of a self-service purchase if they have left or are blocked.
func (q *query) absent(p *sql.SelectTable) *sql.Selector {
	s, u := q.r.FromRef("users", "orphan", "id", p.C("purchaser_id"))
	return s.Select(u.C("id")).Where(sql.And(unindexed(p.C("source"), string(model.PurchaseSourceSelfService)), gone(u)))
}

// boughtByAbsent is what absent finds, in a form in which both tables walk an index that has all it takes.
func (l *loader) boughtByAbsent(p *sql.SelectTable) *sql.Predicate {
	s, u := l.r.From("users", "orphan")
	s.Select(u.C("name_key"), u.C("id")).Where(gone(u))
	return sql.And(sql.EQ(p.C("source"), string(model.PurchaseSourceSelfService)),
		sql.In("("+p.C("purchaser_key")+", "+p.C("purchaser_id")+")", s))
}

// gone holds for users who have left or are blocked: as their index says it.
func gone(u *sql.SelectTable) *sql.Predicate {
	return sql.Or(sql.EQ(u.C("removed"), true), sql.EQ(u.C("account_enabled"), false))
}
