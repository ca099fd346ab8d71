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
	"purser/internal/store"
)

// keyset is the order of a list: by a sort value and, among equals, by id.
type keyset struct {
	tag    string // of the list and its order, for cursors
	value  string // the column of the sort value; "" where the list is ordered by id alone
	id     string // the column of the id
	by     string // what orders like the id; "": the id itself
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

// lists loads a page of each of n lists: see listsIn.
func lists[T any](ctx context.Context, l *loader, use *shape.Field, sh *shape.Shape, args page.Args, n int, sources []source[T]) ([]*entries[T], error) {
	b := l.batch()
	pages, err := listsIn(b, use, sh, args, n, sources)
	if err != nil {
		return nil, err
	}
	return pages, b.run(ctx)
}

// listsIn has a page of each of n lists loaded: one statement for all pages, and one for all totals.
// The sources belong to the lists in turn, the same number of them to each.
func listsIn[T any](b *batch, use *shape.Field, sh *shape.Shape, args page.Args, n int, sources []source[T]) ([]*entries[T], error) {
	if n == 0 {
		return nil, nil
	}
	return paged(b, use, args, sources[0], n, statements[T]{
		rows: func(pg page.Page, positions bool) (*rows[T], error) {
			return rowsOf(b.r, sh, pg, positions, n, sources)
		},
		totals: func() sql.Querier { return totalsOf(b.r, n, sources) },
	})
}

// perKeyIn is listsIn for those that differ in a key alone, which the source names by store.Reader.Key.
func perKeyIn[T any](b *batch, use *shape.Field, sh *shape.Shape, args page.Args, keys []string, src source[T]) ([]*entries[T], error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return paged(b, use, args, src, len(keys), statements[T]{
		rows: func(pg page.Page, _ bool) (*rows[T], error) { return rowsPerKey(b.r, sh, pg, keys, src) },
		totals: func() sql.Querier {
			q, _, ks := src(nil)
			return b.r.CountPerKey(q.counted(ks), keys)
		},
	})
}

// statements load the rows and the totals of lists. Where rows stand is not always asked.
type statements[T any] struct {
	rows   func(pg page.Page, positions bool) (*rows[T], error)
	totals func() sql.Querier
}

// paged has of n lists loaded what was asked for.
func paged[T any](b *batch, use *shape.Field, args page.Args, src source[T], n int, load statements[T]) ([]*entries[T], error) {
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
		positions := use.Info || use.Edges
		r, err := load.rows(pg, positions)
		if err != nil {
			return nil, err
		}
		b.add(r.statement, r.read)
		b.after(func(context.Context) error { r.spread(pages, positions); return nil })
	}
	if use.Count {
		b.add(load.totals(), addTotals(pages))
	}
	b.after(func(context.Context) error {
		for _, p := range pages {
			p.cut(pg)
		}
		return nil
	})
	return pages, nil
}

// rows are the rows of lists, and the statement that reads them.
type rows[T any] struct {
	statement sql.Querier
	dest      []any
	at        *place // of the row that is read
	take      func() T
	order     keyset
	desc      bool
	sorted    bool // by the statement: no database promises the order of what is put together
	found     []placed[T]
}

// place is where a row stands.
type place struct {
	page.Position
	list   int
	number int64
}

type placed[T any] struct {
	place
	node T
}

func rowsOf[T any](r *store.Reader, sh *shape.Shape, pg page.Page, positions bool, n int, sources []source[T]) (*rows[T], error) {
	var first *rows[T]
	var statements []*sql.Selector
	for i, src := range sources {
		q, take, ks := src(sh)
		if err := q.seek(ks, pg); err != nil {
			return nil, err
		}
		all := &rows[T]{at: new(place), take: take, order: ks, desc: ks.desc != pg.Backward, sorted: len(sources) == 1 && q.page == q.s}
		if positions || !all.sorted {
			q.position(ks, all.at)
		}
		if len(sources) > 1 {
			q.s.AppendSelectExprAs(sql.Raw(strconv.Itoa(i*n/len(sources))), "list")
			q.dest = append(q.dest, &all.at.list)
		}
		all.dest = q.dest
		if i == 0 {
			first = all
		}
		statements = append(statements, q.s)
	}
	first.statement = r.UnionAll(statements)
	return first, nil
}

func rowsPerKey[T any](r *store.Reader, sh *shape.Shape, pg page.Page, keys []string, src source[T]) (*rows[T], error) {
	q, take, ks := src(sh)
	all := &rows[T]{at: new(place), take: take, order: ks, desc: ks.desc != pg.Backward}
	q.position(ks, all.at)
	all.dest = append(q.dest, &all.at.list)
	found := q
	if !r.Postgres() {
		found, _, _ = src(shape.New())
		found.s.Select(ks.id)
	}
	if err := found.seek(ks, pg); err != nil {
		return nil, err
	}
	all.statement = r.PerKey(q.s, found.s, ks.id, keys)
	return all, nil
}

// read takes one row.
func (r *rows[T]) read(row *store.Rows) error {
	if err := row.Scan(r.dest...); err != nil {
		return err
	}
	r.found = append(r.found, placed[T]{*r.at, r.take()})
	return nil
}

// spread gives the lists their rows.
func (r *rows[T]) spread(pages []*entries[T], positions bool) {
	if !r.sorted {
		slices.SortStableFunc(r.found, r.compare)
	}
	nodes := make([]T, len(r.found)) // of all lists: the rows of each follow each other
	for i, f := range r.found {
		p := pages[f.list]
		nodes[i] = f.node
		p.nodes = nodes[i-len(p.nodes) : i+1 : i+1]
		if !positions {
			continue
		}
		if r.order.number {
			f.Value = strconv.FormatInt(f.number, 10)
		}
		p.positions = append(p.positions, f.Position)
	}
}

func (r *rows[T]) compare(a, b placed[T]) int {
	if c := cmp.Compare(a.list, b.list); c != 0 {
		return c
	}
	c := cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.Value, b.Value), cmp.Compare(a.ID, b.ID))
	if r.desc {
		return -c
	}
	return c
}

// position adds the columns that say where a row stands.
func (q *query) position(ks keyset, at *place) {
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
	order := slices.Clone(columns) // the conditions are yet to be written
	if ks.by != "" {
		order[len(order)-1] = ks.by
	}
	for _, c := range order {
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

func totalsOf[T any](r *store.Reader, n int, sources []source[T]) sql.Querier {
	var statements []*sql.Selector
	for i, src := range sources {
		q, _, ks := src(nil)
		statements = append(statements, q.counted(ks).AppendSelectExpr(sql.Raw(strconv.Itoa(i*n/len(sources)))))
	}
	return r.UnionAll(statements)
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
func addTotals[T any](pages []*entries[T]) func(*store.Rows) error {
	return func(row *store.Rows) error {
		var total, at int
		if err := row.Scan(&total, &at); err != nil {
			return err
		}
		pages[at].total += total
		return nil
	}
}

// cut brings the page to its size and direction and says where it lies.
func (e *entries[T]) cut(pg page.Page) {
	var previous, next bool
	e.nodes, previous, next = page.Cut(pg, e.nodes)
	e.positions, _, _ = page.Cut(pg, e.positions)
	if pg.More {
		e.info = &model.PageInfo{HasPreviousPage: previous, HasNextPage: next}
	}
	if n := len(e.positions); n > 0 && pg.More {
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
