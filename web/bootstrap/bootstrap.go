// Package bootstrap is the embedded page that a bootstrap link opens.
package bootstrap

import (
	_ "embed"
	"net/http"
)

// The page's files.
var (
	//go:embed page/index.html
	index []byte
	//go:embed page/page.js
	script []byte
	//go:embed page/style.css
	style []byte
)

// contentSecurityPolicy lets the page load nothing from, and talk to nothing but, its own origin.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Handler serves the page at /bootstrap, and its other files below. It answers GET and HEAD.
func Handler() http.Handler {
	mux := http.NewServeMux()
	for path, f := range map[string]struct {
		typ  string
		body []byte
	}{
		"/bootstrap":           {"text/html", index},
		"/bootstrap/page.js":   {"text/javascript", script},
		"/bootstrap/style.css": {"text/css", style},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", f.typ+"; charset=utf-8")
			_, _ = w.Write(f.body) // the client is gone, or it is not
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		mux.ServeHTTP(w, r)
	})
}
