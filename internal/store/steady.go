package store

import (
	"strings"

	"entgo.io/ent/dialect"
)

// steady keeps SQLite from parsing and planning a statement anew each time that it runs. SQLite does so
// where a bare parameter is compared with a column beside the index in use, in case that the value asks for another
// plan, and it takes longer than the statement itself. A plus before the parameter changes nothing but that.
func steady(d, query string) string {
	if d != dialect.SQLite {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	from := 0
	for i := range len(query) {
		if query[i] != '?' {
			continue
		}
		b.WriteString(query[from:i])
		if before := query[:i]; strings.HasSuffix(before, "= ") || strings.HasSuffix(before, "IN (") || strings.HasSuffix(before, "LIMIT ") {
			b.WriteByte('+')
		}
		from = i
	}
	b.WriteString(query[from:])
	return b.String()
}
