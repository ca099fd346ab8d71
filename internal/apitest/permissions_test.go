package apitest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/ent/license"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/purchasing"
	"purser/internal/store/storetest"
	"purser/internal/takeover"
	"purser/internal/viewer"
)

// caller is somebody who asks about contoso.
type caller struct {
	upn   string   // nobody where empty
	roles []string // held in contoso; none for somebody of another tenant
}

var callers = []caller{
	{"admin@contoso.example", []string{"GLOBAL_ADMIN", "MEMBER"}},
	{"billing@contoso.example", []string{"BILLING_ADMIN", "MEMBER"}},
	{"license@contoso.example", []string{"LICENSE_ADMIN", "MEMBER"}},
	{"useradmin@contoso.example", []string{"USER_ADMIN", "MEMBER"}},
	{"reader@contoso.example", []string{"GLOBAL_READER", "MEMBER"}},
	{"avery@contoso.example", []string{"MEMBER"}},
	{"admin@fabrikam.example", []string{"BILLING_ADMIN", "GLOBAL_READER"}},
	{"admin@tulip.example", nil},
	{"", nil},
}

// inputs are what mutations are called with: well-formed, and refused by who looks at it, so that
// nothing changes. A new mutation needs one.
var inputs = map[string]string{
	"setSelfServicePolicy":        `{tenantId: "TENANT", productId: "prd_0000000000000000000000000z", value: DISABLED}`,
	"setSelfServicePolicies":      `{tenantId: "TENANT", value: DISABLED, productIds: ["prd_0000000000000000000000000z"]}`,
	"setDefaultSelfServicePolicy": `{tenantId: "TENANT", value: ENABLED}`,
	"moveUsers":                   `{fromPurchaseId: "CENTRAL", toPurchaseId: "CENTRAL"}`,
	"buyCentrally":                `{tenantId: "TENANT", productId: "prd_0000000000000000000000000z", quantity: 1}`,
	"buySelfService":              `{productId: "prd_0000000000000000000000000z", quantity: 1}`,
	"changeQuantity":              `{purchaseId: "pur_0000000000000000000000000z", quantity: 1}`,
	"setRecurringBilling":         `{purchaseId: "pur_0000000000000000000000000z", enabled: true}`,
	"reactivateSubscription":      `{purchaseId: "pur_0000000000000000000000000z"}`,
	"assignLicenses":              `{purchaseId: "CENTRAL", userIds: []}`,
	"unassignLicenses":            `{purchaseId: "CENTRAL", userIds: []}`,
	"requestLicenses":             `{productId: "prd_0000000000000000000000000z", userIds: []}`,
	"decideLicenseRequest":        `{requestId: "REQUEST", approveUserIds: [], rejectUserIds: []}`,
	"cancelMove":                  `{moveId: "mov_0000000000000000000000000z"}`,
	"takeOwnership":               `{purchaseId: "CENTRAL"}`,
	"requestCancellation":         `{purchaseIds: []}`,
	"cancelSubscription":          `{purchaseId: "pur_0000000000000000000000000z", reason: OTHER}`,
	"createApiToken":              `{tenantId: "TENANT", name: "", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}`,
	"revokeApiToken":              `{tokenId: "TOKEN"}`,
	"grantPartnerAccess":          `{tenantId: "TENANT", partnerDomain: "", roles: [GLOBAL_READER], expiresAt: "2026-04-01T00:00:00Z"}`,
	"revokePartnerAccess":         `{tenantId: "TENANT", partnerDomain: "nobody.example"}`,
	"exportLicensedUsers":         `{tenantId: "TENANT", purchaseIds: []}`,
}

// atHome are the mutations that everybody does in their own tenant, a partner's user too.
var atHome = map[string]bool{"buySelfService": true, "requestLicenses": true}

