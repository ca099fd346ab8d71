package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// Moves returns a page of the tenant's moves, newest first. It returns fault.NotFound for a
// purchase that does not exist.
func (s *Service) Moves(ctx context.Context, use *shape.Field, args page.Args, status []model.MoveStatus, purchase *string) (*model.MoveConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if purchase != nil {
		if err := l.exists(ctx, "purchases", "purchaseId", *purchase); err != nil {
			return nil, err
		}
	}
	sh := use.Of["Move"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.Move, keyset) {
		sel, m := l.r.From("moves", "m")
		q := l.query(sel)
		if status != nil {
			sel.Where(anyValue(m.C("status"), strs(status)))
		}
		if purchase != nil {
			sel.Where(sql.Or(sql.EQ(m.C("source_id"), *purchase), sql.EQ(m.C("target_id"), *purchase)))
		}
		return q, q.move(m, sh), keyset{tag: "moves " + l.me.Tenant, id: m.C("id"), desc: true}
	})
	if err != nil {
		return nil, err
	}
	return &model.MoveConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.Move, c string) *model.MoveEdge { return &model.MoveEdge{Node: n, Cursor: c} }),
	}, some(ctx, l.fillMoves, e.nodes, sh)
}

// anyValue narrows a column that has an index ending in the list's order: one value can walk it,
// several would have to sort.
func anyValue(column string, values []any) *sql.Predicate {
	if len(values) == 1 {
		return sql.EQ(column, values[0])
	}
	return unindexed(column, values...)
}

// move binds a move in table m.
func (q *query) move(m *sql.SelectTable, sh *shape.Shape) func() *model.Move {
	if sh == nil {
		return nil
	}
	var v model.Move
	q.col(&v.ID, m.C("id"))
	q.col(&v.Status, m.C("status"))
	q.want(sh, "requestedAt", &v.RequestedAt, m, "requested_at")
	q.col(&v.StartedAt, m.C("started_at"))
	q.want(sh, "finishedAt", &v.FinishedAt, m, "finished_at")
	q.want(sh, "failure", &v.Failure, m, "failure")
	q.want(sh, "failureMessage", &v.FailureMessage, m, "failure_message")
	progress := q.progress(m, sh)
	by := q.maybeUser(sh, "requestedBy", m.C("requested_by"))
	from, to := q.purchaseAt(sh, "source", m.C("source_id")), q.purchaseAt(sh, "target", m.C("target_id"))
	return func() *model.Move {
		c := v
		c.Progress = progress(&c)
		c.RequestedBy, c.Source, c.Target = by(), from(), to()
		return &c
	}
}

func (q *query) purchaseAt(sh *shape.Shape, field, ref string) func() *model.Purchase {
	of := sh.Sub(field, "Purchase")
	if of == nil {
		return func() *model.Purchase { return nil }
	}
	return q.purchase(q.join("purchases", "id", ref), of)
}

func (q *query) progress(m *sql.SelectTable, sh *shape.Shape) func(*model.Move) *model.MoveProgress {
	if !sh.Has("progress") {
		return func(*model.Move) *model.MoveProgress { return nil }
	}
	var p model.MoveProgress
	q.col(&p.Total, m.C("total"))
	q.col(&p.Moved, m.C("moved"))
	q.col(&p.AlreadyLicensed, m.C("already_licensed"))
	q.col(&p.Gone, m.C("gone"))
	q.col(&p.Sequence, m.C("sequence"))
	q.col(&p.At, m.C("changed_at"))
	return func(v *model.Move) *model.MoveProgress {
		c := p
		c.MoveID, c.Status = v.ID, v.Status
		c.Complete(v.StartedAt)
		return &c
	}
}

// fillMoves loads what hangs below the moves.
func (l *loader) fillMoves(ctx context.Context, moves []*model.Move, sh *shape.Shape) error {
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, m := range moves {
			m.Tenant = t
		}
	}
	if err := l.fillMoveEnds(ctx, moves, sh); err != nil {
		return err
	}
	for _, use := range sh.Uses("users") {
		if err := l.movedUsers(ctx, use, moves); err != nil {
			return err
		}
	}
	of := sh.Sub("progress", "MoveProgress").Sub("move", "Move")
	if of == nil {
		return nil
	}
	ids, groups := byID(moves, func(m *model.Move) string { return m.ID })
	again, err := l.movesByID(ctx, ids, of)
	for _, a := range again {
		for _, m := range groups[a.ID] {
			m.Progress.Move = a
		}
	}
	return err
}

func (l *loader) fillMoveEnds(ctx context.Context, moves []*model.Move, sh *shape.Shape) error {
	if err := below(ctx, l.fillPurchases, moves, func(m *model.Move) *model.Purchase { return m.Source }, sh.Sub("source", "Purchase")); err != nil {
		return err
	}
	if err := below(ctx, l.fillPurchases, moves, func(m *model.Move) *model.Purchase { return m.Target }, sh.Sub("target", "Purchase")); err != nil {
		return err
	}
	return below(ctx, l.fillUsers, moves, func(m *model.Move) *model.User { return m.RequestedBy }, sh.Sub("requestedBy", "User"))
}

