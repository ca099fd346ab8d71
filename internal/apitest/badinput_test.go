package apitest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"purser/ent/migrate"
	"purser/ent/purchase"
	"purser/internal/apitest"
	"purser/internal/page"
	"purser/internal/store/storetest"
)

// badInput is what an admin of contoso should not have sent, and how that is answered: by an error at
// the top with a code and a path, or, where field is set, by a user error.
type badInput struct {
	name, query string
	variables   map[string]any
	code, path  string
	field       string
}

// paged are the lists with paging arguments, %s in the place of the arguments.
var paged = map[string]string{
	"products": `{ products(%s) { totalCount nodes { id } } }`, "users": `{ users(%s) { nodes { id } } }`,
	"selfServiceSubscriptions": `{ selfServiceSubscriptions(%s) { nodes { id } } }`, "purchases": `{ purchases(%s) { pageInfo { endCursor } } }`,
	"productLicenses": `{ productLicenses(%s) { totalCount } }`, "licensesByPurchaser": `{ licensesByPurchaser(%s) { nodes { id } } }`,
	"selfServicePolicies": `{ selfServicePolicies(%s) { nodes { id } } }`, "moves": `{ moves(%s) { nodes { id } } }`,
	"notifications": `{ notifications(%s) { nodes { id } } }`, "auditEvents": `{ auditEvents(%s) { nodes { id } } }`,
	"apiTokens": `{ apiTokens(%s) { nodes { id } } }`,
	"viewer":    `{ viewer { access(%s) { nodes { via } } } }`, "tenant": `{ tenant { purchases(%s) { nodes { id } } } }`,
}

// nested are the lists below the first two purchases, users and so on.
var nested = []struct{ path, query string }{
	{"purchases", `{ purchases(first: 2) { nodes { licenses(%s) { nodes { id } } } } }`},
	{"purchases", `{ purchases(first: 2) { nodes { history(%s) { totalCount } } } }`},
	{"users", `{ users(first: 2) { nodes { purchases(%s) { nodes { id } } } } }`},
	{"users", `{ users(first: 2) { nodes { licenses(%s) { nodes { id } } } } }`},
	{"selfServicePolicies", `{ selfServicePolicies(first: 2) { nodes { history(%s) { nodes { id } } } } }`},
	{"productLicenses", `{ productLicenses(first: 2) { nodes { purchasers(%s) { nodes { id } } } } }`},
	{"licensesByPurchaser", `{ licensesByPurchaser(first: 2) { nodes { licenses(%s) { nodes { id } } } } }`},
	{"licensesByPurchaser", `{ licensesByPurchaser(first: 2) { nodes { purchases(%s) { nodes { id } } } } }`},
	{"moves", `{ moves(first: 2) { nodes { users(%s) { nodes { result } } } } }`},
}

var badPages = []string{
	"first: 0", "first: -1", "first: 101", "first: 2147483647", "last: 0", "last: -1", "last: 101", "first: 2, last: 2",
	`after: ""`, `after: "garbage"`, `before: "!"`, `after: "AAAAAAAAAAAA"`, `first: 2, before: "\u0000"`,
}

// badPagings are wrong pages of every list.
func badPagings() []badInput {
	var list []badInput
	for field, query := range paged {
		for _, args := range badPages {
			list = append(list, badInput{name: field + "(" + args + ")", query: strings.Replace(query, "%s", args, 1), code: "INVALID", path: field})
		}
	}
	for _, n := range nested {
		for _, args := range badPages {
			query := strings.Replace(n.query, "%s", args, 1)
			list = append(list, badInput{name: query, query: query, code: "INVALID", path: n.path})
		}
	}
	return list
}

