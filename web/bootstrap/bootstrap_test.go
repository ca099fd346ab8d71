package bootstrap_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"purser/web/bootstrap"
)

func TestPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		status       int
		typ          string
	}{
		{"GET", "/bootstrap", 200, "text/html; charset=utf-8"},
		{"HEAD", "/bootstrap", 200, "text/html; charset=utf-8"},
		{"GET", "/bootstrap/page.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/bootstrap/style.css", 200, "text/css; charset=utf-8"},
		{"GET", "/bootstrap/", 404, "text/plain; charset=utf-8"},
		{"GET", "/bootstrap/index.html", 404, "text/plain; charset=utf-8"},
		{"PUT", "/bootstrap", 405, "text/plain; charset=utf-8"},
	} {
		w := httptest.NewRecorder()
		bootstrap.Handler().ServeHTTP(w, httptest.NewRequest(c.method, c.path, http.NoBody))
		if w.Code != c.status || w.Header().Get("Content-Type") != c.typ {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Header().Get("Content-Type"))
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe") || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s %s: headers %v", c.method, c.path, w.Header())
		}
	}
}

// TestPageKeepsItsPolicy: nothing is inline, and nothing is elsewhere.
func TestPageKeepsItsPolicy(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	bootstrap.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/bootstrap", http.NoBody))
	for what, pattern := range map[string]string{
		"a script": `<script[^>]*>[^<]`, "a style": `<style|style="`, "a handler": ` on[a-z]+="`, "another origin": `(src|href)="(https?:)?//`,
	} {
		if found := regexp.MustCompile(pattern).FindString(w.Body.String()); found != "" {
			t.Errorf("%s: %s", what, found)
		}
	}
}
