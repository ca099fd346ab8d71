package apitest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/instant"
	"purser/internal/openid/openidtest"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// caller is somebody who asks about contoso.
type caller struct {
	name, token string
	roles       []string // held in contoso; none for somebody of another tenant
	person      bool     // a user, who has a tenant of their own
	refused     bool     // is not let in
}

// callersOf returns everybody: each role, and whoever might pass for somebody.
func callersOf(t *testing.T, s *apitest.Server) []caller {
	t.Helper()
	list := []caller{{name: "nobody", refused: true}, {name: "somebody with a forged token", token: "psr_" + strings.Repeat("0", 36), refused: true}}
	for upn, roles := range map[string][]string{
		"admin@contoso.example":     {"GLOBAL_ADMIN", "MEMBER"},
		"billing@contoso.example":   {"BILLING_ADMIN", "MEMBER"},
		"license@contoso.example":   {"LICENSE_ADMIN", "MEMBER"},
		"useradmin@contoso.example": {"USER_ADMIN", "MEMBER"},
		"reader@contoso.example":    {"GLOBAL_READER", "MEMBER"},
		"avery@contoso.example":     {"MEMBER"},
		"admin@fabrikam.example":    {"BILLING_ADMIN", "GLOBAL_READER"}, // a partner
		"admin@tulip.example":       nil,
	} {
		list = append(list, caller{name: upn, token: s.Token(t, upn), roles: roles, person: true})
	}
	i := trust(t, s)
	return append(append(list, lapsed(t, s)...),
		caller{name: "a service", token: serviceToken(t, s, viewer.BillingAdmin, time.Hour).Secret, roles: []string{"BILLING_ADMIN"}},
		caller{
			name: "a member, whom the OpenID provider gives a role", roles: []string{"LICENSE_ADMIN", "MEMBER"}, person: true,
			token: i.Sign(t, i.Claims(s.Clock.Now(), "contoso.example", "avery@contoso.example", openidtest.Claims{"roles": []string{"LICENSE_ADMIN"}})),
		},
		caller{
			name: "an admin whose OpenID token has ended", refused: true,
			token: i.Sign(t, i.Claims(s.Clock.Now().Add(-24*time.Hour), "contoso.example", "admin@contoso.example", nil)),
		},
	)
}

