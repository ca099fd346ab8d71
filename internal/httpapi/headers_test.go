package httpapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"purser/internal/httpapi"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, got := range map[string]answer{
		"an answer":      b.post(t, "{hello}"),
		"events":         b.post(t, "{hello}", asEvents),
		"a refusal":      b.call(t, "POST", "/graphql", "", isJSON),
		"a stranger":     b.call(t, "POST", "/graphql", hello, isJSON),
		"a panic":        b.post(t, "{panic}"),
		"the schema":     b.call(t, "GET", "/schema.graphql", ""),
		"health":         b.call(t, "GET", "/healthz", ""),
		"a download":     b.call(t, "GET", "/exports/exp_1?key=s3cret", ""),
		"no download":    b.call(t, "GET", "/exports/exp_1", ""),
		"metrics":        b.call(t, "GET", "/metrics", ""),
		"nothing":        b.call(t, "GET", "/nothing", ""),
		"another method": b.call(t, "DELETE", "/graphql", ""),
		"a bad upgrade":  b.call(t, "GET", "/graphql", "", "Upgrade: websocket"),
	} {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "", "Access-Control-Allow-Credentials": "",
		} {
			if got.header.Get(header) != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got.header.Get(header), want)
			}
		}
	}
}

func TestHSTSOverTLSOnly(t *testing.T) {
	t.Parallel()
	plain := setup(t, nil)
	public := setup(t, func(o *httpapi.Options) { o.PublicURL = "https://purser.example" })
	for name, c := range map[string]struct {
		b    *bundle
		tls  *tls.ConnectionState
		want string
	}{
		"plain": {plain, nil, ""}, "TLS": {plain, &tls.ConnectionState{}, "max-age=31536000"}, "TLS before the server": {public, nil, "max-age=31536000"},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", http.NoBody)
		r.TLS = c.tls
		c.b.ServeHTTP(w, r)
		if got := w.Header().Get("Strict-Transport-Security"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestVary(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Origins = []string{"https://admin.example"} })
	for _, origin := range []string{"https://admin.example", "https://evil.example", ""} {
		got := b.call(t, "GET", "/schema.graphql", "", "Origin: "+origin)
		if got.header.Get("Vary") != "Origin" || got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%q: %v", origin, got.header)
		}
	}
}
