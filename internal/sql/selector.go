package sql

import "strconv"

// Selector is a SELECT statement.
type Selector struct {
	postgres      bool
	distinct      bool
	columns       []column
	from          *SelectTable
	inner         *Selector // instead of from.name
	before        Expr      // a table before from
	joins         []join
	where         []*Predicate
	group, order  []string
	having        *Predicate
	limit, offset int // 0: none

	fewJoins [2]join // as a rule they are enough
	few      [4]*Predicate
}

// column is one of the result: by name, or an expression.
type column struct {
	name, as string
	expr     Expr
}

type join struct {
	kind  string
	table *SelectTable
	on    *Predicate
}

// From starts a statement on a table, for PostgreSQL or for SQLite.
func From(postgres bool, t *SelectTable) *Selector {
	s := &Selector{postgres: postgres, from: t}
	s.where, s.joins = s.few[:0], s.fewJoins[:0]
	return s
}

// Over starts a statement on the result of another one.
func Over(inner *Selector, as string) (*Selector, *SelectTable) {
	s := From(inner.postgres, Table("", as))
	s.inner = inner
	return s, s.from
}

// Select replaces the columns.
func (s *Selector) Select(columns ...string) *Selector {
	s.columns = s.columns[:0]
	return s.AppendSelect(columns...)
}

// AppendSelect adds columns.
func (s *Selector) AppendSelect(columns ...string) *Selector {
	for _, c := range columns {
		s.add(column{name: c})
	}
	return s
}

// AppendSelectAs adds a column under another name.
func (s *Selector) AppendSelectAs(name, as string) *Selector {
	s.add(column{name: name, as: as})
	return s
}

// AppendSelectExpr adds columns that are expressions.
func (s *Selector) AppendSelectExpr(exprs ...Expr) *Selector {
	for _, e := range exprs {
		s.add(column{expr: e})
	}
	return s
}

// AppendSelectExprAs adds a column that is an expression, under a name.
func (s *Selector) AppendSelectExprAs(e Expr, as string) *Selector {
	s.add(column{expr: e, as: as})
	return s
}

func (s *Selector) add(c column) {
	if s.columns == nil {
		s.columns = make([]column, 0, 16)
	}
	s.columns = append(s.columns, c)
}

// Distinct leaves out rows that are there already.
func (s *Selector) Distinct() *Selector {
	s.distinct = true
	return s
}

// Join joins a table.
func (s *Selector) Join(t *SelectTable, on *Predicate) *Selector { return s.join(" JOIN ", t, on) }

// LeftJoin joins a table, and keeps the rows that find no partner in it.
func (s *Selector) LeftJoin(t *SelectTable, on *Predicate) *Selector {
	return s.join(" LEFT JOIN ", t, on)
}

func (s *Selector) join(kind string, t *SelectTable, on *Predicate) *Selector {
	s.joins = append(s.joins, join{kind, t, on})
	return s
}

// Where narrows to what a condition holds for, beside the conditions that are there.
func (s *Selector) Where(p *Predicate) *Selector {
	s.where = append(s.where, p)
	return s
}

// Only narrows to what a condition holds for, instead of the conditions that are there.
func (s *Selector) Only(p *Predicate) *Selector {
	s.where = append(s.where[:0], p)
	return s
}

// Behind puts a table before the statement's own. No planner of SQLite's turns them around.
func (s *Selector) Behind(table Expr) *Selector {
	s.before = table
	return s
}

// GroupBy adds columns to group by.
func (s *Selector) GroupBy(columns ...string) *Selector {
	s.group = append(s.group, columns...)
	return s
}

// Having keeps of the groups those that a condition holds for.
func (s *Selector) Having(p *Predicate) *Selector {
	s.having = p
	return s
}

// OrderBy adds columns to order by.
func (s *Selector) OrderBy(columns ...string) *Selector {
	s.order = append(s.order, columns...)
	return s
}

// Limit takes so many rows at most.
func (s *Selector) Limit(n int) *Selector {
	s.limit = n
	return s
}

// Offset leaves out so many rows.
func (s *Selector) Offset(n int) *Selector {
	s.offset = n
	return s
}

// Query implements Querier.
func (s *Selector) Query() (string, []any) {
	return query(s.postgres, s.write)
}

func (s *Selector) write(b *Builder) {
	b.WriteString("SELECT ")
	if s.distinct {
		b.WriteString("DISTINCT ")
	}
	for i, c := range s.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		c.write(b)
	}
	b.WriteString(" FROM ")
	s.writeFrom(b)
	for i, p := range s.where {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		p.among(b, len(s.where))
	}
	clause(b, " GROUP BY ", s.group)
	if s.having != nil {
		b.WriteString(" HAVING ").Join(s.having)
	}
	clause(b, " ORDER BY ", s.order)
	number(b, " LIMIT ", s.limit)
	number(b, " OFFSET ", s.offset)
}

func (s *Selector) writeFrom(b *Builder) {
	if s.before != nil {
		b.Join(s.before).WriteString(" CROSS JOIN ")
	}
	if s.inner == nil {
		b.Join(s.from)
	} else {
		b.Wrap(s.inner.write).WriteString(" AS ").WriteString(s.from.as)
	}
	for _, j := range s.joins {
		b.WriteString(j.kind).Join(j.table).WriteString(" ON ").Join(j.on)
	}
}

func (c column) write(b *Builder) {
	switch e := c.expr.(type) {
	case nil:
		b.Ident(c.name)
	case *Selector:
		b.Wrap(e.write)
	default:
		b.Join(e)
	}
	if c.as != "" {
		b.WriteString(" AS ").WriteString(c.as)
	}
}

func clause(b *Builder, name string, columns []string) {
	if len(columns) > 0 {
		b.WriteString(name).list(columns)
	}
}

func number(b *Builder, name string, n int) {
	if n > 0 {
		b.WriteString(name).WriteString(strconv.Itoa(n))
	}
}