// lapsed returns those who could do everything once.
func lapsed(t *testing.T, s *apitest.Server) []caller {
	t.Helper()
	expired, revoked := serviceToken(t, s, viewer.GlobalAdmin, time.Minute), serviceToken(t, s, viewer.GlobalAdmin, time.Hour)
	list := []caller{
		{name: "an admin whose token has ended", token: expired.Secret, refused: true},
		{name: "an admin whose token is revoked", token: revoked.Secret, refused: true},
		{name: "an admin who is blocked", token: s.Token(t, "billing@tulip.example"), refused: true},
		{name: "a partner whose access has ended", token: s.Token(t, "admin@lotus.example"), person: true},
		{name: "a partner whose access was revoked", token: s.Token(t, "reader@tulip.example"), person: true},
	}
	ctx := s.In(t, "contoso.example")
	if err := s.Access.RevokeToken(ctx, revoked.ID); err != nil {
		t.Fatal(err)
	}
	for domain, ttl := range map[string]time.Duration{"lotus.example": time.Minute, "tulip.example": time.Hour} {
		g := access.Grant{PartnerDomain: domain, Roles: viewer.SetOf(viewer.GlobalAdmin), ExpiresAt: instant.From(s.Clock.Now().Add(ttl))}
		if _, err := s.Access.GrantPartnerAccess(ctx, g); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Access.RevokePartnerAccess(ctx, "tulip.example"); err != nil {
		t.Fatal(err)
	}
	s.DB.Client().User.Update().Where(user.UpnKey("billing@tulip.example")).SetAccountEnabled(false).ExecX(s.In(t, "tulip.example"))
	s.Clock.Add(2 * time.Minute)
	return list
}

func serviceToken(t *testing.T, s *apitest.Server, role viewer.Role, ttl time.Duration) access.Token {
	t.Helper()
	token, err := s.Access.CreateToken(s.In(t, "contoso.example"), access.NewToken{Name: string(role), Roles: viewer.SetOf(role), TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestPermissions asks for everything in the table of permissions, as everybody, in every way. Nothing that is asked for
// changes anything.
func TestPermissions(t *testing.T) {
	schema := loadSchema(t)
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			m, callers := newMatrix(t, s, schema), callersOf(t, s)
			before := rowCounts(t, s)
			t.Run("as", func(t *testing.T) {
				for _, c := range callers {
					for way, open := range ways {
						t.Run(c.name+"/"+way, func(t *testing.T) {
							t.Parallel()
							m.ask(t, c, open(t, s, c.token))
						})
					}
				}
			})
			if after := rowCounts(t, s); !maps.Equal(before, after) {
				t.Errorf("rows were %v, and are %v", before, after)
			}
		})
	}
}

// matrix is what everybody asks for.
type matrix struct {
	schema *ast.Schema
	things map[string]string // of contoso, by type
	words  *strings.Replacer // in the table of permissions
	inside []string          // ids that nobody of another tenant may see
}

func newMatrix(t *testing.T, s *apitest.Server, schema *ast.Schema) matrix {
	t.Helper()
	things := oneOfEach(t, s, "contoso.example", "casey@contoso.example")
	central := s.DB.Client().Purchase.Query().Where(purchase.Source("CENTRAL"), purchase.Status("ACTIVE")).FirstIDX(s.In(t, "contoso.example"))
	words := []string{"CENTRAL", central, "REVOKED", revokedToken(t, s)}
	for word, typ := range map[string]string{"TENANT": "Tenant", "PURCHASE": "Purchase", "PRODUCT": "Product", "MOVE": "Move", "REQUEST": "LicenseRequest"} {
		words = append(words, word, things[typ])
	}
	for i, w := range words { // in quotes
		words[i] = strconv.Quote(w)
	}
	return matrix{schema, things, strings.NewReplacer(words...), idsIn(t, s, "contoso.example")}
}

// ask asks for everything as somebody.
func (m matrix) ask(t *testing.T, c caller, ask asking) {
	t.Helper()
	for key, p := range permissions {
		name, field, _ := strings.Cut(key, ".")
		node := slices.Contains(m.schema.Types[name].Interfaces, "Node")
		if node && m.things[name] == "" {
			t.Errorf("there is no %s to ask for: add one in oneOfEach", name)
		}
		got := outcomeOf(t, ask(t, m.document(name, field, m.things[name]), nil))
		switch {
		case c.refused:
			m.mustBeRefused(t, key, got)
		case !node:
			m.mustAnswer(t, key, c, p, got)
		default:
			sees := c.holds(permissions[name].roles) || name == "Product" // the catalogue is everybody's
			if unknown := ask(t, m.document(name, field, unknownLike(m.things[name])), nil); !sees && unknown != got.text {
				t.Errorf("%s: it is none of theirs, and they got\n%s\nand for an id that nothing has\n%s", key, got.text, unknown)
			}
			if sees {
				m.mustFind(t, key, field == "" || c.holds(p.roles), got)
			}
		}
		if t.Failed() {
			t.Logf("%s was asked for by %s", m.document(name, field, m.things[name]), c.name)
			return // the others say the same
		}
	}
}

func (c caller) holds(roles []string) bool {
	return slices.ContainsFunc(c.roles, func(r string) bool { return slices.Contains(roles, r) })
}

// document asks for a root field, for a thing of a type by its id, or for a field of that.
func (m matrix) document(name, field, id string) string {
	typ := m.schema.Types[name]
	if field == "" {
		return fmt.Sprintf(`{ node(id: %q) { __typename id } }`, id)
	}
	f := typ.Fields.ForName(field)
	selected := field + selection(m.schema, m.schema.Types[f.Type.Name()], map[string]string{"purchase": m.things["Purchase"]}, 0)
	if id != "" {
		return fmt.Sprintf(`{ node(id: %q) { ... on %s { %s } } }`, id, name, selected)
	}
	call := permissions[name+"."+field].call
	if call != "" {
		selected = field + "(" + m.words.Replace(call) + ")" + strings.TrimPrefix(selected, field)
	}
	return strings.ToLower(name) + " { " + selected + " }"
}

func (m matrix) mustBeRefused(t *testing.T, key string, got outcome) {
	t.Helper()
	if codes := got.refusals(""); !slices.Equal(codes, []string{"UNAUTHENTICATED"}) || len(got.Errors) != 1 || got.Data != nil {
		t.Errorf("%s: it lets them in: %s", key, got.text)
	}
}

// mustAnswer checks the answer to a root field.
func (m matrix) mustAnswer(t *testing.T, key string, c caller, p permission, got outcome) {
	t.Helper()
	_, field, _ := strings.Cut(key, ".")
	codes, empty := got.refusals(field), got.Data[field] == nil || string(got.Data[field]) == "null"
	passes, forbidden := c.holds(p.roles) || p.home && c.person, slices.Contains(codes, "FORBIDDEN") || slices.Contains(codes, "UNAUTHENTICATED")
	switch {
	case c.roles == nil: // who is somebody elsewhere passes where their roles do, and finds nothing here
		if i := slices.IndexFunc(m.inside, func(id string) bool { return strings.Contains(got.text, id) }); i >= 0 {
			t.Errorf("%s: somebody of another tenant is shown %s: %s", key, m.inside[i], got.text)
		}
	case passes && (forbidden || empty && len(codes) > 0):
		t.Errorf("%s: %v may, and got %s", key, c.roles, got.text)
	case !passes && (!slices.Equal(codes, []string{"FORBIDDEN"}) || len(got.Errors) != 1 || !empty):
		t.Errorf("%s: %v may not, and got %s", key, c.roles, got.text)
	}
}

// mustFind checks what somebody gets who may see a thing and asks for it, or for a field of it, by the thing's id.
func (m matrix) mustFind(t *testing.T, key string, may bool, got outcome) {
	t.Helper()
	name, field, _ := strings.Cut(key, ".")
	node, codes := string(got.Data["node"]), got.refusals("node")
	switch {
	case field == "":
		if want := fmt.Sprintf(`{"__typename":%q,"id":%q}`, name, m.things[name]); node != want || len(got.Errors) > 0 {
			t.Errorf("%s: they may see it, and got %s", key, got.text)
		}
	case may:
		if len(got.Errors) > 0 || node == "null" {
			t.Errorf("%s: they may, and got %s", key, got.text)
		}
	default:
		if len(codes) > 0 || len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "FORBIDDEN" || node != fmt.Sprintf(`{%q:null}`, field) {
			t.Errorf("%s: they may not, and got %s", key, got.text)
		}
	}
}

// outcome is an answer's errors by code and path, and its data.
type outcome struct {
	Data   map[string]json.RawMessage
	Errors []struct {
		Path       []any
		Extensions struct{ Code, RequestID string }
	}
	text string
}

// outcomeOf reads an answer, whose errors must say what the house's say.
func outcomeOf(t *testing.T, text string) outcome {
	t.Helper()
	o := outcome{text: text}
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, e := range o.Errors {
		if e.Extensions.Code == "" || e.Extensions.Code == "INTERNAL" || e.Extensions.RequestID == "" {
			t.Errorf("an error without a code or the request's id, or one of ours: %s", text)
		}
	}
	return o
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
