package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"purser/internal/httpapi"
	"purser/internal/viewer"
)

// TestErrorsOfTheEdge: whoever refuses, an error has a code of the API and the request's id.
func TestErrorsOfTheEdge(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Origins = []string{"https://admin.example"} })
	known := map[string]bool{}
	for _, v := range theAPI(t).Types["ErrorCode"].EnumValues {
		known[v.Name] = true
	}
	for name, got := range map[string]answer{
		"400":     b.call(t, "POST", "/graphql", "nonsense", isJSON, asGood),
		"401":     b.call(t, "POST", "/graphql", hello, isJSON),
		"403":     b.call(t, "POST", "/graphql", hello, isJSON, asGood, "Origin: https://evil.example"),
		"404":     b.call(t, "GET", "/nothing", ""),
		"405":     b.call(t, "PUT", "/graphql", ""),
		"406":     b.call(t, "POST", "/graphql", hello, isJSON, asGood, "Accept: image/png"),
		"413":     b.call(t, "POST", "/graphql", strings.Repeat(" ", 300<<10), isJSON, asGood),
		"415":     b.call(t, "POST", "/graphql", hello, asGood),
		"upgrade": b.call(t, "GET", "/graphql", "", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 12"),
		"field":   b.post(t, "{boom}"),
		"panic":   b.post(t, "{panic}"),
		"broken":  b.call(t, "POST", "/graphql", hello, isJSON, "Authorization: Bearer broken"),
		"events":  b.post(t, "{boom}", asEvents),
	} {
		m := regexp.MustCompile(`"extensions":\{"code":"([A-Z_]+)","requestId":"(made-\d+)"\}`).FindStringSubmatch(got.body)
		if m == nil || !known[m[1]] || m[2] != got.header.Get("X-Request-Id") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		for _, cause := range []string{"a bug", "goroutine", "EOF"} {
			if strings.Contains(got.body, cause) {
				t.Errorf("%s shows a cause: %s", name, got.body)
			}
		}
	}
}

// lines returns the log's lines about finished requests and operations.
func (b *bundle) lines(t *testing.T) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.logs.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if m["msg"] == "request" && m["status"] != 101.0 || m["msg"] == "operation" || m["msg"] == "stream" {
			list = append(list, m)
		}
	}
	return list
}

// asJSONLog has a server log as JSON, and know a user.
func asJSONLog(b *bundle) func(*httpapi.Options) {
	return func(o *httpapi.Options) {
		o.Log = slog.New(slog.NewJSONHandler(b.logs, nil))
		o.Limits.Cost = 1000
		authenticate := o.Authenticate
		o.Authenticate = func(ctx context.Context, token string) (*viewer.Caller, error) {
			c, err := authenticate(ctx, token)
			if err == nil && token == "user" {
				c.User = "usr_1"
			}
			return c, err
		}
	}
}

func TestOneLineARequest(t *testing.T) {
	t.Parallel()
	shared := &bundle{logs: &logs{}}
	b := setup(t, asJSONLog(shared))
	b.logs = shared.logs
	b.tokens.set("user", 0)
	const canary = "c4nary"
	ask := func(query string, headers ...string) {
		body := `{"query":` + quoted(query) + `,"variables":{"v":"` + canary + `"}}`
		b.call(t, "POST", "/graphql?secret="+canary, body, append(headers, isJSON)...)
	}
	ask("query A($v:String){hello(name:$v) node{nodes{id}}}", "Authorization: Bearer user")
	ask("query B($v:String){hello(name:$v) boom}", asGood)
	ask("query C($v:String){nope(name:$v)}", asGood)
	ask(`query D($v:String){hello(name:"`+canary+`")}`, "Authorization: Bearer "+canary)
	ask("query "+strings.Repeat("x", 1000)+"{hello}", asGood)
	c := b.connect(t, "user")
	c.subscribe("1", "subscription E{count(to:1)}")
	c.expect(`{"type":"next"`, `{"type":"complete"`)
	within(t, "the operation is over", func() bool { return len(b.lines(t)) == 6 })
	ask("subscription F{count(to:1)}", "Authorization: Bearer user", asEvents)
	want := []map[string]any{
		{"msg": "request", "method": "POST", "path": "/graphql", "status": 200.0, "operation": "A", "kind": "query", "cost": 21.0, "viewer": "usr_1", "tenant": "ten_home", "codes": nil, "statements": 0.0},
		{"operation": "B", "viewer": "tok_good", "codes": "CONFLICT", "cost": nil},
		{"operation": nil, "viewer": "tok_good", "codes": "GRAPHQL_INVALID"},
		{"operation": nil, "viewer": nil, "tenant": nil, "codes": "UNAUTHENTICATED", "status": 401.0},
		{"operation": strings.Repeat("x", 100) + "…"},
		{"msg": "operation", "operation": "E", "kind": "subscription", "viewer": "usr_1", "tenant": "ten_home", "codes": nil},
		{"msg": "request", "status": 200.0, "operation": nil, "kind": nil, "viewer": "usr_1", "tenant": "ten_home"},
		{"msg": "stream", "operation": "F", "kind": "subscription", "viewer": "usr_1", "tenant": "ten_home", "codes": nil},
	}
	within(t, "all are logged", func() bool { return len(b.lines(t)) == len(want) })
	list := b.lines(t)
	slices.SortStableFunc(list[6:], func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a["msg"]), fmt.Sprint(b["msg"])) }) // they end at the same time
	for i, line := range list {
		for name, v := range want[i] {
			if line[name] != v {
				t.Errorf("line %d: %s is %v, want %v", i, name, line[name], v)
			}
		}
		if line["duration"] == nil || line["requestId"] == nil {
			t.Errorf("line %d: %v", i, line)
		}
	}
	if strings.Contains(b.logs.String(), canary) {
		t.Errorf("the log holds what callers sent: %s", b.logs.String())
	}
}

