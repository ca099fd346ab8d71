package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// LicenseRequests returns a page of the tenant's license requests, newest first: all of them, or the
// viewer's own when the viewer is a mere member.
func (s *Service) LicenseRequests(ctx context.Context, use *shape.Field, args page.Args, status []model.LicenseRequestStatus) (*model.LicenseRequestConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	sh := use.Of["LicenseRequest"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.LicenseRequest, keyset) {
		sel, t := l.r.From("license_requests", "lr")
		q := l.query(sel)
		q.ownRequests(t)
		if status != nil {
			sel.Where(anyValue(t.C("status"), strs(status)))
		}
		return q, q.request(t, sh), keyset{tag: "license requests " + l.me.Tenant, id: t.C("id"), desc: true}
	})
	if err != nil {
		return nil, err
	}
	return &model.LicenseRequestConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.LicenseRequest, c string) *model.LicenseRequestEdge {
			return &model.LicenseRequestEdge{Node: n, Cursor: c}
		}),
	}, some(ctx, l.fillRequests, e.nodes, sh)
}

// ownRequests narrows to the requests that the viewer may see.
func (q *query) ownRequests(t *sql.SelectTable) {
	if !q.me.SeesAllPurchases() {
		q.s.Where(sql.EQ(t.C("requested_by"), q.me.User))
	}
}

// request binds a license request in table t.
func (q *query) request(t *sql.SelectTable, sh *shape.Shape) func() *model.LicenseRequest {
	if sh == nil {
		return nil
	}
	var m model.LicenseRequest
	q.col(&m.ID, t.C("id"))
	q.want(sh, "requestedAt", &m.RequestedAt, t, "requested_at")
	q.want(sh, "message", &m.Message, t, "message")
	q.want(sh, "status", &m.Status, t, "status")
	q.want(sh, "decidedAt", &m.DecidedAt, t, "decided_at")
	q.want(sh, "reply", &m.Reply, t, "reply")
	product := q.productAt(sh, t.C("product_id"))
	by, decided := q.userAt(sh, "requestedBy", t.C("requested_by")), q.maybeUser(sh, "decidedBy", t.C("decided_by"))
	return func() *model.LicenseRequest {
		c := m
		c.Product, c.RequestedBy, c.DecidedBy = product(), by(), decided()
		c.Users = []*model.LicenseRequestUser{}
		return &c
	}
}

// fillRequests loads what hangs below the license requests.
func (l *loader) fillRequests(ctx context.Context, requests []*model.LicenseRequest, sh *shape.Shape) error {
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, r := range requests {
			r.Tenant = t
		}
	}
	if err := l.requestUsers(ctx, requests, sh.Sub("users", "LicenseRequestUser")); err != nil {
		return err
	}
	if err := below(ctx, l.fillProducts, requests, func(r *model.LicenseRequest) *model.Product { return r.Product }, sh.Sub("product", "Product")); err != nil {
		return err
	}
	if err := below(ctx, l.fillUsers, requests, func(r *model.LicenseRequest) *model.User { return r.RequestedBy }, sh.Sub("requestedBy", "User")); err != nil {
		return err
	}
	return below(ctx, l.fillUsers, requests, func(r *model.LicenseRequest) *model.User { return r.DecidedBy }, sh.Sub("decidedBy", "User"))
}

// requestUsers loads whom the requests are for: a request names a hundred people at most.
func (l *loader) requestUsers(ctx context.Context, requests []*model.LicenseRequest, sh *shape.Shape) error {
	if sh == nil {
		return nil
	}
	ids, groups := byID(requests, func(r *model.LicenseRequest) string { return r.ID })
	sel, t := l.r.FromKeys("license_request_users", "ru", "request_id", ids)
	sel.OrderBy(t.C("request_id"), t.C("user_id"))
	q := l.query(sel)
	var request string
	var decision model.LicenseRequestDecision
	q.col(&request, t.C("request_id"))
	q.col(&decision, t.C("decision"))
	user := q.userAt(sh, "user", t.C("user_id"))
	var users []*model.User
	err := q.each(ctx, func() {
		u := &model.LicenseRequestUser{Decision: decision, User: user()}
		if u.User != nil {
			users = append(users, u.User)
		}
		for _, r := range groups[request] {
			r.Users = append(r.Users, u)
		}
	})
	if err != nil {
		return err
	}
	return some(ctx, l.fillUsers, users, sh.Sub("user", "User"))
}

// requestsByID loads the license requests that exist and that the viewer may see.
func (l *loader) requestsByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.LicenseRequest, error) {
	sel, t := l.r.FromKeys("license_requests", "lr", "id", ids)
	q := l.query(sel)
	q.ownRequests(t)
	take := q.request(t, sh)
	var found []*model.LicenseRequest
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillRequests, found, sh)
}
