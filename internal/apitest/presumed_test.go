package apitest_test

import (
	"maps"
	"strings"
	"testing"

	"purser/internal/apitest"
	"purser/internal/openid/openidtest"
	"purser/internal/store/storetest"
)

// TestTheNextRequestKnows has another process take something from somebody, or give it, who has just been here: a replica
// on PostgreSQL, the command line beside the server on SQLite. Their next request is answered as by a server that has
// never seen them, whatever it asks for, and changes nothing that they may not.
func TestTheNextRequestKnows(t *testing.T) {
	documents := map[string]string{ // in none of them more than one field can be refused: errors come in any order
		"lists":     `query($t: ID!) { purchases(tenantId: $t, first: 3) { nodes { id purchaser { roles } move { id } } totalCount } }`,
		"moves":     `query($t: ID!) { moves(tenantId: $t, first: 1) { nodes { id source { id } } totalCount } }`,
		"one":       `query($t: ID!) { tenant(id: $t) { name summary { seats } } }`,
		"own":       `query($t: ID!) { viewer { user { displayName } tenants { roles } } tenants(first: 1) { nodes { id } } node(id: $t) { id } auditEvents(tenantId: $t, first: 1) { nodes { action } } }`,
		"nothing":   `{ __typename }`,
		"malformed": `{ nonsense }`,
		"mutation":  `mutation($t: ID!) { setSelfServicePolicies(input: {tenantId: $t, value: DISABLED}) { results { now } userErrors { code } } }`,
	}
	changes := maps.Clone(takings)
	changes["the user gains a role"] = taken{"billing@contoso.example", imports(`"roles":["GLOBAL_ADMIN"]`), ""}
	issuer := openidtest.Start(t)
	for _, kind := range storetest.Kinds(t) {
		for what, document := range documents {
			for name, tt := range changes {
				t.Run(kind+"/"+what+"/"+name, func(t *testing.T) {
					t.Parallel()
					s := apitest.Start(t, kind)
					knows(t, s, s.Beside(t), s.Token(t, tt.from), documents["lists"], document, tt)
				})
				if name == "the token is revoked" || what != "lists" && what != "nothing" && what != "mutation" {
					continue
				}
				t.Run(kind+"/"+what+"/"+name+"/OpenID", func(t *testing.T) {
					t.Parallel()
					s := apitest.Start(t, kind)
					fresh := s.Beside(t)
					believe(t, s, issuer)
					believe(t, fresh, issuer)
					_, domain, _ := strings.Cut(tt.from, "@")
					token := issuer.Sign(t, issuer.Claims(s.Clock.Now(), domain, tt.from, nil))
					knows(t, s, fresh, token, documents["lists"], document, tt)
				})
			}
		}
	}
}

// knows has a server answer as a fresh one does, once something has been taken from somebody who has been there with this token.
func knows(t *testing.T, s, fresh *apitest.Server, token, before, document string, tt taken) {
	t.Helper()
	variables := map[string]any{"t": s.Tenant(t, "contoso.example")}
	for range 2 {
		if got := s.Send(t, token, before, variables); got.Status != 200 {
			t.Fatalf("before: %d %s", got.Status, got.Body)
		}
	}
	tt.away(t, s.Beside(t))
	events := s.DB.Client().AuditEvent.Query().CountX(s.In(t, "contoso.example"))
	got, want := s.Send(t, token, document, variables), fresh.Send(t, token, document, variables)
	if got.Status != want.Status || string(got.Body) != string(want.Body) {
		t.Errorf("%d %s\nwant %d %s", got.Status, got.Body, want.Status, want.Body)
	}
	if refused := got.Status == 401; refused != (tt.code == "UNAUTHENTICATED") || refused && strings.Contains(string(got.Body), `"data"`) {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if n := s.DB.Client().AuditEvent.Query().CountX(s.In(t, "contoso.example")); tt.code != "" && n != events {
		t.Errorf("%d new events", n-events)
	}
}
