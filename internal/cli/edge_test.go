package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"purser/internal/cli"
	"purser/internal/store/storetest"
)

func TestWhereGraphiQLIsServed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		graphiql, ip string
		demo, want   bool
	}{
		{"auto", "127.0.0.1", false, true},
		{"auto", "::1", false, true},
		{"auto", "0.0.0.0", false, false},
		{"auto", "::", false, false},
		{"auto", "192.0.2.1", false, false},
		{"auto", "192.0.2.1", true, true},
		{"on", "192.0.2.1", false, true},
		{"off", "127.0.0.1", false, false},
		{"off", "127.0.0.1", true, false},
	} {
		if got, err := cli.HasPage(c.graphiql, &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 8080}, c.demo); err != nil || got != c.want {
			t.Errorf("%s at %s, demo %t: %t, %v", c.graphiql, c.ip, c.demo, got, err)
		}
	}
}

// get returns the status of an address and what is there.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestServeFlags: what the flags of the edge say reaches the server.
func TestServeFlags(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) { serveFlags(t, "--database="+storetest.URL(t, kind)) })
	}
}

func serveFlags(t *testing.T, db string) {
	t.Helper()
	run(t, nil, "migrate", db).ok(t)
	run(t, nil, "seed", "demo", db).ok(t)
	token := run(t, nil, "token", "create", db, "--tenant=contoso.example", "--user=admin@contoso.example").ok(t)

	p := start(t, []string{"PURSER_COST_LIMIT=2", "PURSER_GRAPHIQL=off", "PURSER_LEAN=false"}, db, "--log-format=json", "--metrics-addr=127.0.0.1:0", "--rate-limit=0.001", "--rate-burst=2")
	if status, _ := get(t, p.url+"/"); status != http.StatusNotFound || strings.Contains(p.said[0], "GraphiQL") {
		t.Errorf("GraphiQL is served, %d, %s", status, p.said)
	}
	if status, _ := get(t, p.url+"/metrics"); status != http.StatusNotFound {
		t.Errorf("metrics beside the API: %d", status)
	}
	ctx := context.WithoutCancel(t.Context())
	err := ask(ctx, p.url, token, "{ viewer { credential { name } access { totalCount } } }", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "COMPLEXITY_LIMIT_EXCEEDED") {
		t.Errorf("three objects: %v", err)
	}
	if err := ask(ctx, p.url, token, "{ viewer { credential { name } } }", nil, &struct{}{}); err != nil {
		t.Errorf("two objects: %v", err)
	}
	if err := ask(ctx, p.url, token, "{ viewer { credential { name } } }", nil, &struct{}{}); err == nil || !strings.Contains(err.Error(), "RATE_LIMITED") {
		t.Errorf("a third request: %v", err)
	}
	at := regexp.MustCompile(`"at":"([^"]+)"`).FindStringSubmatch(p.log.String())
	if at == nil {
		t.Fatal(p.log.String())
	}
	_, metrics := get(t, at[1])
	for _, want := range []string{"purser_mails_queued 0", "purser_moves_unfinished ", `purser_refusals_total{limit="credential rate"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if strings.Contains(metrics, "purser_subtrees_") {
		t.Error("answers are written by package lean")
	}
	p.terminate(t)
	for line := range strings.Lines(p.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}
