package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"purser/internal/httpapi"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	page := setup(t, func(o *httpapi.Options) {
		o.GraphiQL = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
		o.Ready = func(context.Context) error { return errors.New("no database") }
	})
	const csv = "text/csv; charset=utf-8"
	for name, c := range map[string]struct {
		b            *bundle
		method, path string
		status       int
		typ, body    string
	}{
		"schema":         {b, "GET", "/schema.graphql", 200, "text/plain; charset=utf-8", sdl},
		"schema head":    {b, "HEAD", "/schema.graphql", 200, "text/plain; charset=utf-8", ""},
		"schema post":    {b, "POST", "/schema.graphql", 405, jsonUTF8, ""},
		"health":         {b, "GET", "/healthz", 200, "text/plain; charset=utf-8", "ok"},
		"health post":    {b, "POST", "/healthz", 405, jsonUTF8, ""},
		"ready":          {b, "GET", "/readyz", 200, "text/plain; charset=utf-8", "ready"},
		"not ready":      {page, "GET", "/readyz", 503, "text/plain; charset=utf-8", "not ready"},
		"export":         {b, "GET", "/exports/exp_1?key=s3cret", 200, csv, "product,user\r\n"},
		"export head":    {b, "HEAD", "/exports/exp_1?key=s3cret", 200, csv, ""},
		"export post":    {b, "POST", "/exports/exp_1?key=s3cret", 405, jsonUTF8, ""},
		"no key":         {b, "GET", "/exports/exp_1", 404, jsonUTF8, "NOT_FOUND"},
		"wrong key":      {b, "GET", "/exports/exp_1?key=x", 404, jsonUTF8, "NOT_FOUND"},
		"fails early":    {b, "GET", "/exports/exp_early?key=s3cret", 503, jsonUTF8, "UNAVAILABLE"},
		"no GraphiQL":    {b, "GET", "/", 404, jsonUTF8, "NOT_FOUND"},
		"nothing there":  {b, "GET", "/nope", 404, jsonUTF8, "NOT_FOUND"},
		"GraphiQL":       {page, "GET", "/", 200, "text/plain; charset=utf-8", "page /"},
		"GraphiQL asset": {page, "GET", "/assets/x.js", 200, "text/plain; charset=utf-8", "page /assets/x.js"},
	} {
		got := c.b.call(t, c.method, c.path, "")
		if got.status != c.status || got.header.Get("Content-Type") != c.typ || !strings.Contains(got.body, c.body) {
			t.Errorf("%s: %d %s %s", name, got.status, got.header.Get("Content-Type"), got.body)
		}
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", name, got.header)
		}
		if got.status == 405 && got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: Allow %q", name, got.header.Get("Allow"))
		}
		file := strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment; filename*=utf-8''licensed%20%E2%80%9Cusers")
		if file != (got.header.Get("Content-Type") == csv) {
			t.Errorf("%s: Content-Disposition %q", name, got.header.Get("Content-Disposition"))
		}
	}
	if strings.Contains(b.logs.String(), "s3cret") {
		t.Error("the log holds the secret of a link")
	}
}

func TestABrokenExportShows(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/exports/exp_late?key=s3cret", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		_, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		t.Error("the client takes half a file for a whole one")
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for sent, taken := range map[string]bool{
		"abc-1.2_3": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "a b": false, "a/b": false, "é": false, "": false,
	} {
		got := b.call(t, "GET", "/healthz", "", "X-Request-Id: "+sent).header.Get("X-Request-Id")
		if (got == sent) != taken || got == "" {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.post(t, "query Mine{hello}", "X-Request-Id: r1")
	within(t, "the line is there", func() bool { return strings.Contains(b.logs.String(), "requestId=r1") })
	for _, want := range []string{"msg=request", "method=POST", "path=/graphql", "status=200", "duration=", "statements=0", "kind=query", "operation=Mine", "tenant=ten_home"} {
		if !strings.Contains(b.logs.String(), want) {
			t.Errorf("no %s in %s", want, b.logs)
		}
	}
}
