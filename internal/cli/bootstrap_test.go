package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"purser/internal/store/storetest"
)

var bootstrapLink = regexp.MustCompile(`(http://[0-9.:]+/bootstrap)#(psb_[0-9A-Za-z_-]{43})$`)

// startEmpty starts a server on a database without tenants, and returns the link that it prints.
func startEmpty(t *testing.T, env []string) (p *process, address, secret string) {
	t.Helper()
	p = start(t, env, "--migrate")
	m := bootstrapLink.FindStringSubmatch(p.nextLine(t))
	if m == nil {
		t.Fatalf("it said %q", p.said)
	}
	return p, m[1], m[2]
}

// bootstrapBy posts what a bootstrap link is for, and returns the status and what came back.
func bootstrapBy(t *testing.T, address string, request map[string]any) (int, string) {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestBootstrap: the link of the last start makes the first tenant, once.
func TestBootstrap(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			env := []string{"PURSER_DATABASE=" + storetest.URL(t, kind)}
			p, _, old := startEmpty(t, env)
			p.terminate(t)
			p, address, secret := startEmpty(t, env)
			request := func(secret, country string) map[string]any {
				return map[string]any{
					"secret":       secret,
					"organization": map[string]string{"name": "Wingtip", "domain": "wingtip.example", "country": country},
					"admin":        map[string]string{"userPrincipalName": "ann@wingtip.example", "displayName": "Ann"},
				}
			}
			if status, body := bootstrapBy(t, address, request(old, "NL")); status != http.StatusNotFound {
				t.Errorf("the link of the start before: %d %s", status, body)
			}
			if status, body := bootstrapBy(t, address, request(secret, "Holland")); status != http.StatusBadRequest || !strings.Contains(body, `"field":["organization","country"]`) {
				t.Errorf("a wrong country: %d %s", status, body)
			}
			status, body := bootstrapBy(t, address, request(secret, "NL"))
			var made struct{ Token string }
			if err := json.Unmarshal([]byte(body), &made); err != nil || status != http.StatusCreated {
				t.Fatalf("%d %s", status, body)
			}
			var who struct {
				Viewer struct {
					User   struct{ UserPrincipalName string }
					Access struct {
						Nodes []struct {
							Roles  []string
							Tenant struct{ Domain string }
						}
					}
				}
			}
			if err := ask(t.Context(), p.url, made.Token, "{ viewer { user { userPrincipalName } access { nodes { roles tenant { domain } } } } }", nil, &who); err != nil {
				t.Fatal(err)
			}
			if a := who.Viewer.Access.Nodes; who.Viewer.User.UserPrincipalName != "ann@wingtip.example" || len(a) != 1 || a[0].Tenant.Domain != "wingtip.example" || a[0].Roles[0] != "GLOBAL_ADMIN" {
				t.Errorf("the token is %+v's", who.Viewer)
			}
			if status, body := bootstrapBy(t, address, request(secret, "NL")); status != http.StatusGone {
				t.Errorf("a second time: %d %s", status, body)
			}
			p.terminate(t)
			if log := p.log.String(); strings.Contains(log, secret) || strings.Contains(log, made.Token) {
				t.Errorf("the log has secrets: %s", log)
			}
			p = start(t, env)
			p.terminate(t)
			if strings.Contains(strings.Join(p.said, "\n"), "bootstrap") {
				t.Errorf("with a tenant it said %q", p.said)
			}
		})
	}
}
