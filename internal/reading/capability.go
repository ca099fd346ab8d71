package reading

import (
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/may"
	"purser/internal/shape"
	"purser/internal/sql"
)

// capabilities binds what the viewer may do with the purchase of table p.
func (q *query) capabilities(p *sql.SelectTable, sh *shape.Shape) func() *model.PurchaseCapabilities {
	if !sh.Has("viewerCan") {
		return func() *model.PurchaseCapabilities { return nil }
	}
	var s may.Purchase
	var move *string
	q.col(&s.Source, p.C("source"))
	q.col(&s.Status, p.C("status"))
	q.col(orZero[string]{&s.Purchaser}, p.C("purchaser_id"))
	q.col(&move, p.C("active_move_id"))
	of := sh.Sub("viewerCan", "PurchaseCapabilities")
	if of.Has("cancel") {
		to, m := q.r.FromRef("moves", "receiving", "target_id", p.C("id"))
		q.exists(&s.Receiving, to.Select(m.C("id")).Where(sql.IsNull(m.C("finished_at"))))
	}
	if of.Has("requestCancellation") {
		q.exists(&s.Absent, q.absent(p))
	}
	return func() *model.PurchaseCapabilities {
		now := s
		now.Moving = move != nil
		return q.can(now)
	}
}

// exists adds a column that tells whether the statement inside finds anything.
func (q *query) exists(dest *bool, inside *sql.Selector) {
	q.s.AppendSelectExprAs(sql.Exists(inside), q.alias("exists"))
	q.dest = append(q.dest, dest)
}

func (l *loader) can(p may.Purchase) *model.PurchaseCapabilities {
	_, cancel := may.Cancel(l.me, p)
	return &model.PurchaseCapabilities{
		AssignLicenses:      capability(may.AssignLicenses(l.me, p)),
		UnassignLicenses:    capability(may.UnassignLicenses(l.me, p)),
		ChangeQuantity:      capability(may.ChangeQuantity(l.me, p)),
		SetRecurringBilling: capability(may.SetRecurringBilling(l.me, p)),
		MoveUsers:           capability(may.MoveUsers(l.me, p)),
		Cancel:              capability(cancel),
		TakeOwnership:       capability(may.TakeOwnership(l.me, p)),
		RequestCancellation: capability(may.RequestCancellation(l.me, p)),
		Reactivate:          capability(may.Reactivate(l.me, p)),
	}
}

func capability(refusal *fault.Error) *model.Capability {
	if refusal == nil {
		return &model.Capability{Allowed: true}
	}
	code := model.ErrorCode(refusal.Code)
	return &model.Capability{Reason: &code}
}
