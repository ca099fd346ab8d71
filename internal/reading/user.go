package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// Users returns a page of the tenant's directory by name. Without a filter: those who have not left.
func (s *Service) Users(ctx context.Context, use *shape.Field, args page.Args, filter *model.UserFilter) (*model.UserConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if filter == nil {
		present := false
		filter = &model.UserFilter{Removed: &present}
	}
	if err := checkSearch(filter.Search); err != nil {
		return nil, err
	}
	sh := use.Of["User"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.User, keyset) {
		sel, u := l.r.From("users", "u")
		q := l.query(sel)
		l.filterUsers(sel, u, filter)
		return q, q.user(u, sh, false), keyset{tag: "users " + l.me.Tenant, value: u.C("name_key"), id: u.C("id")}
	})
	if err != nil {
		return nil, err
	}
	return &model.UserConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.User, c string) *model.UserEdge { return &model.UserEdge{Node: n, Cursor: c} }),
	}, some(ctx, l.fillUsers, e.nodes, sh)
}

func (l *loader) filterUsers(s *sql.Selector, u *sql.SelectTable, f *model.UserFilter) {
	switch {
	case f.LicensedTwice == nil:
	case l.me.SeesAllPurchases():
		s.Where(l.licensedTwiceIs(u, *f.LicensedTwice))
	default: // a member sees nobody's licenses
		s.Where(sql.False())
	}
	where(s, contains(u.C("search_key"), f.Search))
	if f.AccountEnabled != nil {
		s.Where(sql.EQ(u.C("account_enabled"), *f.AccountEnabled))
	}
	if f.Removed != nil {
		s.Where(sql.EQ(u.C("removed"), *f.Removed))
	}
	if f.Kind != nil {
		s.Where(unindexed(u.C("kind"), string(*f.Kind)))
	}
	if f.Role != nil && *f.Role != viewer.Member { // everybody is a member
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(u.C("roles")).WriteString(" & ").Arg(int(viewer.SetOf(*f.Role))).WriteString(" <> 0")
		}))
	}
}

// user binds a user in table u; maybe says that the row may be missing, which gives nil.
func (q *query) user(u *sql.SelectTable, sh *shape.Shape, maybe bool) func() *model.User {
	if sh == nil {
		return nil
	}
	var m model.User
	var roles viewer.Roles
	text := func(field string, dest *string, column string) {
		if maybe {
			q.want(sh, field, orZero[string]{dest}, u, column)
		} else {
			q.want(sh, field, dest, u, column)
		}
	}
	q.col(orZero[string]{&m.ID}, u.C("id"))
	text("displayName", &m.DisplayName, "display_name")
	text("userPrincipalName", &m.UserPrincipalName, "user_principal_name")
	q.want(sh, "mail", &m.Mail, u, "mail")
	q.want(sh, "department", &m.Department, u, "department")
	text("locale", &m.Locale, "locale")
	q.want(sh, "kind", orZero[model.UserKind]{&m.Kind}, u, "kind")
	q.want(sh, "accountEnabled", orZero[bool]{&m.AccountEnabled}, u, "account_enabled")
	q.want(sh, "removed", orZero[bool]{&m.Removed}, u, "removed")
	q.want(sh, "roles", orZero[viewer.Roles]{&roles}, u, "roles")
	return func() *model.User {
		if m.ID == "" {
			return nil
		}
		c := m
		c.Roles = (roles | viewer.SetOf(viewer.Member)).List()
		return &c
	}
}

// userAt binds the user that a field refers to by a key that is never null.
func (q *query) userAt(sh *shape.Shape, field, ref string) func() *model.User {
	of := sh.Sub(field, "User")
	if of == nil {
		return func() *model.User { return nil }
	}
	return q.user(q.join("users", "id", ref), of, false)
}

// maybeUser binds the user that a field refers to by a key that may be null.
func (q *query) maybeUser(sh *shape.Shape, field, ref string) func() *model.User {
	of := sh.Sub(field, "User")
	if of == nil {
		return func() *model.User { return nil }
	}
	return q.user(q.leftJoin("users", "id", ref), of, true)
}

// fillUsers loads what hangs below the users. Of others, a mere member sees nothing there.
func (l *loader) fillUsers(ctx context.Context, users []*model.User, sh *shape.Shape) error {
	ids, groups := byID(users, func(u *model.User) string { return u.ID })
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, u := range users {
			u.Tenant = t
		}
	}
	b := l.batch()
	for _, use := range sh.Uses("purchases") {
		args, _ := use.Args.(model.PurchasesArgs)
		bought := func(q *query, p *sql.SelectTable) { q.s.Where(sql.EQ(p.C("purchaser_id"), l.r.Key())) }
		if err := l.purchasesPerKey(b, use, args, ids, bought, func(i int, c *model.PurchaseConnection) {
			for _, u := range groups[ids[i]] {
				u.PurchasesBy.Add(args, c)
			}
		}); err != nil {
			return err
		}
	}
	if sh.Has("licensedTwice") {
		if err := l.productsTwice(ctx, ids, groups, sh.Sub("licensedTwice", "Product")); err != nil {
			return err
		}
	}
	for _, use := range sh.Uses("licenses") {
		args, _ := use.Args.(model.SearchArgs)
		if err := l.userLicenses(b, use, args, ids, func(i int, c *model.LicenseConnection) {
			for _, u := range groups[ids[i]] {
				u.LicensesBy.Add(args, c)
			}
		}); err != nil {
			return err
		}
	}
	return b.run(ctx)
}

// usersByID loads the users that exist.
func (l *loader) usersByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.User, error) {
	b := l.batch()
	found := l.bindUsers(b, ids, sh)
	err := b.run(ctx)
	return *found, err
}

// bindUsers is usersByID as a part of a batch, which finds them when it runs.
func (l *loader) bindUsers(b *batch, ids []string, sh *shape.Shape) *[]*model.User {
	found := byIDs(b, l, ids, sh, (*loader).bindUser)
	b.after(func(ctx context.Context) error { return some(ctx, l.fillUsers, *found, sh) })
	return found
}

func (l *loader) bindUser(ids []string, sh *shape.Shape) (*query, func() *model.User) {
	sel, u := l.r.FromKeys("users", "u", "id", ids)
	q := l.query(sel)
	return q, q.user(u, sh, false)
}
