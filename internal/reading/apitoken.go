package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// APITokens returns a page of the tenant's tokens that work, newest first.
func (s *Service) APITokens(ctx context.Context, use *shape.Field, args page.Args) (*model.APITokenConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	now := instant.From(s.now())
	sh := use.Of["ApiToken"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.APIToken, keyset) {
		sel, t := l.r.From("api_tokens", "t")
		sel.Where(sql.And(sql.IsNull(t.C("revoked_at")), sql.GT(t.C("expires_at"), int64(now))))
		q := l.query(sel)
		return q, q.token(t, sh), keyset{tag: "tokens " + l.me.Tenant, id: t.C("id"), desc: true}
	})
	if err != nil {
		return nil, err
	}
	return &model.APITokenConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.APIToken, c string) *model.APITokenEdge { return &model.APITokenEdge{Node: n, Cursor: c} }),
	}, some(ctx, l.fillTokens, e.nodes, sh)
}

// token binds a token in table t.
func (q *query) token(t *sql.SelectTable, sh *shape.Shape) func() *model.APIToken {
	if sh == nil {
		return nil
	}
	var m model.APIToken
	var roles, of viewer.Roles
	var userID string
	q.col(&m.ID, t.C("id"))
	q.want(sh, "name", &m.Name, t, "name")
	q.want(sh, "prefix", &m.Prefix, t, "prefix")
	q.want(sh, "createdAt", &m.CreatedAt, t, "created_at")
	q.want(sh, "expiresAt", &m.ExpiresAt, t, "expires_at")
	q.want(sh, "lastUsedAt", &m.LastUsedAt, t, "last_used_at")
	q.want(sh, "revokedAt", &m.RevokedAt, t, "revoked_at")
	if sh.Has("roles") {
		u := q.leftJoin("users", "id", t.C("user_id"))
		q.col(&roles, t.C("roles"))
		q.col(orZero[string]{&userID}, u.C("id"))
		q.col(orZero[viewer.Roles]{&of}, u.C("roles"))
	}
	creator, user := q.maybeUser(sh, "createdBy", t.C("created_by")), q.maybeUser(sh, "user", t.C("user_id"))
	return func() *model.APIToken {
		c := m
		c.CreatedBy, c.User = creator(), user()
		c.Roles = roles.List()
		if userID != "" {
			c.Roles = (of | viewer.SetOf(viewer.Member)).List()
		}
		return &c
	}
}

// fillTokens loads what hangs below the tokens.
func (l *loader) fillTokens(ctx context.Context, tokens []*model.APIToken, sh *shape.Shape) error {
	if err := below(ctx, l.fillUsers, tokens, func(t *model.APIToken) *model.User { return t.CreatedBy }, sh.Sub("createdBy", "User")); err != nil {
		return err
	}
	return below(ctx, l.fillUsers, tokens, func(t *model.APIToken) *model.User { return t.User }, sh.Sub("user", "User"))
}

// tokensByID loads the tokens that exist, those too that do not work any more.
func (l *loader) tokensByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.APIToken, error) {
	sel, t := l.r.FromKeys("api_tokens", "t", "id", ids)
	q := l.query(sel)
	take := q.token(t, sh)
	var found []*model.APIToken
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillTokens, found, sh)
}
