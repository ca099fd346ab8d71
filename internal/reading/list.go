package reading

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// keyset is the order of a list: by a sort value and, among equals, by id.
type keyset struct {
	tag    string // of the list and its order, for cursors
	value  string // the column of the sort value; "" where the list is ordered by id alone
	id     string // the column of the id
	number bool   // the sort value is an integer
	desc   bool
	shown  [2]string // value and id where the statement shows them, when it wraps the one that is ordered
}

// source starts a statement on the rows of one list, narrowed to what belongs in it. The shape says
// what to bind; nil when the rows are only counted.
type source[T any] func(sh *shape.Shape) (q *query, take func() T, ks keyset)

// entries is one page of a list.
type entries[T any] struct {
	nodes     []T
	positions []page.Position
	info      *model.PageInfo
	total     int
	tag       string
}

// list loads one page of a list.
func list[T any](ctx context.Context, l *loader, use *shape.Field, sh *shape.Shape, args page.Args, src source[T]) (*entries[T], error) {
	pages, err := lists(ctx, l, use, sh, args, 1, []source[T]{src})
	if err != nil {
		return nil, err
	}
	return pages[0], nil
}

// lists loads a page of each of n lists: one statement for all pages, and one for all totals.
// The sources belong to the lists in turn, the same number of them to each.
func lists[T any](ctx context.Context, l *loader, use *shape.Field, sh *shape.Shape, args page.Args, n int, sources []source[T]) ([]*entries[T], error) {
	if n == 0 {
		return nil, nil
	}
	return paged(use, args, sources[0], n, statements[T]{
		rows:   func(pg page.Page, pages []*entries[T]) error { return loadRows(ctx, l, sh, pg, sources, pages) },
		totals: func(pages []*entries[T]) error { return loadTotals(ctx, l, sources, pages) },
	})
}

// perKey is lists for those that differ in a key alone, which the source names by store.Reader.Key.
func perKey[T any](ctx context.Context, l *loader, use *shape.Field, sh *shape.Shape, args page.Args, keys []string, src source[T]) ([]*entries[T], error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return paged(use, args, src, len(keys), statements[T]{
		rows: func(pg page.Page, pages []*entries[T]) error {
			q, take, ks := src(sh)
			if err := q.seek(ks, pg); err != nil {
				return err
			}
			var at row
			q.position(ks, &at)
			q.dest = append(q.dest, &at.list)
			return collect(ctx, q, l.r.PerKey(q.s, keys), take, &at, ks, pages, ks.desc != pg.Backward)
		},
		totals: func(pages []*entries[T]) error {
			q, _, ks := src(nil)
			return addTotals(ctx, l, l.r.PerKey(q.counted(ks), keys), pages)
		},
	})
}

// statements load the rows and the totals of lists.
type statements[T any] struct {
	rows   func(page.Page, []*entries[T]) error
	totals func([]*entries[T]) error
}

// paged loads of n lists what was asked for.
func paged[T any](use *shape.Field, args page.Args, src source[T], n int, load statements[T]) ([]*entries[T], error) {
	_, _, ks := src(nil)
	pg, err := args.Resolve(ks.tag)
	if err != nil {
		return nil, err
	}
	pg.More = use.Info
	pages := make([]*entries[T], n)
	for i := range pages {
		pages[i] = &entries[T]{tag: ks.tag}
	}
	if use.Rows {
		if err := load.rows(pg, pages); err != nil {
			return nil, err
		}
	}
	if use.Count {
		if err := load.totals(pages); err != nil {
			return nil, err
		}
	}
	for _, p := range pages {
		p.cut(pg)
	}
	return pages, nil
}

type row struct {
	page.Position
	list   int
	number int64
}

func loadRows[T any](ctx context.Context, l *loader, sh *shape.Shape, pg page.Page, sources []source[T], pages []*entries[T]) error {
	var (
		first      *query
		take       func() T
		at         row
		statements []*sql.Selector
		order      keyset
	)
	for i, src := range sources {
		q, t, ks := src(sh)
		if err := q.seek(ks, pg); err != nil {
			return err
		}
		q.s.AppendSelectExprAs(sql.Raw(strconv.Itoa(i*len(pages)/len(sources))), "list")
		q.dest = append(q.dest, &at.list)
		q.position(ks, &at)
		if i == 0 {
			first, take, order = q, t, ks
		}
		statements = append(statements, q.s)
	}
	return collect(ctx, first, l.r.UnionAll(statements), take, &at, order, pages, order.desc != pg.Backward)
}

// collect reads the rows of lists, each to where at says that it stands.
func collect[T any](ctx context.Context, q *query, statement sql.Querier, take func() T, at *row, order keyset, pages []*entries[T], desc bool) error {
	type found struct {
		row
		node T
	}
	var rows []found
	err := q.run(ctx, statement, func() {
		if order.number {
			at.Value = strconv.FormatInt(at.number, 10)
		}
		rows = append(rows, found{*at, take()})
	})
	if err != nil {
		return err
	}
	if statement != sql.Querier(q.s) || q.page != q.s { // no database promises the order of what is put together
		slices.SortStableFunc(rows, func(a, b found) int { return a.compare(b.row, order.number, desc) })
	}
	for _, f := range rows {
		pages[f.list].nodes = append(pages[f.list].nodes, f.node)
		pages[f.list].positions = append(pages[f.list].positions, f.Position)
	}
	return nil
}