// TestPermissions asks for each root field as everybody: @allow in the schema says who passes.
func TestPermissions(t *testing.T) {
	schema := loadSchema(t)
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			startMove(t, s)
			ids, tenant := knownIDs(t, s), s.Tenant(t, "contoso.example")
			ids["moveProgress.moveId"] = ids["move.id"]
			from, central := ends(t, s)
			ids["central"], ids["request"] = central.ID, ownRequest(t, s, from)
			ids["token"] = revokedToken(t, s)
			foreign := idsIn(t, s, "contoso.example")
			for operation, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription} {
				for _, f := range root.Fields {
					if strings.HasPrefix(f.Name, "__") {
						continue
					}
					document := operation + " { " + rootCall(t, f, ids, tenant) + selection(schema, schema.Types[f.Type.Name()], ids, 0) + " }"
					for _, c := range callers {
						t.Run(f.Name+"/"+c.upn, func(t *testing.T) { checkPermission(t, s, c, f, operation, document, foreign) })
					}
				}
			}
		})
	}
}

// revokedToken makes a token of contoso and revokes it: to do so once more changes nothing.
func revokedToken(t *testing.T, s *apitest.Server) string {
	t.Helper()
	ctx := s.In(t, "contoso.example")
	token, err := s.Access.CreateToken(ctx, access.NewToken{Name: "revoked", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
	if err == nil {
		err = s.Access.RevokeToken(ctx, token.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token.ID
}

// rootCall writes a root field with the tenant, what it requires, and for mutations an input.
func rootCall(t *testing.T, f *ast.FieldDefinition, ids map[string]string, tenant string) string {
	t.Helper()
	var args []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "input":
			if inputs[f.Name] == "" {
				t.Fatalf("there is no input for %s: add one", f.Name)
			}
			args = append(args, "input: "+strings.NewReplacer("TENANT", tenant, "CENTRAL", ids["central"], "REQUEST", ids["request"], "TOKEN", ids["token"]).Replace(inputs[f.Name]))
		case a.Name == "tenantId", f.Name == "tenant":
			args = append(args, fmt.Sprintf("%s: %q", a.Name, tenant))
		case a.Name == "ids":
			args = append(args, fmt.Sprintf("ids: [%q]", ids["purchase"]))
		case a.Type.NonNull:
			if ids[f.Name+"."+a.Name] == "" {
				t.Fatalf("there is no id for %s.%s: add one", f.Name, a.Name)
			}
			args = append(args, fmt.Sprintf("%s: %q", a.Name, ids[f.Name+"."+a.Name]))
		}
	}
	if len(args) == 0 {
		return f.Name
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

// outcome is an answer's errors by code and path, and its data.
type outcome struct {
	Data   map[string]json.RawMessage
	Errors []struct {
		Path       []any
		Extensions struct{ Code string }
	}
	text string
}

// refusals returns the codes of the errors that are about the root field itself, or about all.
func (o outcome) refusals(field string) []string {
	var codes []string
	for _, e := range o.Errors {
		if len(e.Path) == 0 || len(e.Path) == 1 && e.Path[0] == field {
			codes = append(codes, e.Extensions.Code)
		}
	}
	return codes
}

func checkPermission(t *testing.T, s *apitest.Server, c caller, f *ast.FieldDefinition, operation, document string, foreign []string) {
	t.Helper()
	got := execute(t, s, c.upn, operation, document)
	codes, want := got.refusals(f.Name), allowedFor(f)
	passes := want == nil || atHome[f.Name] && c.upn != "" || slices.ContainsFunc(c.roles, func(r string) bool { return slices.Contains(want, r) })
	empty := got.Data[f.Name] == nil || string(got.Data[f.Name]) == "null"
	switch {
	case c.upn == "":
		if !slices.Equal(codes, []string{"UNAUTHENTICATED"}) || got.Data != nil {
			t.Errorf("nobody got %s", got.text)
		}
	case c.roles == nil: // who is somebody elsewhere passes, and finds nothing here
		if slices.Contains(codes, "FORBIDDEN") || slices.Contains(codes, "UNAUTHENTICATED") {
			t.Errorf("somebody of another tenant got %s", got.text)
		}
		for _, i := range foreign {
			if strings.Contains(got.text, i) {
				t.Errorf("somebody of another tenant got %s, which holds %s", got.text, i)
				break
			}
		}
	case passes:
		if slices.Contains(codes, "FORBIDDEN") || slices.Contains(codes, "UNAUTHENTICATED") || empty && len(codes) > 0 {
			t.Errorf("%v may, and got %s", c.roles, got.text)
		}
	default:
		if !slices.Equal(codes, []string{"FORBIDDEN"}) || len(got.Errors) != 1 || !empty {
			t.Errorf("%v may not, and got %s", c.roles, got.text)
		}
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

// execute runs an operation; of a subscription it takes the first event.
func execute(t *testing.T, s *apitest.Server, as, operation, document string) outcome {
	t.Helper()
	var body string
	if operation == "subscription" {
		body = firstEvent(t, s, as, document, nil)
	} else {
		body = string(s.Post(t, as, document, nil).Body)
	}
	o := outcome{text: body}
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return o
}

// firstEvent subscribes over SSE and returns what comes first, an event's data or a refusal.
func firstEvent(t *testing.T, s *apitest.Server, as, document string, variables map[string]any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	if as != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token(t, as))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // the rest is not wanted
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return data
		}
		if strings.HasPrefix(lines.Text(), "{") { // refused before there were events
			return lines.Text()
		}
	}
	t.Fatalf("the stream ended without an event: %v", lines.Err())
	return ""
}

// idsIn returns the ids of a tenant's rows.
func idsIn(t *testing.T, s *apitest.Server, domain string) []string {
	t.Helper()
	db, ctx := s.DB.Client(), s.In(t, domain)
	return slices.Concat([]string{s.Tenant(t, domain)}, db.User.Query().IDsX(ctx), db.Purchase.Query().IDsX(ctx), db.License.Query().IDsX(ctx),
		db.Move.Query().IDsX(ctx), db.SelfServicePolicy.Query().IDsX(ctx), db.AuditEvent.Query().IDsX(ctx), db.Notification.Query().IDsX(ctx),
		db.APIToken.Query().IDsX(ctx), db.PartnerAccess.Query().IDsX(ctx))
}

var (
	everybody = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "LICENSE_ADMIN", "USER_ADMIN", "GLOBAL_READER", "MEMBER"}
	admins    = everybody[:5]
	movers    = []string{"GLOBAL_ADMIN", "BILLING_ADMIN", "GLOBAL_READER"}
)

// nodeReaders says who may ask for a thing of a type by its id: by roles in its tenant. What avery
// may ask for as an owner is not among the things that are asked for here.
var nodeReaders = map[string][]string{
	"Tenant": everybody, "User": everybody, "Product": everybody,
	"Purchase": admins, "License": admins, "ProductLicenses": admins, "PurchaserLicenses": admins, "LicenseRequest": admins,
	"Move": movers, "Notification": movers, "SelfServicePolicy": movers,
	"AuditEvent": {"GLOBAL_ADMIN", "GLOBAL_READER"}, "PartnerAccess": {"GLOBAL_ADMIN", "GLOBAL_READER"}, "ApiToken": {"GLOBAL_ADMIN"},
}

// TestNodePermissions asks for a thing of each type by its id, as everybody.
func TestNodePermissions(t *testing.T) {
	var types []string
	schema := loadSchema(t)
	for _, p := range schema.GetPossibleTypes(schema.Types["Node"]) {
		types = append(types, p.Name)
	}
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			things := oneOfEach(t, s, "contoso.example", "casey@contoso.example")
			if known := slices.Collect(maps.Keys(things)); len(known) != len(types) || len(nodeReaders) != len(types) {
				t.Fatalf("there are things of %v, and types %v", known, types)
			}
			for _, typ := range types {
				for _, c := range callers {
					t.Run(typ+"/"+c.upn, func(t *testing.T) {
						got := execute(t, s, c.upn, "query", fmt.Sprintf("{ node(id: %q) { __typename id } }", things[typ]))
						want := "null"
						if typ == "Product" || slices.ContainsFunc(c.roles, func(r string) bool { return slices.Contains(nodeReaders[typ], r) }) {
							want = fmt.Sprintf(`{"__typename":%q,"id":%q}`, typ, things[typ])
						}
						if c.upn == "" {
							want = ""
						}
						if string(got.Data["node"]) != want || (len(got.Errors) > 0) != (c.upn == "") {
							t.Errorf("got %s, want %s", got.text, want)
						}
					})
				}
			}
		})
	}
}

