package apitest_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"purser/internal/apitest"
	"purser/internal/demo"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// orders are lists in every order that they have; each must walk an index.
func orders() []string {
	var queries []string
	for _, direction := range []string{"ASC", "DESC"} {
		for _, field := range []string{"PURCHASED_AT", "EXPIRES_AT", "PRODUCT_NAME", "PURCHASER_NAME", "QUANTITY", "ASSIGNED_QUANTITY"} {
			order := fmt.Sprintf("orderBy: {field: %s, direction: %s}", field, direction)
			queries = append(queries,
				"{ selfServiceSubscriptions(first: 10, "+order+") { nodes { id product { name } purchaser { displayName } } } }",
				"{ purchases(last: 10, "+order+") { nodes { id } } }",
				"{ purchases(first: 10, filter: {status: [ACTIVE]}, "+order+") { nodes { id } } }",
				"{ purchases(first: 10, filter: {search: \"a\", orphaned: false, hasAvailableSeats: true}, "+order+") { nodes { id } } }",
				"{ purchases(first: 10, filter: {orphaned: true}, "+order+") { nodes { id orphaned } } }",
				"{ purchases(first: 10, filter: {hasCentralAlternative: true}, "+order+") { nodes { id } } }",
				"{ purchases(first: 10, filter: {hasCentralAlternative: false}, "+order+") { nodes { id } } }")
		}
		for _, field := range []string{"NAME", "FAMILY"} {
			queries = append(queries, fmt.Sprintf("{ products(first: 10, orderBy: {field: %s, direction: %s}) { nodes { id } } }", field, direction))
		}
	}
	return append(queries,
		"{ selfServiceSubscriptions(first: 10) { nodes { id } } }",
		"{ purchases(first: 10, filter: {status: [ACTIVE]}) { nodes { id } } }",
		"{ users(first: 10) { nodes { id } } }",
		"{ users(last: 10, filter: {search: \"a\", kind: MEMBER, role: GLOBAL_ADMIN}) { nodes { id } } }",
		"{ selfServicePolicies(first: 10) { nodes { value product { name } } } }",
		"{ moves(first: 10) { nodes { id } } }",
		"{ moves(first: 10, status: [RUNNING]) { nodes { id } } }",
		"{ moves(first: 10, status: [RUNNING, QUEUED]) { nodes { id } } }",
		"{ moves(first: 10) { nodes { users(first: 10) { nodes { result user { displayName } } } } } }",
		"{ moves(first: 10) { nodes { users(last: 10) { nodes { result } } } } }",
		"{ moves(first: 10) { nodes { users(first: 10, result: MOVED) { nodes { result } } } } }",
		"{ moves(first: 10) { nodes { users(first: 10, result: PENDING) { nodes { result } } } } }",
		"{ moves(first: 10) { nodes { users(first: 10, result: GONE) { nodes { result } } } } }",
		"{ notifications(first: 10) { nodes { id } } }",
		"{ notifications(first: 10, kind: SUBSCRIPTION_CANCELED) { nodes { id } } }",
		"{ auditEvents(first: 10) { nodes { id } } }",
		"{ purchases(first: 10, filter: {orphaned: true}) { totalCount nodes { id } } }",
		"{ licensesByPurchaser(first: 10) { nodes { quantity purchaser { displayName } } } }",
		"{ productLicenses(first: 10) { nodes { quantity product { name } } } }",
		"{ productLicenses(last: 10, source: SELF_SERVICE) { nodes { quantity product { name } } } }",
		"{ productLicenses(first: 10, source: CENTRAL, search: \"a\") { nodes { purchaseCount } } }",
		"{ purchases(first: 5) { nodes { history(first: 2) { nodes { id } } } } }",
		"{ users(first: 5) { nodes { purchases(first: 2) { totalCount nodes { id product { name } } } } } }",
		"{ users(first: 5) { nodes { licenses(last: 2) { nodes { id product { name } } } } } }",
		"{ licensesByPurchaser(first: 5) { nodes { purchases(first: 2) { totalCount nodes { id product { name } } } } } }",
		"{ auditEvents(first: 10, filter: {action: [\"policy.set\"]}) { nodes { id } } }",
		"{ auditEvents(first: 10, filter: {action: [\"policy.set\", \"move.requested\"]}) { nodes { id } } }",
	)
}

