package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purser/internal/httpapi"
)

const (
	jsonUTF8 = "application/json; charset=utf-8"
	specUTF8 = "application/graphql-response+json; charset=utf-8"
)

func TestOverHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	get := func(kv ...string) string {
		v := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return "/graphql?" + v.Encode()
	}
	typename := `{"query":"{__typename}"}`
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		typ, contains      string
	}{
		"json":                     {"POST", "", typename, []string{isJSON, asJSON}, 200, jsonUTF8, `{"data":{"__typename":"Query"}}`},
		"spec type":                {"POST", "", typename, []string{isJSON, asSpec}, 200, specUTF8, `{"data":{"__typename":"Query"}}`},
		"no accept":                {"POST", "", typename, []string{isJSON}, 200, jsonUTF8, `{"data"`},
		"any":                      {"POST", "", typename, []string{isJSON, "Accept: */*"}, 200, jsonUTF8, `{"data"`},
		"q-values":                 {"POST", "", typename, []string{isJSON, "Accept: application/graphql-response+json;q=0.5, application/json;q=0.9"}, 200, jsonUTF8, `{"data"`},
		"spec before json":         {"POST", "", typename, []string{isJSON, "Accept: application/graphql-response+json, application/json"}, 200, specUTF8, `{"data"`},
		"named before any":         {"POST", "", typename, []string{isJSON, "Accept: */*, application/graphql-response+json"}, 200, specUTF8, `{"data"`},
		"json refused":             {"POST", "", typename, []string{isJSON, "Accept: application/json;q=0, */*"}, 200, specUTF8, `{"data"`},
		"q-values, the other way":  {"POST", "", typename, []string{isJSON, "Accept: application/json;q=0.8, application/graphql-response+json;q=0.81"}, 200, specUTF8, `{"data"`},
		"q of the most exact":      {"POST", "", typename, []string{isJSON, "Accept: application/json;q=0.1, application/*;q=0.5, */*"}, 200, specUTF8, `{"data"`},
		"q in capitals":            {"POST", "", typename, []string{isJSON, "Accept: Application/JSON;Q=0, application/graphql-response+json"}, 200, specUTF8, `{"data"`},
		"no quality":               {"POST", "", typename, []string{isJSON, "Accept: application/json;q=2"}, 406, jsonUTF8, "GRAPHQL_INVALID"},
		"two accepts":              {"POST", "", typename, []string{isJSON, "Accept: text/html", "Accept: application/json"}, 200, jsonUTF8, `{"data"`},
		"not acceptable":           {"POST", "", typename, []string{isJSON, "Accept: text/html"}, 406, jsonUTF8, "GRAPHQL_INVALID"},
		"nothing acceptable":       {"POST", "", typename, []string{isJSON, "Accept: */*;q=0"}, 406, jsonUTF8, "GRAPHQL_INVALID"},
		"charset":                  {"POST", "", typename, []string{"Content-Type: application/json; charset=UTF-8"}, 200, jsonUTF8, `{"data"`},
		"other charset":            {"POST", "", typename, []string{"Content-Type: application/json; charset=utf-16"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"form":                     {"POST", "", "query={__typename}", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"multipart":                {"POST", "", typename, []string{"Content-Type: multipart/form-data; boundary=x"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"plain text":               {"POST", "", typename, []string{"Content-Type: text/plain"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"no content type":          {"POST", "", typename, nil, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"compressed":               {"POST", "", typename, []string{isJSON, "Content-Encoding: gzip"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"parse error, json":        {"POST", "", `{"query":"{"}`, []string{isJSON, asJSON}, 200, jsonUTF8, "GRAPHQL_INVALID"},
		"parse error, spec":        {"POST", "", `{"query":"{"}`, []string{isJSON, asSpec}, 400, specUTF8, "GRAPHQL_INVALID"},
		"validation, json":         {"POST", "", `{"query":"{nope}"}`, []string{isJSON, asJSON}, 200, jsonUTF8, "GRAPHQL_INVALID"},
		"validation, spec":         {"POST", "", `{"query":"{nope}"}`, []string{isJSON, asSpec}, 400, specUTF8, "GRAPHQL_INVALID"},
		"variables, json":          {"POST", "", `{"query":"query($i:Int!){n(i:$i)}"}`, []string{isJSON, asJSON}, 200, jsonUTF8, "INVALID"},
		"variables, spec":          {"POST", "", `{"query":"query($i:Int!){n(i:$i)}"}`, []string{isJSON, asSpec}, 400, specUTF8, "INVALID"},
		"empty document":           {"POST", "", `{"query":""}`, []string{isJSON, asSpec}, 400, specUTF8, "GRAPHQL_INVALID"},
		"no such operation":        {"POST", "", `{"query":"query A{hello}","operationName":"B"}`, []string{isJSON, asSpec}, 400, specUTF8, "GRAPHQL_INVALID"},
		"field error":              {"POST", "", `{"query":"{boom hello}"}`, []string{isJSON, asSpec}, 200, specUTF8, `"data":{"boom":null,"hello":`},
		"variable":                 {"POST", "", `{"query":"query($n:String){hello(name:$n)}","variables":{"n":"☃"}}`, []string{isJSON}, 200, jsonUTF8, `Hello ☃`},
		"digits":                   {"POST", "", `{"query":"query($i:Int){n(i:$i)}","variables":{"i":9007199254740993}}`, []string{isJSON}, 200, jsonUTF8, `{"data":{"n":9007199254740993}}`},
		"not UTF-8":                {"POST", "", "{\"query\":\"{hello}\",\"x\":\"\xff\"}", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"nulls":                    {"POST", "", `{"query":"{hello}","variables":null,"operationName":null,"extensions":null}`, []string{isJSON}, 200, jsonUTF8, `{"data"`},
		"body missing":             {"POST", "", "", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"body null":                {"POST", "", "null", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"batch":                    {"POST", "", "[" + typename + "]", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"two values":               {"POST", "", typename + typename, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"not JSON":                 {"POST", "", `{"query":`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"query missing":            {"POST", "", `{}`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"query a number":           {"POST", "", `{"query":1}`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"operationName a list":     {"POST", "", `{"query":"{hello}","operationName":[]}`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"variables a list":         {"POST", "", `{"query":"{hello}","variables":[]}`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"extensions a string":      {"POST", "", `{"query":"{hello}","extensions":"x"}`, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"a value behind":           {"POST", "", typename + "]", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"space behind":             {"POST", "", typename + " \r\n", []string{isJSON}, 200, jsonUTF8, `{"data"`},
		"byte order mark":          {"POST", "", "\ufeff" + typename, []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"latin-1":                  {"POST", "", "{\"query\":\"{hello(name:\\\"\xe9\\\")}\"}", []string{isJSON}, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"two content types":        {"POST", "", typename, []string{isJSON, "Content-Type: text/plain"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"application/graphql":      {"POST", "", "{__typename}", []string{"Content-Type: application/graphql"}, 415, jsonUTF8, "GRAPHQL_INVALID"},
		"mutation":                 {"POST", "", `{"query":"mutation{set}"}`, []string{isJSON}, 200, jsonUTF8, `{"data":{"set":1}}`},
		"subscription":             {"POST", "", `{"query":"subscription{forever}"}`, []string{isJSON, asSpec}, 400, specUTF8, "text/event-stream"},
		"subscription, json":       {"POST", "", `{"query":"subscription{forever}"}`, []string{isJSON, asJSON}, 200, jsonUTF8, `{"errors":[{"message":"Subscribe over WebSocket`},
		"subscription, any":        {"POST", "", `{"query":"subscription{forever}"}`, []string{isJSON, "Accept: */*"}, 200, jsonUTF8, `{"errors":[{"message":"Subscribe over WebSocket`},
		"get subscription":         {"GET", get("query", "subscription{forever}"), "", []string{asSpec}, 400, specUTF8, "text/event-stream"},
		"defer":                    {"POST", "", `{"query":"{...@defer{hello}}"}`, []string{isJSON, asSpec}, 400, specUTF8, "Unknown directive"},
		"stream":                   {"POST", "", `{"query":"{node{nodes @stream {id}}}"}`, []string{isJSON, asSpec}, 400, specUTF8, "Unknown directive"},
		"get":                      {"GET", get("query", "query($n:String){hello(name:$n)}", "variables", `{"n":"x"}`), "", nil, 200, jsonUTF8, "Hello x"},
		"get one of two":           {"GET", get("query", "query A{hello} query B{n}", "operationName", "B"), "", nil, 200, jsonUTF8, `{"data":{"n":1}}`},
		"get without query":        {"GET", "/graphql", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get bad variables":        {"GET", get("query", "{hello}", "variables", "[]"), "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get two variables values": {"GET", get("query", "{hello}", "variables", "{} {}"), "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get a value behind":       {"GET", get("query", "{hello}", "variables", "{}]"), "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get two queries":          {"GET", get("query", "{hello}") + "&query={n}", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get query not UTF-8":      {"GET", "/graphql?query={hello(name:%22%e9%22)}", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get name not UTF-8":       {"GET", get("query", "{hello}") + "&operationName=%e9", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get variables not UTF-8":  {"GET", get("query", "{hello}") + "&variables={%22%e9%22:1}", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get malformed":            {"GET", "/graphql?query=%zz", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get mutation":             {"GET", get("query", "mutation{set}"), "", nil, 405, jsonUTF8, "GRAPHQL_INVALID"},
		"head":                     {"HEAD", get("query", "{hello}"), "", nil, 200, jsonUTF8, ""},
		"head mutation":            {"HEAD", get("query", "mutation{set}"), "", nil, 405, jsonUTF8, ""},
		"head not acceptable":      {"HEAD", get("query", "{hello}"), "", []string{"Accept: text/html"}, 406, jsonUTF8, ""},
		"put":                      {"PUT", "", typename, []string{isJSON}, 405, jsonUTF8, "GRAPHQL_INVALID"},
		"delete":                   {"DELETE", "", "", nil, 405, jsonUTF8, "GRAPHQL_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.path
			if path == "" {
				path = "/graphql"
			}
			got := b.call(t, c.method, path, c.body, append(c.headers, asGood)...)
			if got.status != c.status || got.header.Get("Content-Type") != c.typ || !strings.Contains(got.body, c.contains) {
				t.Errorf("%d %s %s\nwant %d %s …%s…", got.status, got.header.Get("Content-Type"), got.body, c.status, c.typ, c.contains)
			}
			if strings.Contains(got.body, `"errors"`) {
				if got.status != http.StatusOK && strings.Contains(got.body, `"data"`) {
					t.Errorf("a refusal has data: %s", got.body)
				}
				if !strings.Contains(got.body, `"requestId":"made-`) {
					t.Errorf("no request id: %s", got.body)
				}
			}
			allow := "GET, HEAD, POST"
			if strings.HasSuffix(name, "mutation") {
				allow = "POST"
			}
			if got.status == http.StatusMethodNotAllowed && got.header.Get("Allow") != allow {
				t.Errorf("405 with Allow: %q, want %q", got.header.Get("Allow"), allow)
			}
			for h, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if got.header.Get(h) != want {
					t.Errorf("%s: %q, want %q", h, got.header.Get(h), want)
				}
			}
		})
	}
}

// TestHead: HEAD says what GET would, and has no body.
func TestHead(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, query := range map[string]string{"answer": "{hello}", "field error": "{boom}", "refusal": "{nope}", "nothing": ""} {
		path := "/graphql?query=" + query
		get, head := b.call(t, "GET", path, "", asGood, asSpec), b.call(t, "HEAD", path, "", asGood, asSpec)
		if head.body != "" || head.status != get.status {
			t.Errorf("%s: %d %q, want %d and no body", name, head.status, head.body, get.status)
		}
		for _, h := range []string{"Content-Type", "Content-Length"} {
			if head.header.Get(h) != get.header.Get(h) {
				t.Errorf("%s: %s: %q, want %q", name, h, head.header.Get(h), get.header.Get(h))
			}
		}
	}
	for _, query := range []string{"{hello}", "subscription{forever}"} { // begun, it would never end
		got := b.call(t, "HEAD", "/graphql?query="+query, "", asGood, asEvents)
		if got.status != 200 || got.header.Get("Content-Type") != "text/event-stream" || b.schema.open.Load() != 0 {
			t.Errorf("events of %s: %d %v, %d open", query, got.status, got.header, b.schema.open.Load())
		}
	}
	within(t, "all requests are over", func() bool { return strings.Count(b.logs.String(), "msg=request") == 10 })
}

func TestContextOfAnOperation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.post(t, "mutation{about{caller requestId baseURL}}", "X-Request-Id: Mine_1.a-b")
	want := `{"data":{"about":{"baseURL":"` + b.url + `","caller":"good","requestId":"Mine_1.a-b"}}}`
	if got.body != want || got.header.Get("X-Request-Id") != "Mine_1.a-b" {
		t.Errorf("%s with id %s, want %s", got.body, got.header.Get("X-Request-Id"), want)
	}
	public := setup(t, func(o *httpapi.Options) { o.PublicURL = "https://purser.example/" })
	for _, accept := range []string{"application/json", "text/event-stream"} {
		if got := public.post(t, "mutation{about{baseURL}}", "Accept: "+accept); !strings.Contains(got.body, `"baseURL":"https://purser.example"`) {
			t.Errorf("%s: %s", accept, got.body)
		}
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout = 50 * time.Millisecond })
	if got := b.post(t, "{slow}"); got.status != 200 || !strings.Contains(got.body, "UNAVAILABLE") {
		t.Errorf("%d %s, want UNAVAILABLE", got.status, got.body)
	}
	got := b.call(t, "POST", "/graphql", `{"query":"{hello}"}`, isJSON, "Authorization: Bearer slow")
	if got.status != 503 || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "UNAVAILABLE") {
		t.Errorf("%d %s, want 503 with Retry-After", got.status, got.body)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.post(t, "{panic}")
	if got.status != 500 || !strings.Contains(got.body, `"INTERNAL"`) || strings.Contains(got.body, "a bug") {
		t.Errorf("%d %s, want INTERNAL and nothing of the cause", got.status, got.body)
	}
	if !strings.Contains(b.logs.String(), "a bug") {
		t.Error("the cause is not in the log")
	}
}