// samples returns what Prometheus would read.
func (b *bundle) samples(t *testing.T) string {
	t.Helper()
	got := b.call(t, http.MethodGet, "/metrics", "")
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return got.body
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) {
		o.Limits = httpapi.Limits{Cost: 30, Rate: 1e-9, Burst: 10, Sockets: 1}
		o.Gauges = []httpapi.Gauge{
			{Name: "purser_things", Help: "Things.", Read: func(context.Context) (int, error) { return 7, nil }},
			{Name: "purser_broken", Help: "Broken.", Read: func(context.Context) (int, error) { return 0, errors.New("down") }},
		}
	})
	for _, query := range []string{"{hello}", "{node{nodes{id}}}", "mutation{set}", "{boom}", "{panic}", "{caught}", "{node{nodes{nodes{id}}}}"} {
		b.post(t, query)
	}
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next"`)
	more, _ := b.dial(t)
	more.send(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
	more.closed(4429, "Too many sockets")
	b.post(t, "{hello}")
	within(t, "the refused socket has ended", func() bool { return strings.Contains(b.samples(t), "purser_sockets 1\n") })
	got := b.samples(t)
	for _, want := range []string{
		`purser_operations_total{kind="query",outcome="OK"} 2`,
		`purser_operations_total{kind="query",outcome="CONFLICT"} 1`,
		`purser_operations_total{kind="query",outcome="INTERNAL"} 2`,
		`purser_operations_total{kind="mutation",outcome="OK"} 1`,
		`purser_operations_total{kind="none",outcome="COMPLEXITY_LIMIT_EXCEEDED"} 1`,
		`purser_operations_total{kind="none",outcome="RATE_LIMITED"} 1`,
		`purser_operation_duration_seconds_count{kind="query"} 5`,
		`purser_operation_cost_count 2`, `purser_operation_cost_sum 442`,
		`purser_refusals_total{limit="complexity"} 1`, `purser_refusals_total{limit="credential rate"} 1`, `purser_refusals_total{limit="sockets"} 1`, `purser_refusals_total{limit="in flight"} 0`,
		`purser_panics_total 2`, `purser_in_flight 0`, `purser_streams 1`, `purser_sockets 1`, `purser_statements_total 0`, `purser_things 7`, `go_goroutines `, `process_cpu_seconds_total `,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, never := range []string{"ten_home", "tok_good", "purser_broken"} {
		if strings.Contains(got, never) {
			t.Errorf("%s is in the metrics", never)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "purser_") {
				t.Log(line)
			}
		}
	}
}

func TestMetricsElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.MetricsApart = true })
	if got := b.call(t, "GET", "/metrics", ""); got.status != 404 {
		t.Errorf("%d", got.status)
	}
	w := &memory{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	b.Metrics().ServeHTTP(w, r)
	if !strings.Contains(w.body.String(), "purser_panics_total 0") {
		t.Error(w.body.String())
	}
}