// badCursors are cursors that were right elsewhere.
func badCursors(t *testing.T, s *apitest.Server) []badInput {
	t.Helper()
	cursor := func(as, list string) string {
		a := s.Post(t, as, "{ list: "+list+" { pageInfo { endCursor } } }", nil)
		var got struct {
			Data struct {
				List struct{ PageInfo struct{ EndCursor string } }
			}
		}
		if err := json.Unmarshal(a.Body, &got); err != nil || got.Data.List.PageInfo.EndCursor == "" {
			t.Fatalf("%v: %s", err, a.Body)
		}
		return got.Data.List.PageInfo.EndCursor
	}
	const admin, other = "admin@contoso.example", "admin@tulip.example"
	right := cursor(admin, "purchases(first: 2)")
	tampered := []byte(right)
	tampered[len(tampered)/2] ^= 1
	after := func(name, list, cursor string) badInput {
		return badInput{name: name, query: `query($c: Cursor) { ` + list + ` { nodes { id } } }`, variables: map[string]any{"c": cursor}, code: "INVALID", path: strings.SplitN(list, "(", 2)[0]}
	}
	return []badInput{
		after("a cursor of another list", "users(after: $c)", right),
		after("a cursor of another order", "purchases(after: $c, orderBy: {field: QUANTITY, direction: DESC})", right),
		after("a cursor of the other direction", "purchases(before: $c, orderBy: {field: PURCHASED_AT, direction: ASC})", right),
		after("a cursor of another tenant", "purchases(after: $c)", cursor(other, "purchases(first: 2)")),
		after("a user cursor of another tenant", "users(after: $c)", cursor(other, "users(first: 2)")),
		after("a cursor that was changed", "purchases(after: $c)", string(tampered)),
		after("a cursor that was cut short", "purchases(after: $c)", right[:len(right)-4]),
		after("a cursor with more behind it", "purchases(after: $c)", right+"AAAA"),
		after("a cursor of a list of products", "selfServicePolicies(before: $c)", cursor(admin, "products(first: 2)")),
		after("a cursor of no number", "purchases(after: $c)", page.Position{Value: "many", ID: "x"}.Cursor("purchases PURCHASED_AT "+s.Tenant(t, "contoso.example"))),
		after("a cursor with a NUL", "users(after: $c)", page.Position{Value: "a\x00b", ID: "x"}.Cursor("users "+s.Tenant(t, "contoso.example"))),
	}
}