// lastMoves has each purchase given the move from it that is under way or was the last.
func (l *loader) lastMoves(b *batch, purchases []*model.Purchase, sh *shape.Shape) {
	ids, groups := byID(purchases, func(p *model.Purchase) string { return p.ID })
	sel, m := l.r.FromKeys("moves", "m", "source_id", ids)
	last, x := l.r.FromRef("moves", "x", "source_id", m.C("source_id"))
	last.Select(sql.Max(x.C("id")))
	sel.Where(sql.EQ(m.C("id"), last))
	q := l.query(sel)
	var from string
	q.col(&from, m.C("source_id"))
	take := q.move(m, sh)
	var all []*model.Move
	b.each(q, func() {
		v := take()
		all = append(all, v)
		for _, p := range groups[from] {
			p.Move = v
		}
	})
	b.after(func(ctx context.Context) error { return some(ctx, l.fillMoves, all, sh) })
}

// movesByID loads the moves that exist.
func (l *loader) movesByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.Move, error) {
	sel, m := l.r.FromKeys("moves", "m", "id", ids)
	q := l.query(sel)
	take := q.move(m, sh)
	var found []*model.Move
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillMoves, found, sh)
}

// movedUsers loads a page of what became of the users of each move: those it has recorded, which of
// a subset are all of them; and while a move of everyone is under way those who are still to be
// moved, who hold the source's licenses.
func (l *loader) movedUsers(ctx context.Context, use *shape.Field, moves []*model.Move) error {
	args, _ := use.Args.(model.MovedUsersArgs)
	ids, groups := byID(moves, func(m *model.Move) string { return m.ID })
	var sources []source[*model.MovedUser]
	for _, id := range ids {
		sources = append(sources, l.recordedUsers(id, args.Result))
		if args.Result == nil || *args.Result == model.MovedUserResultPending {
			sources = append(sources, l.pendingUsers(id))
		}
	}
	sh := use.Of["MovedUser"]
	pages, err := lists(ctx, l, use, sh, args.Args, len(ids), sources)
	if err != nil {
		return err
	}
	var users []*model.User
	for i, e := range pages {
		conn := &model.MovedUserConnection{
			Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
			Edges: edges(e, use, func(n *model.MovedUser, c string) *model.MovedUserEdge {
				return &model.MovedUserEdge{Node: n, Cursor: c}
			}),
		}
		users = append(users, gather(e.nodes, func(u *model.MovedUser) *model.User { return u.User })...)
		for _, m := range groups[ids[i]] {
			m.UsersBy.Add(args, conn)
		}
	}
	return some(ctx, l.fillUsers, users, sh.Sub("user", "User"))
}

func (l *loader) recordedUsers(move string, result *model.MovedUserResult) source[*model.MovedUser] {
	return func(sh *shape.Shape) (*query, func() *model.MovedUser, keyset) {
		sel, t := l.r.From("move_users", "mu")
		q := l.query(sel)
		sel.Where(sql.EQ(t.C("move_id"), move))
		if result != nil {
			sel.Where(sql.EQ(t.C("result"), string(*result)))
			if *result != model.MovedUserResultMoved { // in words that the index of these is known by
				sel.Where(sql.ExprP(t.C("result") + " <> 'MOVED'"))
			}
		}
		return q, q.movedUser(sh, t, sql.Raw(t.C("result")), sql.Raw(t.C("at"))), l.movedUserOrder(t.C("license_id"))
	}
}

func (l *loader) pendingUsers(move string) source[*model.MovedUser] {
	return func(sh *shape.Shape) (*query, func() *model.MovedUser, keyset) {
		sel, t := l.r.From("licenses", "l")
		q := l.query(sel)
		from, m := l.r.From("moves", "pm")
		from.Select(m.C("source_id")).Where(sql.And(sql.EQ(m.C("id"), move), sql.EQ(m.C("subset"), false),
			sql.In(m.C("status"), string(model.MoveStatusQueued), string(model.MoveStatusRunning))))
		sel.Where(sql.EQ(t.C("purchase_id"), from))
		return q, q.movedUser(sh, t, sql.Raw("'PENDING'"), sql.Raw("CAST(NULL AS BIGINT)")), l.movedUserOrder(t.C("id"))
	}
}

// movedUserOrder is the order in which the users come to be moved, by the column of their licenses.
func (l *loader) movedUserOrder(license string) keyset {
	return keyset{tag: "moved licenses " + l.me.Tenant, id: license}
}

// movedUser binds what became of the user of table t.
func (q *query) movedUser(sh *shape.Shape, t *sql.SelectTable, result, at sql.Expr) func() *model.MovedUser {
	if sh == nil {
		return nil
	}
	var m model.MovedUser
	var when *instant.Milli
	q.s.AppendSelectExprAs(result, "result").AppendSelectExprAs(at, "at")
	q.dest = append(q.dest, &m.Result, &when)
	user := q.userAt(sh, "user", t.C("user_id"))
	return func() *model.MovedUser {
		c := m
		c.At, c.User = when, user()
		return &c
	}
}
