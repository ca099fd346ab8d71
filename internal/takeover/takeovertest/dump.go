package takeovertest

import (
	"fmt"
	"regexp"
	"strings"
)

// dumped are the tables that take-overs write to, and what their rows are ordered by.
var dumped = []struct{ table, order string }{
	{"purchases", "id"},
	{"licenses", "id"},
	{"moves", "id"},
	{"move_users", "move_id, user_id"},
	{"notifications", "id"},
	{"notification_purchases", "notification_id, purchase_id"},
	{"audit_events", "id"},
}

// anID is an id, or what follows its prefix.
var anID = regexp.MustCompile(`\b(?:[a-z]{3}_)?[0-9a-hjkmnp-tv-z]{26}\b`)

// Dump writes down everything of the tenant's that take-overs write to. Ids become numbers in the
// order in which they were made, so that what was done the same way in two worlds reads the same.
func (w *World) Dump(tb TB) string {
	tb.Helper()
	var b strings.Builder
	for _, d := range dumped {
		fmt.Fprintln(&b, d.table)
		w.dump(tb, &b, "SELECT * FROM "+d.table+" WHERE tenant_id = ? ORDER BY "+d.order)
	}
	numbers := map[string]int{}
	return anID.ReplaceAllStringFunc(b.String(), func(s string) string {
		prefix, body, ok := strings.Cut(s, "_")
		if !ok {
			prefix, body = "", s
		}
		if _, known := numbers[body]; !known {
			numbers[body] = len(numbers)
		}
		return fmt.Sprint(prefix, "#", numbers[body])
	})
}

func (w *World) dump(tb TB, b *strings.Builder, query string) {
	tb.Helper()
	rows, err := w.DB.QueryUnwalled(tb.Context(), query, w.Tenant)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		for i, v := range values {
			if v != nil {
				fmt.Fprintf(b, " %s=%v", columns[i], v)
			}
		}
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
}
