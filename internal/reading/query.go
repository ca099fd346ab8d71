package reading

import (
	"context"
	"strconv"

	"purser/internal/fold"
	"purser/internal/shape"
	"purser/internal/sql"
	"purser/internal/store"
)

// query is one statement under construction: a selector, and where each of its columns is scanned
// to. The destinations are the same for every row; what is bound to them is taken after each scan.
type query struct {
	*loader
	s     *sql.Selector
	page  *sql.Selector // where the keyset applies: s, or a statement inside of it
	dest  []any
	joins int
}

func (l *loader) query(s *sql.Selector) *query { return &query{loader: l, s: s, page: s} }

// col adds a column.
func (q *query) col(dest any, column string) {
	if q.dest == nil {
		q.dest = make([]any, 0, 16)
	}
	q.s.AppendSelect(column)
	q.dest = append(q.dest, dest)
}

// want adds a column when the field was asked for.
func (q *query) want(sh *shape.Shape, field string, dest any, t *sql.SelectTable, column string) {
	if sh.Has(field) {
		q.col(dest, t.C(column))
	}
}

// alias returns an alias that the statement does not use yet.
func (q *query) alias(table string) string {
	q.joins++
	return table[:1] + strconv.Itoa(q.joins)
}

func (q *query) join(table, column, ref string) *sql.SelectTable {
	return q.r.Join(q.s, table, q.alias(table), column, ref)
}

func (q *query) leftJoin(table, column, ref string) *sql.SelectTable {
	return q.r.LeftJoin(q.s, table, q.alias(table), column, ref)
}

// orZero scans NULL, from a table that was joined and had no row, to the zero value.
type orZero[T any] struct{ dest *T }

// Zero implements store.Zeroer.
func (o orZero[T]) Zero() any {
	*o.dest = *new(T)
	return o.dest
}

// each runs the statement and calls row after each scan.
func (q *query) each(ctx context.Context, row func()) error { return q.run(ctx, q.s, row) }

func (q *query) run(ctx context.Context, statement sql.Querier, row func()) error {
	return q.r.Query(ctx, statement, q.scan(row))
}

// scan takes a row to where the columns are bound, and calls row then.
func (q *query) scan(row func()) func(*store.Rows) error {
	return func(rows *store.Rows) error {
		if err := rows.Scan(q.dest...); err != nil {
			return err
		}
		row()
		return nil
	}
}

// strs returns a list as arguments.
func strs[T ~string](list []T) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = string(s)
	}
	return args
}

// contains narrows to rows whose folded key contains the text. An empty text narrows nothing.
func contains(column string, text *string) *sql.Predicate {
	if text == nil {
		return nil
	}
	key := fold.Key(*text)
	if key == "" {
		return nil
	}
	return sql.Contains(column, key)
}

// where adds predicates, those that are nil left out.
func where(s *sql.Selector, predicates ...*sql.Predicate) {
	for _, p := range predicates {
		if p != nil {
			s.Where(p)
		}
	}
}