func (r row) compare(o row, number, desc bool) int {
	if c := cmp.Compare(r.list, o.list); c != 0 {
		return c
	}
	c := cmp.Compare(r.Value, o.Value)
	if number {
		c = cmp.Compare(r.number, o.number)
	}
	c = cmp.Or(c, cmp.Compare(r.ID, o.ID))
	if desc {
		return -c
	}
	return c
}

// position adds the columns that say where a row stands.
func (q *query) position(ks keyset, at *row) {
	value, id := ks.value, ks.id
	if ks.shown[1] != "" {
		value, id = ks.shown[0], ks.shown[1]
	}
	if value != "" {
		q.s.AppendSelectAs(value, "sort_value")
		if ks.number {
			q.dest = append(q.dest, &at.number)
		} else {
			q.dest = append(q.dest, &at.Value)
		}
	}
	q.s.AppendSelectAs(id, "sort_id")
	q.dest = append(q.dest, &at.ID)
}

// seek orders the statement, starts it where the page starts and limits it to the page.
func (q *query) seek(ks keyset, pg page.Page) error {
	columns := []string{ks.value, ks.id}
	if ks.value == "" {
		columns = columns[1:]
	}
	for _, edge := range []struct {
		pos   *page.Position
		below bool
	}{{pg.After, ks.desc}, {pg.Before, !ks.desc}} {
		if edge.pos == nil {
			continue
		}
		args, err := ks.args(*edge.pos)
		if err != nil {
			return err
		}
		if edge.below {
			q.page.Where(sql.CompositeLT(columns, args...))
		} else {
			q.page.Where(sql.CompositeGT(columns, args...))
		}
	}
	for _, c := range columns {
		if ks.desc != pg.Backward {
			c = sql.Desc(c)
		}
		q.page.OrderBy(c)
	}
	q.page.Limit(pg.Read())
	return nil
}

func (ks keyset) args(p page.Position) ([]any, error) {
	switch {
	case ks.value == "":
		return []any{p.ID}, nil
	case ks.number:
		n, err := strconv.ParseInt(p.Value, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, "That is not a cursor of this list in this order.")
		}
		return []any{n, p.ID}, nil
	}
	return []any{p.Value, p.ID}, nil
}

func loadTotals[T any](ctx context.Context, l *loader, sources []source[T], pages []*entries[T]) error {
	var statements []*sql.Selector
	for i, src := range sources {
		q, _, ks := src(nil)
		statements = append(statements, q.counted(ks).AppendSelectExpr(sql.Raw(strconv.Itoa(i*len(pages)/len(sources)))))
	}
	return addTotals(ctx, l, l.r.UnionAll(statements), pages)
}

// counted counts the rows of a list.
func (q *query) counted(ks keyset) *sql.Selector {
	if q.page == q.s {
		q.s.Select(ks.id)
	} else {
		q.s.Select("*")
	}
	s, _ := sql.Over(q.s, "counted")
	return s.AppendSelectExpr(sql.Raw("COUNT(*)"))
}

// addTotals adds up what a statement has counted, of which list.
func addTotals[T any](ctx context.Context, l *loader, statement sql.Querier, pages []*entries[T]) error {
	var at, total int
	q := l.query(nil)
	q.dest = []any{&total, &at}
	return q.run(ctx, statement, func() { pages[at].total += total })
}

// cut brings the page to its size and direction and says where it lies.
func (e *entries[T]) cut(pg page.Page) {
	var previous, next bool
	e.nodes, previous, next = page.Cut(pg, e.nodes)
	e.positions, _, _ = page.Cut(pg, e.positions)
	e.info = &model.PageInfo{HasPreviousPage: previous, HasNextPage: next}
	if n := len(e.positions); n > 0 {
		start, end := e.positions[0].Cursor(e.tag), e.positions[n-1].Cursor(e.tag)
		e.info.StartCursor, e.info.EndCursor = &start, &end
	}
	if e.nodes == nil {
		e.nodes = []T{}
	}
}

// edges returns the entries with their cursors, when they were asked for.
func edges[T, E any](e *entries[T], use *shape.Field, edge func(node T, cursor string) E) []E {
	if !use.Edges {
		return nil
	}
	list := make([]E, len(e.nodes))
	for i, n := range e.nodes {
		list[i] = edge(n, e.positions[i].Cursor(e.tag))
	}
	return list
}

// maxSearch is the longest text that can be searched for.
const maxSearch = 200

func checkSearch(text *string) error {
	if text != nil && utf8.RuneCountInString(*text) > maxSearch {
		return fault.New(fault.Invalid, "search takes at most %d characters.", maxSearch)
	}
	return nil
}
