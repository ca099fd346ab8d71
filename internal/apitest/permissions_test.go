package apitest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

var (
	everybody = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "LICENSE_ADMIN", "USER_ADMIN", "GLOBAL_READER", "MEMBER"}
	admins    = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "LICENSE_ADMIN", "USER_ADMIN", "GLOBAL_READER"}
	payers    = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "GLOBAL_READER"}
	auditors  = []string{"GLOBAL_ADMIN", "GLOBAL_READER"}
	owner     = []string{"GLOBAL_ADMIN"}
	buyers    = []string{"GLOBAL_ADMIN", "BILLING_ADMIN"}
	keepers   = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "MEMBER"} // members: of what they bought themselves
	givers    = []string{"GLOBAL_ADMIN", "LICENSE_ADMIN", "USER_ADMIN"}
	seaters   = []string{"GLOBAL_ADMIN", "LICENSE_ADMIN", "USER_ADMIN", "MEMBER"} // members: likewise
	members   = []string{"MEMBER"}
)

// permission says who may use a part of the API, by the roles held in the tenant concerned.
type permission struct {
	roles []string
	// call is what a root field is called with: well-formed, and refused by who looks at it, so that nothing changes.
	call string
	// home: everybody does it in their own tenant, a partner's user too.
	home bool
}

// permissions is the one table of who may what: every root field, every type that has ids (who finds a thing of
// another's by its id), and every field that is not for all who see what it belongs to. TestPermissionTable says what is
// missing, and TestPermissions asks as everybody. In capitals is what the server under test puts in.
var permissions = map[string]permission{
	"Query.viewer":                   {roles: everybody},
	"Query.node":                     {roles: everybody, call: `id: "PURCHASE"`},
	"Query.nodes":                    {roles: everybody, call: `ids: ["PURCHASE"]`},
	"Query.tenant":                   {roles: everybody, call: `id: "TENANT"`},
	"Query.products":                 {roles: everybody, call: `tenantId: "TENANT"`},
	"Query.users":                    {roles: everybody, call: `tenantId: "TENANT"`},
	"Query.selfServiceSubscriptions": {roles: everybody, call: `tenantId: "TENANT"`},
	"Query.purchases":                {roles: everybody, call: `tenantId: "TENANT"`},
	"Query.purchase":                 {roles: everybody, call: `id: "PURCHASE"`},
	"Query.productLicenses":          {roles: admins, call: `tenantId: "TENANT"`},
	"Query.licensesByPurchaser":      {roles: admins, call: `tenantId: "TENANT"`},
	"Query.selfServicePolicy":        {roles: payers, call: `tenantId: "TENANT", productId: "PRODUCT"`},
	"Query.selfServicePolicies":      {roles: payers, call: `tenantId: "TENANT"`},
	"Query.move":                     {roles: payers, call: `id: "MOVE"`},
	"Query.moves":                    {roles: payers, call: `tenantId: "TENANT"`},
	"Query.licenseRequests":          {roles: everybody, call: `tenantId: "TENANT"`},
	"Query.notifications":            {roles: payers, call: `tenantId: "TENANT"`},
	"Query.auditEvents":              {roles: auditors, call: `tenantId: "TENANT"`},
	"Query.apiTokens":                {roles: owner, call: `tenantId: "TENANT"`},

	"Mutation.setSelfServicePolicy":        {roles: buyers, call: `input: {tenantId: "TENANT", productId: "prd_0000000000000000000000000z", value: DISABLED}`},
	"Mutation.setSelfServicePolicies":      {roles: buyers, call: `input: {tenantId: "TENANT", value: DISABLED, productIds: ["prd_0000000000000000000000000z"]}`},
	"Mutation.setDefaultSelfServicePolicy": {roles: buyers, call: `input: {tenantId: "TENANT", value: ENABLED}`},
	"Mutation.moveUsers":                   {roles: buyers, call: `input: {fromPurchaseId: "CENTRAL", toPurchaseId: "CENTRAL"}`},
	"Mutation.cancelMove":                  {roles: buyers, call: `input: {moveId: "mov_0000000000000000000000000z"}`},
	"Mutation.takeOwnership":               {roles: buyers, call: `input: {purchaseId: "CENTRAL"}`},
	"Mutation.requestCancellation":         {roles: buyers, call: `input: {purchaseIds: []}`},
	"Mutation.cancelSubscription":          {roles: keepers, call: `input: {purchaseId: "pur_0000000000000000000000000z", reason: OTHER}`},
	"Mutation.buyCentrally":                {roles: buyers, call: `input: {tenantId: "TENANT", productId: "prd_0000000000000000000000000z", quantity: 1}`},
	"Mutation.buySelfService":              {roles: members, home: true, call: `input: {productId: "prd_0000000000000000000000000z", quantity: 1}`},
	"Mutation.changeQuantity":              {roles: keepers, call: `input: {purchaseId: "pur_0000000000000000000000000z", quantity: 1}`},
	"Mutation.setRecurringBilling":         {roles: keepers, call: `input: {purchaseId: "pur_0000000000000000000000000z", enabled: true}`},
	"Mutation.reactivateSubscription":      {roles: keepers, call: `input: {purchaseId: "pur_0000000000000000000000000z"}`},
	"Mutation.assignLicenses":              {roles: seaters, call: `input: {purchaseId: "CENTRAL", userIds: []}`},
	"Mutation.unassignLicenses":            {roles: seaters, call: `input: {purchaseId: "CENTRAL", userIds: []}`},
	"Mutation.requestLicenses":             {roles: members, home: true, call: `input: {productId: "prd_0000000000000000000000000z", userIds: []}`},
	"Mutation.decideLicenseRequest":        {roles: givers, call: `input: {requestId: "REQUEST", approveUserIds: [], rejectUserIds: []}`},
	"Mutation.exportLicensedUsers":         {roles: admins, call: `input: {tenantId: "TENANT", purchaseIds: []}`},
	"Mutation.createApiToken":              {roles: owner, call: `input: {tenantId: "TENANT", name: "", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}`},
	"Mutation.revokeApiToken":              {roles: owner, call: `input: {tokenId: "REVOKED"}`},
	"Mutation.grantPartnerAccess":          {roles: owner, call: `input: {tenantId: "TENANT", partnerDomain: "", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}`},
	"Mutation.revokePartnerAccess":         {roles: owner, call: `input: {tenantId: "TENANT", partnerDomain: "unheard-of.example"}`},

	"Subscription.moveProgress": {roles: payers, call: `moveId: "MOVE"`},

	"Tenant":            {roles: everybody},
	"User":              {roles: everybody},
	"Product":           {roles: everybody},
	"Purchase":          {roles: admins},
	"License":           {roles: admins},
	"ProductLicenses":   {roles: admins},
	"PurchaserLicenses": {roles: admins},
	"LicenseRequest":    {roles: admins},
	"Move":              {roles: payers},
	"Notification":      {roles: payers},
	"SelfServicePolicy": {roles: payers},
	"AuditEvent":        {roles: auditors},
	"PartnerAccess":     {roles: auditors},
	"ApiToken":          {roles: owner},

	"Tenant.summary":              {roles: admins},
	"Tenant.partners":             {roles: auditors},
	"User.licensedTwice":          {roles: admins},
	"Purchase.centralAlternative": {roles: admins},
	"Purchase.move":               {roles: payers},
	"Purchase.moveTargets":        {roles: payers},
	"SelfServicePolicy.history":   {roles: payers},
}

