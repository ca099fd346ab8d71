package reading

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"purser/graph/model"
	"purser/internal/moveplan"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// end is a purchase that users could be moved from or to.
type end struct {
	moveplan.End
	product, family string
}

// target is a purchase that the users of a source could be moved to, and how well it fits.
type target struct {
	page.Position
	source, to *end
	counts     moveplan.Counts
}

// moveTargets gives each purchase a page of the subscriptions that its users could be moved to. How
// well one fits depends on the source, so the order is made here; the statements are as many
// whatever the page.
func (l *loader) moveTargets(ctx context.Context, use *shape.Field, purchases []*model.Purchase) error {
	args, _ := use.Args.(page.Args)
	tag := "move targets " + l.me.Tenant
	pg, err := args.Resolve(tag)
	if err != nil {
		return err
	}
	ids, groups := byID(purchases, func(p *model.Purchase) string { return p.ID })
	targets, err := l.targetsOf(ctx, ids)
	if err != nil {
		return err
	}
	pages := make([]*entries[target], len(ids))
	var shown []string
	for i, id := range ids {
		pages[i] = pageOf(targets[id], pg, tag)
		for _, t := range pages[i].nodes {
			shown = append(shown, t.to.ID)
		}
	}
	found, err := l.byKey(ctx, shown, use.Of["MoveTarget"].Sub("purchase", "Purchase"))
	if err != nil {
		return err
	}
	for i, id := range ids {
		conn := targetConnection(pages[i], use, found)
		for _, p := range groups[id] {
			p.MoveTargetsBy.Add(args, conn)
		}
	}
	return nil
}

func targetConnection(e *entries[target], use *shape.Field, found map[string]*model.Purchase) *model.MoveTargetConnection {
	conn := &model.MoveTargetConnection{Nodes: make([]*model.MoveTarget, len(e.nodes)), PageInfo: e.info, TotalCount: e.total}
	for i, t := range e.nodes {
		conn.Nodes[i] = moveplan.Everyone(&t.source.End, &t.to.End, t.counts).Target(found[t.to.ID])
	}
	of := &entries[*model.MoveTarget]{nodes: conn.Nodes, positions: e.positions, tag: e.tag}
	conn.Edges = edges(of, use, func(n *model.MoveTarget, c string) *model.MoveTargetEdge {
		return &model.MoveTargetEdge{Node: n, Cursor: c}
	})
	return conn
}

// targetsOf returns the targets of each source, best fit first.
func (l *loader) targetsOf(ctx context.Context, sources []string) (map[string][]target, error) {
	from, p := l.r.FromKeys("purchases", "p", "id", sources)
	froms, err := l.ends(ctx, from, p)
	if err != nil {
		return nil, err
	}
	to, p := l.r.From("purchases", "p")
	to.Where(moveplan.Eligible(p))
	tos, err := l.ends(ctx, to, p)
	if err != nil {
		return nil, err
	}
	counts, err := moveplan.Count(ctx, l.r, sources, nil)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(tos, func(a, b *end) int { return cmp.Compare(a.ID, b.ID) })
	targets := make(map[string][]target, len(froms))
	for _, s := range froms {
		targets[s.ID] = bestFirst(s, tos, counts[s.ID])
	}
	return targets, nil
}

// bestFirst puts targets, which come in the order of their ids, into the order of how well they
// fit: of the source's product, of its family, others; of each those with enough seats first.
func bestFirst(source *end, tos []*end, counts moveplan.Counts) []target {
	const fits = 6
	var by [fits][]target
	for _, t := range tos {
		if t.ID == source.ID {
			continue
		}
		fit := 4
		switch {
		case t.product == source.product:
			fit = 0
		case t.family == source.family:
			fit = 2
		}
		if moveplan.Needed(&source.End, &t.End, counts) > t.Free() {
			fit++
		}
		by[fit] = append(by[fit], target{page.Position{Value: strconv.Itoa(fit), ID: t.ID}, source, t, counts})
	}
	return slices.Concat(by[:]...)
}

// ends reads what a plan has to know of the purchases of a statement.
func (l *loader) ends(ctx context.Context, s *sql.Selector, p *sql.SelectTable) (list []*end, err error) {
	q := l.query(s)
	var e end
	q.col(&e.ID, p.C("id"))
	q.col(&e.Source, p.C("source"))
	q.col(&e.Status, p.C("status"))
	q.col(&e.Quantity, p.C("quantity"))
	q.col(&e.Assigned, p.C("assigned"))
	q.col(&e.Reserved, p.C("reserved"))
	q.col(orZero[string]{&e.ActiveMove}, p.C("active_move_id"))
	q.col(&e.product, p.C("product_id"))
	q.col(&e.family, q.join("products", "id", p.C("product_id")).C("family_key"))
	err = q.each(ctx, func() { list = append(list, new(e)) })
	return list, err
}

// pageOf cuts a page out of a whole list, which is in order.
func pageOf(list []target, pg page.Page, tag string) *entries[target] {
	e := &entries[target]{tag: tag, total: len(list)}
	for _, t := range list {
		if pg.After != nil && !before(*pg.After, t.Position) || pg.Before != nil && !before(t.Position, *pg.Before) {
			continue
		}
		e.nodes = append(e.nodes, t)
	}
	if pg.Backward {
		slices.Reverse(e.nodes)
	}
	e.nodes = e.nodes[:min(len(e.nodes), pg.Limit+1)]
	for _, t := range e.nodes {
		e.positions = append(e.positions, t.Position)
	}
	e.cut(pg)
	return e
}

func before(a, b page.Position) bool {
	return a.Value < b.Value || a.Value == b.Value && a.ID < b.ID
}
