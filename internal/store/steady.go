package store

import (
	"strings"

	"entgo.io/ent/dialect"

	"purser/internal/sql"
)

// steady puts a plus before the parameters that need one on SQLite: see sql.Steady.
func steady(d, query string) string {
	if d != dialect.SQLite {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	for from := 0; ; {
		n := strings.IndexByte(query[from:], '?')
		if n < 0 {
			b.WriteString(query[from:])
			return b.String()
		}
		b.WriteString(query[from : from+n])
		if sql.Steady(query[:from+n]) {
			b.WriteByte('+')
		}
		b.WriteByte('?')
		from += n + 1
	}
}