// TestPermissionTable compares the table with the schema: what may be asked for is in both, and for the same roles.
func TestPermissionTable(t *testing.T) {
	schema := loadSchema(t)
	left := maps.Clone(permissions)
	take := func(key string, roles []string) {
		p, ok := permissions[key]
		switch {
		case !ok:
			t.Errorf("%s is not in the table of permissions: say there who may", key)
		case roles != nil && !slices.Equal(roles, p.roles):
			t.Errorf("%s: @allow says %v, and the table %v", key, roles, p.roles)
		}
		delete(left, key)
	}
	for _, typ := range schema.Types {
		root := typ == schema.Query || typ == schema.Mutation || typ == schema.Subscription
		if slices.Contains(typ.Interfaces, "Node") {
			take(typ.Name, nil) // no @allow: reading decides
		}
		for _, f := range typ.Fields {
			roles := allowedFor(f)
			switch {
			case strings.HasPrefix(f.Name, "__"):
			case root && roles == nil:
				take(typ.Name+"."+f.Name, everybody)
			case root || roles != nil:
				take(typ.Name+"."+f.Name, roles)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("there is no %v in the schema", slices.Sorted(maps.Keys(left)))
	}
}

// allowedFor returns the roles of a field's @allow; nil where there is none.
func allowedFor(f *ast.FieldDefinition) []string {
	d := f.Directives.ForName("allow")
	if d == nil {
		return nil
	}
	roles := []string{}
	for _, c := range d.Arguments.ForName("roles").Value.Children {
		roles = append(roles, c.Value.Raw)
	}
	return roles
}
