package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// partners loads the access that partners have to the tenant now, the newest grant first.
func (l *loader) partners(ctx context.Context, sh *shape.Shape) ([]*model.PartnerAccess, error) {
	sel, p := l.r.From("partner_accesses", "p")
	sel.Where(sql.And(sql.IsNull(p.C("revoked_at")), sql.GT(p.C("expires_at"), int64(instant.From(l.now())))))
	sel.OrderBy(sql.Desc(p.C("granted_at")), sql.Desc(p.C("id")))
	return l.partnersOf(ctx, sel, p, sh)
}

// partnersByID loads the access that exists, that too which does not work any more.
func (l *loader) partnersByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.PartnerAccess, error) {
	sel, p := l.r.FromKeys("partner_accesses", "p", "id", ids)
	return l.partnersOf(ctx, sel, p, sh)
}

func (l *loader) partnersOf(ctx context.Context, sel *sql.Selector, p *sql.SelectTable, sh *shape.Shape) ([]*model.PartnerAccess, error) {
	q := l.query(sel)
	var m model.PartnerAccess
	var roles viewer.Roles
	q.col(&m.ID, p.C("id"))
	q.want(sh, "partnerDomain", &m.PartnerDomain, p, "partner_domain")
	q.want(sh, "roles", &roles, p, "roles")
	q.want(sh, "expiresAt", &m.ExpiresAt, p, "expires_at")
	q.want(sh, "grantedAt", &m.GrantedAt, p, "granted_at")
	q.want(sh, "revokedAt", &m.RevokedAt, p, "revoked_at")
	granter := q.maybeUser(sh, "grantedBy", p.C("granted_by"))
	list := []*model.PartnerAccess{}
	err := q.each(ctx, func() {
		c := m
		c.Roles, c.GrantedBy = roles.List(), granter()
		list = append(list, &c)
	})
	if err != nil {
		return nil, err
	}
	return list, below(ctx, l.fillUsers, list, func(p *model.PartnerAccess) *model.User { return p.GrantedBy }, sh.Sub("grantedBy", "User"))
}