// badValues are values of the wrong kind, or too much of them.
func badValues() []badInput {
	long, many := strings.Repeat("é", 201), slices.Repeat([]string{"pur_0000000000000000000000000z"}, 1001)
	search := func(path, query string) badInput {
		return badInput{name: "a long search: " + query, query: "query($s: String) { " + query + " }", variables: map[string]any{"s": long}, code: "INVALID", path: path}
	}
	value := func(name, declaration string, v any, path, query string) badInput {
		return badInput{name: name, query: "query($v: " + declaration + ") { " + query + " }", variables: map[string]any{"v": v}, code: "INVALID", path: path}
	}
	feedback := strings.Repeat("x", 2001)
	return []badInput{
		search("users", "users(filter: {search: $s}) { totalCount }"), search("products", "products(filter: {search: $s}) { totalCount }"),
		search("purchases", "purchases(filter: {search: $s}) { totalCount }"), search("selfServicePolicies", "selfServicePolicies(filter: {search: $s}) { totalCount }"),
		search("productLicenses", "productLicenses(search: $s) { totalCount }"), search("licensesByPurchaser", "licensesByPurchaser(search: $s) { totalCount }"),
		search("viewer", "viewer { access(search: $s) { totalCount } }"), search("purchases", "purchases(first: 1) { nodes { licenses(search: $s) { totalCount } } }"),
		search("productLicenses", "productLicenses(first: 1) { nodes { purchasers(search: $s) { totalCount } } }"),
		search("licensesByPurchaser", "licensesByPurchaser(first: 1) { nodes { licenses(search: $s) { totalCount } } }"),
		search("tenant", "tenant { purchases(filter: {search: $s}) { totalCount } }"),

		{name: "no enum value", query: `{ purchases(filter: {status: [GONE]}) { totalCount } }`, code: "GRAPHQL_INVALID"},
		{name: "an enum value in quotes", query: `{ purchases(filter: {status: ["ACTIVE"]}) { totalCount } }`, code: "GRAPHQL_INVALID"},
		value("no enum value in a variable", "[SubscriptionStatus!]", []string{"GONE"}, "variable.v.0", "purchases(filter: {status: $v}) { totalCount }"),
		value("an enum value in lower case", "PurchaseOrderField!", "quantity", "purchases.orderBy.field", "purchases(orderBy: {field: $v, direction: ASC}) { totalCount }"),
		value("no role", "Role", "GOD", "variable.v", "users(filter: {role: $v}) { totalCount }"),
		value("a number for an enum value", "Role", 1, "variable.v", "users(filter: {role: $v}) { totalCount }"),

		{name: "no date", query: `{ purchases(filter: {expiresAfter: "yesterday"}) { totalCount } }`, code: "INVALID", path: "purchases.filter.expiresAfter"},
		{name: "a date without a time", query: `{ auditEvents(filter: {after: "2026-03-02"}) { totalCount } }`, code: "INVALID", path: "auditEvents.filter.after"},
		{name: "a day that is not", query: `{ purchases(filter: {purchasedBefore: "2026-02-30T00:00:00Z"}) { totalCount } }`, code: "INVALID", path: "purchases.filter.purchasedBefore"},
		value("no date in a variable", "DateTime", "yesterday", "purchases.filter.expiresBefore", "purchases(filter: {expiresBefore: $v}) { totalCount }"),
		value("a number for a date", "DateTime", 1772442000, "purchases.filter.expiresBefore", "purchases(filter: {expiresBefore: $v}) { totalCount }"),

		{name: "a huge page", query: `{ users(first: 2147483648) { totalCount } }`, code: "INVALID", path: "users"},
		{name: "a page of text", query: `{ users(first: "2") { totalCount } }`, code: "GRAPHQL_INVALID"},
		{name: "a page and a half", query: `{ users(first: 1.5) { totalCount } }`, code: "GRAPHQL_INVALID"},
		value("a page of text in a variable", "Int", "two", "variable.v", "users(first: $v) { totalCount }"),
		value("a page and a half in a variable", "Int", 1.5, "variable.v", "users(first: $v) { totalCount }"),
		value("a page beyond all numbers", "Int", json.Number("99999999999999999999"), "variable.v", "users(first: $v) { totalCount }"),
		value("a big page in a variable", "Int", 3000000000, "users", "users(first: $v) { totalCount }"),

		{name: "no id", query: `{ node { id } }`, code: "GRAPHQL_INVALID"},
		{name: "null for an id", query: `{ node(id: null) { id } }`, code: "GRAPHQL_INVALID"},
		value("null for an id in a variable", "ID!", nil, "variable.v", "node(id: $v) { id }"),
		value("an object for an id", "ID!", map[string]any{"a": 1}, "variable.v", "node(id: $v) { id }"),
		value("many nodes", "[ID!]!", many[:101], "nodes", "nodes(ids: $v) { id }"),
		value("many purchases", "[ID!]", many, "licensesByPurchaser", "licensesByPurchaser(purchaseIds: $v) { totalCount }"),
		value("an unknown input field", "PurchaseFilter", map[string]any{"color": "red"}, "variable.v.color", "purchases(filter: $v) { totalCount }"),
		value("NUL in a search", "String", "a\x00b", "users", "users(filter: {search: $v}) { totalCount }"),
		value("NUL in a nested search", "String", "a\x00b", "tenant", "tenant { purchases(filter: {search: $v}) { totalCount } }"),
		value("NUL in a family", "String", "\x00", "products", "products(filter: {family: $v}) { totalCount }"),
		value("NUL in a vendor's id", "String", "CFQ7TTC0H9MP\x00", "products", "products(filter: {vendorProductId: $v}) { totalCount }"),
		value("NUL in an action", "[String!]", []string{"policy.set\x00"}, "auditEvents", "auditEvents(filter: {action: $v}) { totalCount }"),

		{
			name: "much feedback", query: `mutation($f: String) { cancelSubscription(input: {purchaseId: "PURCHASE", reason: OTHER, feedback: $f}) { userErrors { code field } } }`,
			variables: map[string]any{"f": feedback}, code: "INVALID", field: "feedback",
		},
		{name: "feedback with a NUL", query: `mutation { cancelSubscription(input: {purchaseId: "PURCHASE", reason: OTHER, feedback: "\u0000"}) { userErrors { code field } } }`, code: "INVALID", field: "feedback"},
		{
			name: "a long message", query: `mutation($m: String) { requestCancellation(input: {purchaseIds: ["PURCHASE"], message: $m}) { userErrors { code field } } }`,
			variables: map[string]any{"m": feedback}, code: "INVALID", field: "message",
		},
		{name: "a message with a NUL", query: `mutation { requestCancellation(input: {purchaseIds: ["PURCHASE"], message: "\u0000"}) { userErrors { code field } } }`, code: "INVALID", field: "message"},
		{name: "asking nobody", query: `mutation { requestCancellation(input: {purchaseIds: []}) { userErrors { code field } } }`, code: "INVALID", field: "purchaseIds"},
		{
			name: "asking about too many", query: `mutation($p: [ID!]!) { requestCancellation(input: {purchaseIds: $p}) { userErrors { code field } } }`,
			variables: map[string]any{"p": many}, code: "INVALID", field: "purchaseIds",
		},
		{name: "moving nobody", query: `mutation { moveUsers(input: {fromPurchaseId: "OTHER", toPurchaseId: "CENTRAL", userIds: []}) { userErrors { code field } } }`, code: "INVALID", field: "userIds"},
		{
			name: "moving too many", query: `mutation($u: [ID!]) { moveUsers(input: {fromPurchaseId: "OTHER", toPurchaseId: "CENTRAL", userIds: $u}) { userErrors { code field } } }`,
			variables: map[string]any{"u": slices.Repeat([]string{"usr_0000000000000000000000000z"}, 5001)}, code: "INVALID", field: "userIds",
		},
		{name: "moving to a self-service one", query: `mutation { moveUsers(input: {fromPurchaseId: "OTHER", toPurchaseId: "PURCHASE"}) { userErrors { code field } } }`, code: "TAKE_OVER_REQUIRED", field: "toPurchaseId"},
		{name: "taking what is central", query: `mutation { takeOwnership(input: {purchaseId: "CENTRAL"}) { userErrors { code field } } }`, code: "NOT_SELF_SERVICE", field: "purchaseId"},
		{name: "taking what is moving", query: `mutation { takeOwnership(input: {purchaseId: "PURCHASE"}) { userErrors { code field } } }`, code: "MOVE_IN_PROGRESS", field: "purchaseId"},
		{name: "stopping what is no move", query: `mutation { cancelMove(input: {moveId: "PURCHASE"}) { userErrors { code field } } }`, code: "NOT_FOUND", field: "moveId"},
		{name: "no reason", query: `mutation { cancelSubscription(input: {purchaseId: "PURCHASE", reason: BORED}) { userErrors { code field } } }`, code: "GRAPHQL_INVALID"},
		{
			name: "no reason in a variable", query: `mutation($r: CancellationReason!) { cancelSubscription(input: {purchaseId: "PURCHASE", reason: $r}) { userErrors { code field } } }`,
			variables: map[string]any{"r": "BORED"}, code: "INVALID", path: "variable.r",
		},
		{
			name: "a long export", query: `mutation($p: [ID!]) { exportLicensedUsers(input: {purchaseIds: $p}) { userErrors { code field } } }`,
			variables: map[string]any{"p": many}, code: "INVALID", field: "purchaseIds",
		},
		{name: "an export of nothing", query: `mutation { exportLicensedUsers(input: {purchaseIds: []}) { userErrors { code field } } }`, code: "INVALID", field: "purchaseIds"},
		{name: "an export of two things", query: `mutation { exportLicensedUsers(input: {purchaseIds: ["PURCHASE"], productId: "x"}) { userErrors { code field } } }`, code: "INVALID", field: "purchaseIds"},
		{name: "trials of what has none", query: `mutation { setSelfServicePolicy(input: {productId: "PRODUCT", value: TRIALS_ONLY}) { userErrors { code field } } }`, code: "INVALID", field: "value"},
		{
			name: "an input without a value", query: `mutation($i: SetSelfServicePolicyInput!) { setSelfServicePolicy(input: $i) { userErrors { code field } } }`,
			variables: map[string]any{"i": map[string]any{"productId": "PRODUCT"}}, code: "INVALID", path: "variable.i.value",
		},
	}
}

