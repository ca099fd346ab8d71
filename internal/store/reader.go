package store

import (
	"context"

	"purser/internal/fault"
	"purser/internal/sql"
	"purser/internal/viewer"
)

// Reader builds and runs SELECT statements that see only the viewer's tenant. Every table of a
// statement comes from its From, Join and LeftJoin, which is where the wall stands.
type Reader struct {
	db     *DB
	Viewer viewer.Viewer
	reach  []viewer.Access // the rows of table tenants that may be read, where there is no viewer
}

// Reader returns a reader for the viewer in the context; without one it fails.
func (db *DB) Reader(ctx context.Context) (*Reader, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "the database was asked without a viewer")
	}
	return &Reader{db: db, Viewer: v}, nil
}

// ReachReader returns a reader for the tenants within the caller's reach: of table tenants it sees
// those, of every other table that belongs to tenants nothing.
func (db *DB) ReachReader(ctx context.Context) (*Reader, error) {
	c := viewer.CallerFrom(ctx)
	if c == nil {
		return nil, fault.New(fault.Internal, "the database was asked without a caller")
	}
	return &Reader{db: db, reach: c.Reach}, nil
}

// tenants are the rows of table tenants that may be read.
func (r *Reader) tenants() []any {
	if r.Viewer.Tenant != "" {
		return []any{r.Viewer.Tenant}
	}
	list := make([]any, len(r.reach))
	for i, a := range r.reach {
		list[i] = a.Tenant
	}
	return list
}

// Postgres tells whether the statements run on PostgreSQL; else it is SQLite.
func (r *Reader) Postgres() bool { return r.db.Postgres() }

// wall names the column that holds a table's tenant; "" for the shared catalogue.
func wall(table string) string {
	switch table {
	case "products":
		return ""
	case "tenants":
		return "id"
	}
	return "tenant_id"
}

// From starts a statement on a table.
func (r *Reader) From(table, alias string) (*sql.Selector, *sql.SelectTable) {
	t := sql.Table(table, alias)
	s := sql.From(r.Postgres(), t)
	switch c := wall(table); c {
	case "":
	case "id":
		s.Where(sql.In(t.C(c), r.tenants()...))
	default:
		s.Where(sql.EQ(t.C(c), r.Viewer.Tenant))
	}
	return s, t
}

// FromKeys starts a statement on the rows of a table whose column, a key, is any of those given.
func (r *Reader) FromKeys(table, alias, column string, keys []string) (*sql.Selector, *sql.SelectTable) {
	t := sql.Table(table, alias)
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	s := sql.From(r.Postgres(), t).Where(sql.In(t.C(column), args...))
	if p := r.beside(t, table); p != nil {
		s.Where(p)
	}
	return s, t
}

// FromRef starts a statement inside of another one, on the rows of a table whose column, a key,
// equals ref, a column of the statement around it.
func (r *Reader) FromRef(table, alias, column, ref string) (*sql.Selector, *sql.SelectTable) {
	t := sql.Table(table, alias)
	return sql.From(r.Postgres(), t).Where(r.on(t, table, column, ref)), t
}

// UnionAll joins the results of several statements of this reader.
func (r *Reader) UnionAll(statements []*sql.Selector) sql.Querier {
	if len(statements) == 1 {
		return statements[0]
	}
	b := sql.NewBuilder(r.Postgres())
	for i, s := range statements {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		b.WriteString("SELECT * FROM (").Join(s).WriteString(") AS u")
	}
	return b
}

// Join adds a table whose column equals ref, a column of a table that is in the statement already.
func (r *Reader) Join(s *sql.Selector, table, alias, column, ref string) *sql.SelectTable {
	t := sql.Table(table, alias)
	s.Join(t, r.on(t, table, column, ref))
	return t
}

// LeftJoin is like Join, and keeps the rows that find no partner.
func (r *Reader) LeftJoin(s *sql.Selector, table, alias, column, ref string) *sql.SelectTable {
	t := sql.Table(table, alias)
	s.LeftJoin(t, r.on(t, table, column, ref))
	return t
}

func (r *Reader) on(t *sql.SelectTable, table, column, ref string) *sql.Predicate {
	p := sql.ColumnsEQ(t.C(column), ref)
	if w := r.beside(t, table); w != nil {
		return sql.And(p, w)
	}
	return p
}

// beside is the wall for a table that is reached by a key. It is written so that no planner takes
// the tenant's index for the key's, nor concludes anything from a tenant that its statistics do not
// know yet: PostgreSQL would, and be a thousand times slower. To it, COALESCE leaves half of the rows.
func (r *Reader) beside(t *sql.SelectTable, table string) *sql.Predicate {
	switch c := wall(table); c {
	case "":
		return nil
	case "id":
		return sql.In(t.C(c), r.tenants()...)
	default:
		return sql.Around([3]string{"COALESCE(", t.C(c), " = "}, r.Viewer.Tenant, ", FALSE)")
	}
}

// Query runs the statement and calls scan for each row.
func (r *Reader) Query(ctx context.Context, s sql.Querier, scan func(*Rows) error) error {
	return r.Together(ctx, Read{Statement: s, Row: scan})
}
