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
	for _, before := range []string{"= ", "IN (", "LIMIT "} {
		query = strings.ReplaceAll(query, before+"?", before+"+?")
	}
	return query
}
