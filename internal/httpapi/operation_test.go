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
		"mutation":                 {"POST", "", `{"query":"mutation{set}"}`, []string{isJSON}, 200, jsonUTF8, `{"data":{"set":1}}`},
		"subscription":             {"POST", "", `{"query":"subscription{forever}"}`, []string{isJSON, asSpec}, 400, specUTF8, "text/event-stream"},
		"defer":                    {"POST", "", `{"query":"{...@defer{hello}}"}`, []string{isJSON, asSpec}, 400, specUTF8, "Unknown directive"},
		"stream":                   {"POST", "", `{"query":"{node{nodes @stream {id}}}"}`, []string{isJSON, asSpec}, 400, specUTF8, "Unknown directive"},
		"get":                      {"GET", get("query", "query($n:String){hello(name:$n)}", "variables", `{"n":"x"}`), "", nil, 200, jsonUTF8, "Hello x"},
		"get one of two":           {"GET", get("query", "query A{hello} query B{n}", "operationName", "B"), "", nil, 200, jsonUTF8, `{"data":{"n":1}}`},
		"get without query":        {"GET", "/graphql", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get bad variables":        {"GET", get("query", "{hello}", "variables", "[]"), "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get two variables values": {"GET", get("query", "{hello}", "variables", "{} {}"), "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get malformed":            {"GET", "/graphql?query=%zz", "", nil, 400, jsonUTF8, "GRAPHQL_INVALID"},
		"get mutation":             {"GET", get("query", "mutation{set}"), "", nil, 405, jsonUTF8, "GRAPHQL_INVALID"},
		"head":                     {"HEAD", get("query", "{hello}"), "", nil, 200, jsonUTF8, ""},
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
			if got.status == http.StatusMethodNotAllowed && got.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			for h, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if got.header.Get(h) != want {
					t.Errorf("%s: %q, want %q", h, got.header.Get(h), want)
				}
			}
		})
	}
}

func TestContextOfAnOperation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.post(t, "{about{caller requestId baseURL}}", "X-Request-Id: Mine_1.a-b")
	want := `{"data":{"about":{"baseURL":"` + b.url + `","caller":"good","requestId":"Mine_1.a-b"}}}`
	if got.body != want || got.header.Get("X-Request-Id") != "Mine_1.a-b" {
		t.Errorf("%s with id %s, want %s", got.body, got.header.Get("X-Request-Id"), want)
	}
	public := setup(t, func(o *httpapi.Options) { o.PublicURL = "https://purser.example/" })
	if got := public.post(t, "{about{baseURL}}"); !strings.Contains(got.body, `"baseURL":"https://purser.example"`) {
		t.Error(got.body)
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
