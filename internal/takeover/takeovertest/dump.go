package takeovertest

import (
	"fmt"
	"regexp"
	"strings"
)

// dumped are the tables that are written to, the column that holds the tenant, and what their rows are ordered by.
var dumped = []struct{ table, tenant, order string }{
	{"tenants", "id", "id"},
	{"self_service_policies", "tenant_id", "id"},
	{"purchases", "tenant_id", "id"},
	{"licenses", "tenant_id", "id"},
	{"license_requests", "tenant_id", "id"},
	{"license_request_users", "tenant_id", "request_id, user_id"},
	{"moves", "tenant_id", "id"},
	{"(SELECT move_id, license_id, user_id, result, at, tenant_id FROM move_users) AS t", "tenant_id", "move_id, license_id"},
	{"notifications", "tenant_id", "id"},
	{"notification_purchases", "tenant_id", "notification_id, purchase_id"},
	{"(SELECT id, tenant_id, name, roles, expires_at, revoked_at FROM api_tokens) AS t", "tenant_id", "id"}, // the rest is random
	{"partner_accesses", "tenant_id", "id"},
	{"access_changes", "tenant_id", "id"},
	{"audit_events", "tenant_id", "id"},
}

var (
	// anID is an id, or what follows its prefix; a composed one has several bodies.
	anID = regexp.MustCompile(`\b(?:[a-z]{3}_)?(?:[0-9a-hjkmnp-tv-z]{26})+\b`)
	// aBody is one of them.
	aBody = regexp.MustCompile(`[0-9a-hjkmnp-tv-z]{26}`)
)

// Dump writes down everything of the tenant's that is written to. Ids become numbers in the
// order in which they were made, so that what was done the same way in two worlds reads the same.
func (w *World) Dump(tb TB) string {
	tb.Helper()
	var b strings.Builder
	for _, d := range dumped {
		fmt.Fprintln(&b, d.table)
		w.dump(tb, &b, "SELECT * FROM "+d.table+" WHERE "+d.tenant+" = ? ORDER BY "+d.order)
	}
	numbers := map[string]int{}
	return anID.ReplaceAllStringFunc(b.String(), func(s string) string {
		return aBody.ReplaceAllStringFunc(s, func(body string) string {
			if _, known := numbers[body]; !known {
				numbers[body] = len(numbers)
			}
			return fmt.Sprint("#", numbers[body])
		})
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
