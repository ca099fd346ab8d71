package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"purser/internal/store/storetest"
)

// TestTokenLife makes a token, uses it, and revokes it beside the server, which refuses it from then on.
func TestTokenLife(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			db := "--database=" + storetest.URL(t, kind)
			tenant := write(t, tenantLine, `{"type":"user","userPrincipalName":"ann@wingtip.example","displayName":"Ann"}`)
			run(t, nil, "import", "tenant", tenant, db).ok(t)
			list := func() string {
				t.Helper()
				return run(t, nil, "token", "list", "--tenant", "wingtip.example", db).ok(t)
			}
			token := run(t, nil, "token", "create", "--tenant", "wingtip.example", "--role", "GLOBAL_READER", "--role", "BILLING_ADMIN", "--name", "nightly", db).ok(t)
			run(t, nil, "token", "create", "--tenant", "wingtip.example", "--user", "ann@wingtip.example", db).ok(t)
			row := regexp.MustCompile(`(?m)^(tok_\S+)  ` + token[:10] + `…  BILLING_ADMIN GLOBAL_READER  20\S+Z  +never  +nightly$`).FindStringSubmatch(list())
			if out := list(); row == nil || !strings.Contains(out, "ann@wingtip.example") || strings.Contains(out, token) {
				t.Fatalf("listed\n%s", out)
			}
			p := start(t, nil, db)
			var got any
			if err := ask(t.Context(), p.url, token, "{ tenant { name } }", nil, &got); err != nil {
				t.Fatal(err)
			}
			if out := run(t, nil, "token", "revoke", "--tenant", "wingtip.example", row[1], db).ok(t); out != "" {
				t.Errorf("printed %q", out)
			}
			if err := ask(t.Context(), p.url, token, "{ tenant { name } }", nil, &got); err == nil || !strings.Contains(err.Error(), "UNAUTHENTICATED") {
				t.Errorf("a revoked token: %v", err)
			}
			if out := list(); strings.Contains(out, "nightly") {
				t.Errorf("listed\n%s", out)
			}
			anns := run(t, nil, "token", "create", "--tenant", "wingtip.example", "--user", "ann@wingtip.example", "--name", "used", db).ok(t)
			if err := ask(t.Context(), p.url, anns, "{ tenant { name } }", nil, &got); err != nil {
				t.Fatal(err)
			}
			p.terminate(t) // it writes down what was used last
			if out := list(); !regexp.MustCompile(`ann@wingtip.example  +20\S+Z  +20\S+Z  +used\n`).MatchString(out + "\n") {
				t.Errorf("listed\n%s", out)
			}
			for _, i := range []string{"tok_0000000000000000000000000z", "nonsense"} {
				if r := run(t, nil, "token", "revoke", "--tenant", "wingtip.example", i, db); r.code != 1 || !strings.Contains(r.log, "There is no such token") {
					t.Errorf("%s: exit code %d, %s", i, r.code, r.log)
				}
			}
		})
	}
}