// oneOfEach returns the id of a thing of each type in a tenant, of what the purchaser has bought and others
// hold. It takes a purchase over and begins a move so that there is one.
func oneOfEach(t *testing.T, s *apitest.Server, domain, purchaser string) map[string]string {
	t.Helper()
	db, ctx, tenant := s.DB.Client(), s.In(t, domain), s.Tenant(t, domain)
	buyer := db.User.Query().Where(user.UpnKey(purchaser)).OnlyX(ctx)
	mine := db.Purchase.Query().Where(purchase.PurchaserID(buyer.ID), purchase.Status("ACTIVE"), purchase.AssignedGT(1)).AllX(ctx)
	from := mine[0]
	central := db.Purchase.Query().Where(purchase.Source("CENTRAL"), purchase.Status("ACTIVE"), purchase.QuantityGT(15)).FirstX(ctx)
	move, err := s.TakeOver.MoveUsers(ctx, takeover.Request{From: from.ID, To: central.ID})
	if err != nil {
		t.Fatal(err)
	}
	ended := db.Purchase.Query().Where(purchase.Source("SELF_SERVICE"), purchase.Status("ACTIVE"), purchase.PurchaserIDNEQ(buyer.ID)).FirstX(ctx)
	if _, err := s.Purchasing.Cancel(ctx, purchasing.Cancellation{PurchaseID: ended.ID, Reason: model.CancellationReasonOther}); err != nil {
		t.Fatal(err)
	}
	token, err := s.Access.CreateToken(ctx, access.NewToken{Name: "one", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	partner, err := s.Access.GrantPartnerAccess(ctx, access.Grant{PartnerDomain: "nobody.example", Roles: viewer.SetOf(viewer.GlobalReader), ExpiresAt: instant.From(s.Clock.Now().Add(time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"ApiToken": token.ID, "PartnerAccess": partner,
		"Tenant": tenant, "User": buyer.ID, "Product": from.ProductID, "Purchase": from.ID, "Move": move.MoveID,
		"License":           db.License.Query().Where(license.PurchaseID(from.ID), license.UserIDNEQ(buyer.ID)).FirstIDX(ctx),
		"SelfServicePolicy": db.SelfServicePolicy.Query().FirstIDX(ctx),
		"Notification":      db.Notification.Query().FirstIDX(ctx),
		"AuditEvent":        db.AuditEvent.Query().FirstIDX(ctx),
		"LicenseRequest": db.LicenseRequest.Create().SetID(s.IDs.New(id.LicenseRequest)).SetTenantID(tenant).SetProductID(from.ProductID).
			SetRequestedBy(buyer.ID).SetRequestedAt(0).SetStatus("PENDING").SaveX(ctx).ID,
		"ProductLicenses":   id.Compose(id.ProductLicenses, id.Body(tenant), id.Body(from.ProductID)),
		"PurchaserLicenses": id.Group{Tenant: tenant, Product: from.ProductID, Purchaser: buyer.ID, Source: id.SelfService}.String(),
	}
}
