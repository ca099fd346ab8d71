package reading

import (
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/shape"
	"purser/internal/sql"
)

// lifecycleChange binds the next change of the status of the purchase in table p that time brings.
func (q *query) lifecycleChange(p *sql.SelectTable, sh *shape.Shape) func() *model.LifecycleChange {
	if !sh.Has("nextLifecycleChange") {
		return func() *model.LifecycleChange { return nil }
	}
	var l lifecycle.Purchase
	q.col(&l.Kind, p.C("kind"))
	q.col(&l.Status, p.C("status"))
	q.col(&l.Term, p.C("billing_term"))
	q.col(&l.Renews, p.C("recurring_billing"))
	q.col(&l.ExpiresAt, p.C("expires_at"))
	q.col(orZero[instant.Milli]{&l.CanceledAt}, p.C("canceled_at"))
	return func() *model.LifecycleChange {
		next, ok := l.Next()
		if !ok {
			return nil
		}
		return &model.LifecycleChange{At: next.At, To: next.To}
	}
}
