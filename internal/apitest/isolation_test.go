package apitest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/ent"
	"purser/internal/apitest"
	"purser/internal/id"
	"purser/internal/store/storetest"
)

// strangeID says how an argument that takes an id is used: a document with the variable $id, and the type of
// thing that the id would be of.
type strangeID struct{ document, typ string }

// strangeIDs holds every argument and input field of the schema that takes an id: one that is not here fails
// the test.
var strangeIDs = map[string]strangeID{
	"Query.node.id":                                {`query($id: ID!) { node(id: $id) { id } }`, "Purchase"},
	"Query.nodes.ids":                              {`query($id: ID!) { nodes(ids: [$id]) { __typename id } }`, "License"},
	"Query.tenant.id":                              {`query($id: ID!) { tenant(id: $id) { id name } }`, "Tenant"},
	"Query.products.tenantId":                      {`query($id: ID!) { products(tenantId: $id, filter: {policy: ENABLED}) { totalCount } }`, "Tenant"},
	"Query.users.tenantId":                         {`query($id: ID!) { users(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.selfServiceSubscriptions.tenantId":      {`query($id: ID!) { selfServiceSubscriptions(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.purchases.tenantId":                     {`query($id: ID!) { purchases(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.purchase.id":                            {`query($id: ID!) { purchase(id: $id) { id } }`, "Purchase"},
	"Query.productLicenses.tenantId":               {`query($id: ID!) { productLicenses(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.licensesByPurchaser.tenantId":           {`query($id: ID!) { licensesByPurchaser(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.licensesByPurchaser.productId":          {`query($id: ID!) { licensesByPurchaser(productId: $id) { nodes { id } } }`, ""},
	"Query.licensesByPurchaser.purchaseIds":        {`query($id: ID!) { licensesByPurchaser(purchaseIds: [$id]) { nodes { id } } }`, "Purchase"},
	"Query.selfServicePolicy.tenantId":             {`query($id: ID!) { selfServicePolicy(tenantId: $id, productId: "PRODUCT") { id } }`, "Tenant"},
	"Query.selfServicePolicy.productId":            {`query($id: ID!) { selfServicePolicy(productId: $id) { id } }`, ""},
	"Query.selfServicePolicies.tenantId":           {`query($id: ID!) { selfServicePolicies(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.move.id":                                {`query($id: ID!) { move(id: $id) { id } }`, "Move"},
	"Query.moves.tenantId":                         {`query($id: ID!) { moves(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.moves.purchaseId":                       {`query($id: ID!) { moves(purchaseId: $id) { nodes { id } } }`, "Purchase"},
	"Query.licenseRequests.tenantId":               {`query($id: ID!) { licenseRequests(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.notifications.tenantId":                 {`query($id: ID!) { notifications(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.notifications.purchaseId":               {`query($id: ID!) { notifications(purchaseId: $id) { nodes { id } } }`, "Purchase"},
	"Query.auditEvents.tenantId":                   {`query($id: ID!) { auditEvents(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Query.apiTokens.tenantId":                     {`query($id: ID!) { apiTokens(tenantId: $id) { nodes { id } } }`, "Tenant"},
	"Subscription.moveProgress.moveId":             {`subscription($id: ID!) { moveProgress(moveId: $id) { total } }`, "Move"},
	"Product.policy.tenantId":                      {`query($id: ID!) { products(first: 2) { nodes { policy(tenantId: $id) { id value } } } }`, "Tenant"},
	"PurchaseFilter.productId":                     {`query($id: ID!) { purchases(filter: {productId: $id}) { totalCount nodes { id } } }`, ""},
	"PurchaseFilter.purchaserId":                   {`query($id: ID!) { purchases(filter: {purchaserId: $id}) { totalCount nodes { id } } }`, "User"},
	"AuditEventFilter.actorId":                     {`query($id: ID!) { auditEvents(filter: {actorId: $id}) { totalCount nodes { id } } }`, "User"},
	"AuditEventFilter.subjectId":                   {`query($id: ID!) { auditEvents(filter: {subjectId: $id}) { totalCount nodes { id } } }`, "SelfServicePolicy"},
	"SetSelfServicePolicyInput.tenantId":           {`mutation($id: ID!) { setSelfServicePolicy(input: {tenantId: $id, productId: "PRODUCT", value: DISABLED}) { policy { id } userErrors { code message field } } }`, "Tenant"},
	"SetSelfServicePolicyInput.productId":          {`mutation($id: ID!) { setSelfServicePolicy(input: {productId: $id, value: DISABLED}) { policy { id } userErrors { code message field } } }`, ""},
	"SetSelfServicePoliciesInput.tenantId":         {`mutation($id: ID!) { setSelfServicePolicies(input: {tenantId: $id, value: DISABLED, productIds: ["PRODUCT"]}) { results { now } userErrors { code message field } } }`, "Tenant"},
	"SetSelfServicePoliciesInput.productIds":       {`mutation($id: ID!) { setSelfServicePolicies(input: {value: DISABLED, productIds: [$id]}) { results { now } userErrors { code message field } } }`, ""},
	"SetSelfServicePoliciesInput.exceptProductIds": {`mutation($id: ID!) { setSelfServicePolicies(input: {value: DISABLED, exceptProductIds: [$id]}) { results { now } userErrors { code message field } } }`, ""},
	"SetDefaultSelfServicePolicyInput.tenantId":    {`mutation($id: ID!) { setDefaultSelfServicePolicy(input: {tenantId: $id, value: DISABLED}) { tenant { id } userErrors { code message field } } }`, "Tenant"},
	"MoveUsersInput.fromPurchaseId":                {`mutation($id: ID!) { moveUsers(input: {fromPurchaseId: $id, toPurchaseId: "PURCHASE"}) { move { id } userErrors { code message field } } }`, "Purchase"},
	"MoveUsersInput.toPurchaseId":                  {`mutation($id: ID!) { moveUsers(input: {fromPurchaseId: "PURCHASE", toPurchaseId: $id}) { move { id } userErrors { code message field } } }`, "Purchase"},
	"MoveUsersInput.userIds":                       {`mutation($id: ID!) { moveUsers(input: {fromPurchaseId: "PURCHASE", toPurchaseId: "CENTRAL", userIds: [$id]}) { move { id } plan { seatsNeeded eligible reason } userErrors { code message field } } }`, "User"},
	"CancelMoveInput.moveId":                       {`mutation($id: ID!) { cancelMove(input: {moveId: $id}) { move { id } userErrors { code message field } } }`, "Move"},
	"TakeOwnershipInput.purchaseId":                {`mutation($id: ID!) { takeOwnership(input: {purchaseId: $id}) { purchase { id } userErrors { code message field } } }`, "Purchase"},
	"RequestCancellationInput.purchaseIds":         {`mutation($id: ID!) { requestCancellation(input: {purchaseIds: ["PURCHASE", $id]}) { notifications { id } userErrors { code message field } } }`, "Purchase"},
	"BuyCentrallyInput.tenantId":                   {`mutation($id: ID!) { buyCentrally(input: {tenantId: $id, productId: "PRODUCT", quantity: 0}) { purchase { id } userErrors { code message field } } }`, "Tenant"},
	"BuyCentrallyInput.productId":                  {`mutation($id: ID!) { buyCentrally(input: {productId: $id, quantity: 1}) { purchase { id } userErrors { code message field } } }`, ""},
	"BuySelfServiceInput.productId":                {`mutation($id: ID!) { buySelfService(input: {productId: $id, quantity: 1}) { purchase { id } userErrors { code message field } } }`, ""},
	"ChangeQuantityInput.purchaseId":               {`mutation($id: ID!) { changeQuantity(input: {purchaseId: $id, quantity: 5}) { purchase { id } userErrors { code message field } } }`, "Purchase"},
	"SetRecurringBillingInput.purchaseId":          {`mutation($id: ID!) { setRecurringBilling(input: {purchaseId: $id, enabled: true}) { purchase { id } userErrors { code message field } } }`, "Purchase"},
	"ReactivateSubscriptionInput.purchaseId":       {`mutation($id: ID!) { reactivateSubscription(input: {purchaseId: $id}) { purchase { id } userErrors { code message field } } }`, "Purchase"},
	"AssignLicensesInput.purchaseId":               {`mutation($id: ID!) { assignLicenses(input: {purchaseId: $id, userIds: ["x"]}) { purchase { id } licenses { id } userErrors { code message field } } }`, "Purchase"},
	"AssignLicensesInput.userIds":                  {`mutation($id: ID!) { assignLicenses(input: {purchaseId: "CENTRAL", userIds: [$id]}) { purchase { id } licenses { id } userErrors { code message field } } }`, "User"},
	"UnassignLicensesInput.purchaseId":             {`mutation($id: ID!) { unassignLicenses(input: {purchaseId: $id, userIds: ["x"]}) { purchase { id } unassignedUsers { id } userErrors { code message field } } }`, "Purchase"},
	"UnassignLicensesInput.userIds":                {`mutation($id: ID!) { unassignLicenses(input: {purchaseId: "CENTRAL", userIds: [$id]}) { purchase { id } unassignedUsers { id } userErrors { code message field } } }`, "User"},
	"RequestLicensesInput.productId":               {`mutation($id: ID!) { requestLicenses(input: {productId: $id, userIds: ["x"]}) { request { id } userErrors { code message field } } }`, ""},
	"RequestLicensesInput.userIds":                 {`mutation($id: ID!) { requestLicenses(input: {productId: "PRODUCT", userIds: [$id]}) { request { id } userErrors { code message field } } }`, "User"},
	"DecideLicenseRequestInput.requestId":          {`mutation($id: ID!) { decideLicenseRequest(input: {requestId: $id, approveUserIds: [], rejectUserIds: ["x"]}) { request { id } userErrors { code message field } } }`, "LicenseRequest"},
	"DecideLicenseRequestInput.purchaseId":         {`mutation($id: ID!) { decideLicenseRequest(input: {requestId: "REQUEST", purchaseId: $id, approveUserIds: ["x"], rejectUserIds: []}) { request { id } userErrors { code message field } } }`, "Purchase"},
	"DecideLicenseRequestInput.approveUserIds":     {`mutation($id: ID!) { decideLicenseRequest(input: {requestId: "REQUEST", purchaseId: "CENTRAL", approveUserIds: [$id], rejectUserIds: []}) { request { id } userErrors { code message field } } }`, "User"},
	"DecideLicenseRequestInput.rejectUserIds":      {`mutation($id: ID!) { decideLicenseRequest(input: {requestId: "REQUEST", approveUserIds: [], rejectUserIds: [$id]}) { request { id } userErrors { code message field } } }`, "User"},
	"CancelSubscriptionInput.purchaseId":           {`mutation($id: ID!) { cancelSubscription(input: {purchaseId: $id, reason: OTHER}) { purchase { id } userErrors { code message field } } }`, "Purchase"},
	"CreateApiTokenInput.tenantId":                 {`mutation($id: ID!) { createApiToken(input: {tenantId: $id, name: "x", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}) { token { id } userErrors { code message field } } }`, "Tenant"},
	"RevokeApiTokenInput.tokenId":                  {`mutation($id: ID!) { revokeApiToken(input: {tokenId: $id}) { token { id } userErrors { code message field } } }`, "ApiToken"},
	"GrantPartnerAccessInput.tenantId":             {`mutation($id: ID!) { grantPartnerAccess(input: {tenantId: $id, partnerDomain: "nobody.example", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}) { access { id } userErrors { code message field } } }`, "Tenant"},
	"RevokePartnerAccessInput.tenantId":            {`mutation($id: ID!) { revokePartnerAccess(input: {tenantId: $id, partnerDomain: "fabrikam.example"}) { access { id } userErrors { code message field } } }`, "Tenant"},
	"ExportLicensedUsersInput.tenantId":            {`mutation($id: ID!) { exportLicensedUsers(input: {tenantId: $id, productId: "PRODUCT"}) { export { rowCount } userErrors { code message field } } }`, "Tenant"},
	"ExportLicensedUsersInput.purchaseIds":         {`mutation($id: ID!) { exportLicensedUsers(input: {purchaseIds: [$id]}) { export { rowCount } userErrors { code message field } } }`, "Purchase"},
	"ExportLicensedUsersInput.productId":           {`mutation($id: ID!) { exportLicensedUsers(input: {productId: $id}) { export { rowCount } userErrors { code message field } } }`, ""},
}

// TestForeignIDsAreUnknown asks an admin's questions with ids of another tenant's rows, with ids that
// nothing has, and with what is no id: all must answer alike, byte for byte, and change nothing.
func TestForeignIDsAreUnknown(t *testing.T) {
	checkComplete(t, loadSchema(t))
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			things := oneOfEach(t, s, "tulip.example", "bram.jansen@tulip.example")
			from, to := ends(t, s)
			names := strings.NewReplacer("PRODUCT", from.ProductID, "PURCHASE", from.ID, "CENTRAL", to.ID, "REQUEST", ownRequest(t, s, from))
			for _, as := range []string{"admin@contoso.example", "admin@fabrikam.example"} {
				socket := bySocket(t, s, s.Token(t, as))
				before := rowCounts(t, s)
				for key, use := range strangeIDs {
					t.Run(key+"/"+as, func(t *testing.T) {
						document := names.Replace(use.document)
						checkStrange(t, use, things, func(id string) string {
							return answerTo(t, s, as, document, id) + "\nand over a WebSocket\n" + socket(t, document, map[string]any{"id": id})
						})
					})
				}
				if after := rowCounts(t, s); !maps.Equal(before, after) {
					t.Errorf("rows were %v, and are %v", before, after)
				}
			}
			nobody(t, s, names)
		})
	}
}

// ownRequest makes a license request in contoso.
func ownRequest(t *testing.T, s *apitest.Server, about *ent.Purchase) string {
	t.Helper()
	return s.DB.Client().LicenseRequest.Create().SetID(s.IDs.New(id.LicenseRequest)).SetTenantID(about.TenantID).SetProductID(about.ProductID).
		SetRequestedBy(*about.PurchaserID).SetRequestedAt(0).SetStatus("PENDING").SaveX(s.In(t, "contoso.example")).ID
}

func checkStrange(t *testing.T, use strangeID, things map[string]string, answer func(id string) string) {
	t.Helper()
	unknown := "prd_0000000000000000000000000z" // the catalogue is shared: no product is foreign
	strange := map[string]string{"malformed": "nonsense", "empty": "", "long": strings.Repeat("x", 300), "NUL": "a\x00b"}
	if use.typ != "" {
		foreign := things[use.typ]
		strange["foreign"], unknown = foreign, unknownLike(foreign)
		strange["upper case"], strange["truncated"] = strings.ToUpper(foreign), foreign[:len(foreign)-1]
	} else {
		strange["truncated"] = unknown[:len(unknown)-1]
	}
	want := answer(unknown)
	for name, i := range strange {
		if got := answer(i); got != want {
			t.Errorf("a %s id is answered\n%s\nand an unknown one\n%s", name, got, want)
		}
	}
}

// unknownLike returns an id of the same type that nothing has.
func unknownLike(id string) string { return id[:4] + strings.Repeat("0", len(id)-5) + "z" }

// answerTo returns all of an answer that may not tell one id from another.
func answerTo(t *testing.T, s *apitest.Server, as, document, i string) string {
	t.Helper()
	variables := map[string]any{"id": i}
	if strings.HasPrefix(document, "subscription") {
		token := ""
		if as != "" {
			token = s.Token(t, as)
		}
		return firstEvent(t, s, token, document, variables)
	}
	a := s.Post(t, as, document, variables)
	a.Header.Del("Date")
	a.Header.Del("X-Request-Id")
	return fmt.Sprintf("%d %v\n%s", a.Status, a.Header, a.Body)
}

// nobody asks the same without a credential.
func nobody(t *testing.T, s *apitest.Server, names *strings.Replacer) {
	t.Helper()
	for key, use := range strangeIDs {
		got := answerTo(t, s, "", names.Replace(use.document), "nonsense")
		if !strings.Contains(got, `"code":"UNAUTHENTICATED"`) || strings.Contains(got, `"data"`) {
			t.Errorf("%s: nobody got %s", key, got)
		}
	}
	if a := s.Post(t, "", "{ __typename }", nil); string(a.Body) != `{"data":{"__typename":"Query"},"extensions":{"cost":{"limit":10000,"requested":0}}}` {
		t.Errorf("nobody asked for __typename and got %s", a.Body)
	}
}

// checkComplete walks the schema for arguments and input fields that take ids.
func checkComplete(t *testing.T, schema *ast.Schema) {
	t.Helper()
	left := maps.Clone(strangeIDs)
	take := func(key string, typ *ast.Type) {
		if typ.Name() != "ID" {
			return
		}
		if _, ok := strangeIDs[key]; !ok {
			t.Errorf("%s takes an id: say in strangeIDs how to use it", key)
		}
		delete(left, key)
	}
	for _, typ := range schema.Types {
		for _, f := range typ.Fields {
			if typ.Kind == ast.InputObject {
				take(typ.Name+"."+f.Name, f.Type)
			}
			for _, a := range f.Arguments {
				take(typ.Name+"."+f.Name+"."+a.Name, a.Type)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("nothing takes an id at %v", slices.Collect(maps.Keys(left)))
	}
}
