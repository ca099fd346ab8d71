package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"purser/internal/httpapi"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, c := range map[string]struct {
		query   string
		headers []string
		status  int
		want    string
	}{
		"good":                   {"{hello}", []string{asGood}, 200, `"data"`},
		"scheme in any case":     {"{hello}", []string{"Authorization: bEARER good"}, 200, `"data"`},
		"unknown":                {"{__typename}", []string{"Authorization: Bearer other"}, 401, "UNAUTHENTICATED"},
		"other scheme":           {"{__typename}", []string{"Authorization: Basic Zm9vOmJhcg=="}, 401, "UNAUTHENTICATED"},
		"no token":               {"{__typename}", []string{"Authorization: Bearer"}, 401, "UNAUTHENTICATED"},
		"two words":              {"{__typename}", []string{"Authorization: Bearer good good"}, 401, "UNAUTHENTICATED"},
		"twice":                  {"{__typename}", []string{asGood, asGood}, 401, "UNAUTHENTICATED"},
		"long":                   {"{__typename}", []string{"Authorization: Bearer " + strings.Repeat("x", 9000)}, 401, "UNAUTHENTICATED"},
		"broken":                 {"{__typename}", []string{"Authorization: Bearer broken"}, 500, "INTERNAL"},
		"stranger":               {"{__typename}", nil, 200, `{"data":{"__typename":"Query"}}`},
		"stranger, fragments":    {"{...a ...{__typename}} fragment a on Query{__typename}", nil, 200, `"data"`},
		"stranger asks":          {"{hello}", nil, 401, "UNAUTHENTICATED"},
		"stranger by a fragment": {"{...a} fragment a on Query{...{hello}}", nil, 401, "UNAUTHENTICATED"},
		"stranger skips":         {"{__typename hello @skip(if:true)}", nil, 401, "UNAUTHENTICATED"},
		"stranger introspects":   {"{__schema{queryType{name}}}", nil, 401, "UNAUTHENTICATED"},
		"stranger, __type":       {`{__type(name:"Query"){name}}`, nil, 401, "UNAUTHENTICATED"},
		"stranger mutates":       {"mutation{set}", nil, 401, "UNAUTHENTICATED"},
		"stranger, two":          {"{__typename} query B{hello}", nil, 401, "UNAUTHENTICATED"},
		"stranger, unknown":      {"{helo}", nil, 401, "UNAUTHENTICATED"},
		"stranger's typo":        {"{__typename", nil, 200, "GRAPHQL_INVALID"},
		"empty query":            {"", nil, 200, "GRAPHQL_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.call(t, "POST", "/graphql", `{"query":`+quoted(c.query)+`}`, append(c.headers, isJSON)...)
			if got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s, want %d …%s…", got.status, got.body, c.status, c.want)
			}
			if c.status == 401 && (got.header.Get("WWW-Authenticate") != "Bearer" || strings.Contains(got.body, `"data"`)) {
				t.Errorf("WWW-Authenticate %q, body %s", got.header.Get("WWW-Authenticate"), got.body)
			}
		})
	}
}

func TestLongTokensAreNotLookedUp(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]bool{8 << 10: true, 8<<10 + 1: false} {
		if _, ok := httpapi.Bearer("Bearer " + strings.Repeat("x", length)); ok != want {
			t.Errorf("%d bytes: %t", length, ok)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Origins = []string{"https://admin.example"} })
	ask := func(headers ...string) answer {
		return b.call(t, "POST", "/graphql", `{"query":"{hello}"}`, append(headers, isJSON, asGood)...)
	}
	for name, c := range map[string]struct {
		headers []string
		status  int
		allowed string
	}{
		"not a browser":      {nil, 200, ""},
		"on the list":        {[]string{"Origin: https://admin.example", "Sec-Fetch-Site: cross-site"}, 200, "https://admin.example"},
		"the server's own":   {[]string{"Origin: " + b.url, "Sec-Fetch-Site: same-origin"}, 200, ""},
		"foreign":            {[]string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403, ""},
		"foreign, old":       {[]string{"Origin: https://evil.example"}, 403, ""},
		"other scheme":       {[]string{"Origin: http://admin.example", "Sec-Fetch-Site: cross-site"}, 403, ""},
		"lookalike":          {[]string{"Origin: https://admin.example.evil.example", "Sec-Fetch-Site: cross-site"}, 403, ""},
		"null":               {[]string{"Origin: null", "Sec-Fetch-Site: cross-site"}, 403, ""},
		"without an origin":  {[]string{"Sec-Fetch-Site: cross-site"}, 403, ""},
		"same site is other": {[]string{"Origin: https://x.example", "Sec-Fetch-Site: same-site"}, 403, ""},
	} {
		got := ask(c.headers...)
		if got.status != c.status || got.header.Get("Access-Control-Allow-Origin") != c.allowed {
			t.Errorf("%s: %d, allowed %q; want %d, %q", name, got.status, got.header.Get("Access-Control-Allow-Origin"), c.status, c.allowed)
		}
	}
	pre := b.call(t, "OPTIONS", "/graphql", "", "Origin: https://admin.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type")
	if pre.status != 204 || pre.header.Get("Access-Control-Allow-Origin") != "https://admin.example" {
		t.Errorf("preflight: %d %v", pre.status, pre.header)
	}
	plain := setup(t, nil)
	if got := plain.call(t, "GET", "/schema.graphql", "", "Origin: https://evil.example"); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("without a list every origin is allowed")
	}
}

func TestOriginsMustBeExact(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"*", "https://*.example", "admin.example", "https://admin.example/", "https://", "https://Admin.example", "ftp://admin.example", "null"} {
		if _, err := httpapi.New(httpapi.Options{Schema: newSchema(), Errors: options(nil, newSchema(), nil).Errors, Now: time.Now, Origins: []string{origin}}); err == nil {
			t.Errorf("%q is taken", origin)
		}
	}
}
