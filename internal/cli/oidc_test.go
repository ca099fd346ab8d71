package cli_test

import (
	"strings"
	"testing"
	"time"

	"purser/internal/openid/openidtest"
	"purser/internal/store/storetest"
)

// TestOIDC: with an issuer its tokens sign in beside API tokens, also when it was down at the start.
func TestOIDC(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			i := openidtest.Start(t)
			i.Down(true)
			env := []string{
				"PURSER_DATABASE=" + storetest.URL(t, kind), "PURSER_OIDC_ISSUER=" + i.URL, "PURSER_OIDC_AUDIENCE=" + openidtest.Audience,
				"PURSER_OIDC_TENANT_CLAIM=org", "PURSER_OIDC_USER_CLAIM=upn", "PURSER_OIDC_ROLES_CLAIM=groups", "PURSER_OIDC_CLIENTS=web,phone",
			}
			p := start(t, env, "--demo", "--migrate")
			i.Down(false)
			token := i.Sign(t, i.Claims(time.Now(), "", "", openidtest.Claims{
				"org": "CONTOSO.example", "upn": "Reader@contoso.example", "groups": []string{"BILLING_ADMIN"}, "azp": "phone",
			}))
			var who struct {
				Viewer struct {
					User       struct{ UserPrincipalName string }
					Credential struct{ Kind, Name, ExpiresAt string }
					Access     struct{ Nodes []struct{ Roles []string } }
				}
			}
			const query = "{ viewer { user { userPrincipalName } credential { kind name expiresAt } access { nodes { roles } } } }"
			if err := ask(t.Context(), p.url, token, query, nil, &who); err != nil {
				t.Fatalf("%v\n%s", err, p.log.String())
			}
			v := who.Viewer
			if v.User.UserPrincipalName != "reader@contoso.example" || v.Credential.Kind != "OIDC" || v.Credential.Name != i.URL || v.Credential.ExpiresAt == "" ||
				strings.Join(v.Access.Nodes[0].Roles, " ") != "BILLING_ADMIN MEMBER" {
				t.Errorf("signed in as %+v", v)
			}
			bob := i.Sign(t, i.Claims(time.Now(), "", "", openidtest.Claims{"org": "contoso.example", "upn": "bob@contoso.example"}))
			if err := ask(t.Context(), p.url, bob, query, nil, &who); err == nil || !strings.Contains(err.Error(), "UNAUTHENTICATED") || strings.Contains(err.Error(), "bob") {
				t.Errorf("a stranger: %v", err)
			}
			p.terminate(t)
			if log := p.log.String(); !strings.Contains(log, "there is no user") || strings.Contains(log, token) || strings.Contains(log, bob) {
				t.Errorf("the log says %s", log)
			}
		})
	}
}
