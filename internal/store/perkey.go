package store

import (
	"encoding/json"
	"strings"

	"purser/internal/sql"
)

// Key is what a statement for PerKey or CountPerKey compares a column with.
func (r *Reader) Key() any {
	if r.Postgres() {
		return sql.Raw("k.key")
	}
	return sql.Raw("k.value")
}

// PerKey joins a page of rows for each of several keys; its last column is the key's number, from 0. Each page walks
// its index and stops, and the text is the same for any number of keys. On PostgreSQL page selects the rows themselves.
// SQLite has no LATERAL: there page selects but id, a column, and rows are read where a page has that.
func (r *Reader) PerKey(rows, page *sql.Selector, id string, keys []string) sql.Querier {
	if !r.Postgres() {
		rows.Behind(r.keys(keys)).Only(sql.In(id, page)) // page stands behind the wall
		return rows.AppendSelectExpr(sql.Raw("k.key"))
	}
	return sql.NewBuilder(true).WriteString("SELECT u.*, k.n - 1 FROM ").Join(r.keys(keys)).
		WriteString(" CROSS JOIN LATERAL ").Arg(page).WriteString(" AS u")
}

// CountPerKey is what a statement of one number says for each of several keys; its last column is the key's number, from 0.
func (r *Reader) CountPerKey(s *sql.Selector, keys []string) sql.Querier {
	n := ", k.key FROM "
	if r.Postgres() {
		n = ", k.n - 1 FROM "
	}
	return sql.NewBuilder(r.Postgres()).WriteString("SELECT ").Arg(s).WriteString(n).Join(r.keys(keys))
}

// keys is a table k of keys and their numbers.
func (r *Reader) keys(keys []string) sql.Expr {
	return sql.ExprFunc(func(b *sql.Builder) {
		if r.Postgres() {
			b.WriteString("UNNEST(").Arg("{" + strings.Join(keys, ",") + "}").WriteString("::text[]) WITH ORDINALITY AS k(key, n)")
			return
		}
		list, _ := json.Marshal(keys) // of texts it never fails
		b.WriteString("JSON_EACH(").Arg(string(list)).WriteString(") AS k")
	})
}
