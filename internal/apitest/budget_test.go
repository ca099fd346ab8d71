package apitest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

const purchaseFields = `id quantity expiresAt price { amount currency } product { id name } purchaser { id displayName }
	licenses(first: 5) { totalCount nodes { id user { id displayName } } }`

// budgets are the most statements that a query may take, whatever the page size (%d).
var budgets = []struct {
	name, query string
	statements  int64
}{
	{"purchases", `{ selfServiceSubscriptions(first: %d) { totalCount pageInfo { endCursor } edges { cursor } nodes { ` + purchaseFields + ` } } }`, 3},
	{"purchases with their last move and history", `{ purchases(first: %d) { nodes { id move { id source { id } target { id product { name } } } history(first: 2) { nodes { action actor { displayName } } } } } }`, 3},
	{"purchases with what the viewer can", `{ purchases(first: %d) { totalCount nodes { id viewerCan { moveUsers { allowed reason } cancel { allowed } requestCancellation { allowed } } } } }`, 2},
	{"purchases with targets", `{ selfServiceSubscriptions(first: %d) { nodes { id moveTargets(first: 3) { totalCount nodes { seatsNeeded eligible reason purchase { id product { name } } } } } } }`, 6},
	{"purchases that could be given up", `{ purchases(first: %d, filter: {hasCentralAlternative: true, orphaned: false}) { totalCount nodes { id orphaned centralAlternative { monthlySaving { amount } purchase { id product { name } } } } } }`, 5},
	{"tenant's purchases", `{ tenant { purchases(first: %d) { totalCount nodes { ` + purchaseFields + ` } } } }`, 4},
	{"users", `{ users(first: %d) { totalCount nodes { displayName purchases(first: 3) { totalCount nodes { id product { name } } } licenses(first: 3) { totalCount nodes { id product { name } purchase { id } } } } } }`, 6},
	{"users licensed twice", `{ users(first: %d, filter: {licensedTwice: true}) { totalCount nodes { displayName licensedTwice { name } } } }`, 3},
	{"products with policies", `{ products(first: %d) { totalCount nodes { name policy { value explicit changedBy { displayName } } } } }`, 3},
	{"licenses page", `{ productLicenses(first: %d) { totalCount nodes { product { name } quantity assignedQuantity availableQuantity } } }`, 2},
	{"licenses page with purchasers", `{ productLicenses(first: %d) { nodes { product { name } purchasers(first: 3) { nodes { purchaser { displayName } quantity } } } } }`, 2},
	{"licenses by purchaser", `{ licensesByPurchaser(first: %d) { totalCount nodes { purchaser { displayName } quantity licenses(first: 5) { nodes { id user { displayName } } } } } }`, 3},
	{"licenses by purchaser with purchases", `{ licensesByPurchaser(first: %d) { nodes { purchases(first: 5) { nodes { id product { name } } } licenses(first: 5) { nodes { id user { displayName } } } } } }`, 3},
	{"policies", `{ selfServicePolicies(first: %d) { totalCount nodes { value product { name } changedBy { displayName } history(first: 2) { nodes { action } } } } }`, 3},
	{"moves", `{ moves(first: %d) { totalCount nodes { status progress { percent } source { id product { name } } target { id } users(first: 5) { nodes { result user { displayName } } } } } }`, 3},
	{"notifications", `{ notifications(first: %d) { totalCount nodes { subject to { displayName } purchases { id product { name } } } } }`, 3},
	{"audit events", `{ auditEvents(first: %d) { totalCount nodes { action actor { displayName } subject { ... on SelfServicePolicy { value } ... on Purchase { id } ... on Move { id } } } } }`, 8},
	{"tokens", `{ apiTokens(first: %d) { totalCount nodes { name roles createdBy { displayName } user { displayName } } } }`, 2},
	{"partners of the tenants within reach", `{ viewer { access(first: %d) { nodes { tenant { partners { partnerDomain grantedBy { displayName } } } } } } }`, 2},
	{"access", `{ viewer { access(first: %d) { totalCount nodes { tenant { name } roles } } } }`, 2},
}

func TestStatementBudgets(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			startMove(t, s)
			for range 120 {
				oneToken(t, s)
			}
			for _, b := range budgets {
				t.Run(b.name, func(t *testing.T) {
					var first int64
					for _, size := range []int{1, 20, 100} {
						got := s.Post(t, "admin@contoso.example", fmt.Sprintf(b.query, size), nil)
						n := s.Statements.Load()
						if strings.Contains(string(got.Body), `"errors"`) {
							t.Fatalf("page of %d: %s", size, got.Body)
						}
						if n == 0 || n > b.statements {
							t.Errorf("page of %d: %d statements, at most %d are allowed", size, n, b.statements)
						}
						if first == 0 {
							first = n
						}
						if n != first && b.name != "audit events" { // of these, more entries may be of more kinds
							t.Errorf("page of %d: %d statements, a page of 1 has %d", size, n, first)
						}
					}
				})
			}
			node := fmt.Sprintf(`{ node(id: %q) { ... on Purchase { %s } } }`, knownIDs(t, s)["purchase"], purchaseFields)
			s.Post(t, "admin@contoso.example", node, nil)
			if n := s.Statements.Load(); n > 2 {
				t.Errorf("node: %d statements, at most 2 are allowed", n)
			}
		})
	}
}

// oneToken makes one of many tokens of contoso.
func oneToken(t *testing.T, s *apitest.Server) {
	t.Helper()
	_, err := s.Access.CreateToken(s.In(t, "contoso.example"), access.NewToken{Name: "one of many", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
}