// TestBadInput sends what nobody should, and looks that it is refused with a code that says so, and that
// nothing has changed.
func TestBadInput(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			startMove(t, s)
			from, to := ends(t, s)
			other := s.DB.Client().Purchase.Query().Where(purchase.Source("SELF_SERVICE"), purchase.Status("ACTIVE"), purchase.ActiveMoveIDIsNil()).FirstIDX(s.In(t, "contoso.example"))
			names := strings.NewReplacer(`"PRODUCT"`, strconv.Quote(from.ProductID), `"PURCHASE"`, strconv.Quote(from.ID),
				`"CENTRAL"`, strconv.Quote(to.ID), `"OTHER"`, strconv.Quote(other))
			cursors := badCursors(t, s)
			before := rowCounts(t, s)
			for _, b := range slices.Concat(badPagings(), cursors, badValues()) {
				t.Run(b.name, func(t *testing.T) {
					got := s.Post(t, "admin@contoso.example", names.Replace(b.query), b.variables)
					if code, path, field := complaint(t, got.Body); code != b.code || path != b.path || field != b.field {
						t.Errorf("got %s at %q %q, want %s at %q %q\n%.500s", code, path, field, b.code, b.path, b.field, got.Body)
					}
				})
			}
			if after := rowCounts(t, s); !maps.Equal(before, after) {
				t.Errorf("rows were %v, and are %v", before, after)
			}
		})
	}
}

// complaint returns the one error of an answer, from the top or a payload.
func complaint(t *testing.T, body []byte) (code, path, field string) {
	t.Helper()
	var got struct {
		Errors []struct {
			Path       []any
			Extensions struct{ Code string }
		}
		Data map[string]struct {
			UserErrors []struct {
				Code  string
				Field []string
			}
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(got.Errors) == 1 {
		var at []string
		for _, p := range got.Errors[0].Path {
			b, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, strings.Trim(string(b), `"`))
		}
		return got.Errors[0].Extensions.Code, strings.Join(at, "."), ""
	}
	for _, payload := range got.Data {
		if len(payload.UserErrors) == 1 {
			return payload.UserErrors[0].Code, "", strings.Join(payload.UserErrors[0].Field, ".")
		}
	}
	return "", "", ""
}

// rowCounts returns how many rows each table has.
func rowCounts(t *testing.T, s *apitest.Server) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range migrate.Tables {
		rows, err := s.DB.QueryUnwalled(t.Context(), "SELECT COUNT(*) FROM "+table.Name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		counts[table.Name] = n
	}
	return counts
}