// figures are the fields of a tenant's summary that are read by themselves, with the indexes that have all that each takes.
var figures = map[string]struct{ sqlite, postgres string }{
	"seats":            {`SEARCH t USING INDEX product_total_key \(tenant_id=\?\)`, `Index Scan using product_total_key`},
	"expiringIn30Days": {`SEARCH p USING COVERING INDEX purchase_ending_soon \(tenant_id=\? AND expires_at<\?\)`, `Index (Only )?Scan using purchase_`},
	"orphaned":         {`COVERING INDEX purchase_by_purchaser \(.*[\s\S]*INDEX user_absent`, `Index .*Scan using user_absent`},
}

// TestSummaryWalksIndexes asks for one figure at a time: it reads its own, and nothing for another one.
func TestSummaryWalksIndexes(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			var r recorder
			db := storetest.OpenWith(t, kind, store.Options{Trace: r.trace})
			s := apitest.Serve(t, db, demo.Small)
			s.Token(t, "admin@contoso.example")
			for field, want := range figures {
				r.take()
				s.Post(t, "admin@contoso.example", "{ tenant { summary { "+field+" } } }", nil)
				var plans strings.Builder
				for _, st := range r.take() {
					if strings.Contains(st.query, "FROM purchases") || strings.Contains(st.query, "FROM product_totals") {
						plans.WriteString(explain(t, db, st) + "\n")
					}
				}
				index := want.sqlite
				if db.Postgres() {
					index = want.postgres
				}
				plan := strings.TrimSpace(plans.String())
				if !regexp.MustCompile(index).MatchString(plan) || strings.Contains(plan, "\n\n") {
					t.Errorf("%s is read by\n%s", field, plan)
				}
			}
		})
	}
}

type statement struct {
	query string
	args  []any
}

// recorder keeps the statements of a request.
type recorder struct {
	mu   sync.Mutex
	list []statement
}

func (r *recorder) trace(_ context.Context, query string, args any) {
	list, _ := args.([]any)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, statement{query, list})
}

func (r *recorder) take() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.list
	r.list = nil
	return list
}

// wrong is what a plan must not hold: a sort, or a walk over a table of a tenant's without an index.
var wrong = map[string]*regexp.Regexp{
	"sqlite":   regexp.MustCompile(`USE TEMP B-TREE|SCAN (p|u|n|e|m|mu|l|t)$`),
	"postgres": regexp.MustCompile(`\bSort\b|Seq Scan on (purchases|product_totals|users|licenses|move_users|audit_events)`),
}

func TestOrdersWalkIndexes(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			var r recorder
			db := storetest.OpenWith(t, kind, store.Options{Trace: r.trace})
			s := apitest.Serve(t, db, demo.Small)
			startMove(t, s)
			s.Token(t, "admin@contoso.example")
			queries := orders()
			if !db.Postgres() { // which sorts groups of one name, and only those, by purchaser
				queries = append(queries, "{ licensesByPurchaser(first: 10, source: null) { nodes { quantity purchaser { displayName } } } }")
			}
			for _, q := range queries {
				r.take()
				got := s.Post(t, "admin@contoso.example", q, nil)
				if strings.Contains(string(got.Body), `"errors"`) {
					t.Fatalf("%s\nanswered %s", q, got.Body)
				}
				for _, st := range r.take() {
					if plan := explain(t, db, st); wrong[kind].MatchString(plan) {
						t.Errorf("%s\n%s\n%s", q, st.query, plan)
					}
				}
			}
		})
	}
}

// explain returns a statement's plan. The demo is small, so PostgreSQL is told that walking whole tables
// and sorting cost much: what it still sorts then has no index.
func explain(t *testing.T, db *store.DB, st statement) string {
	t.Helper()
	if !strings.HasPrefix(st.query, "SELECT") {
		return ""
	}
	prefix := "EXPLAIN QUERY PLAN "
	if db.Postgres() {
		prefix = "EXPLAIN "
	}
	var plan strings.Builder
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if tx.Postgres() {
			for _, off := range []string{"enable_seqscan", "enable_sort", "enable_incremental_sort", "enable_bitmapscan"} {
				if _, err := tx.Exec(ctx, "SET LOCAL "+off+" = off"); err != nil {
					return err
				}
			}
		}
		return tx.Read(ctx, prefix+st.query, st.args, func(r *store.Rows) error {
			var a, b, c int
			var line string
			dest := []any{&a, &b, &c, &line}
			if tx.Postgres() {
				dest = dest[3:]
			}
			err := r.Scan(dest...)
			plan.WriteString(line + "\n")
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
