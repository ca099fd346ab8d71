package httpapi

import (
	"net/http"
	"strings"
)

// hstsAge is how long a browser shall not come back without TLS: a year.
const hstsAge = "max-age=31536000"

// protection is what every answer carries. Answers share the values: they set others, and never change these.
var protection = []struct {
	name   string
	values []string
}{
	{"Cache-Control", []string{"no-store"}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"no-referrer"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}}, // says nothing about CORS requests
	{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
}

// protect sets the headers that every answer carries. GraphiQL, the one page, has a wider policy of its own.
func (s *Server) protect(h http.Header, r *http.Request) {
	for _, p := range protection {
		h[p.name] = p.values
	}
	if r.TLS != nil || strings.HasPrefix(s.PublicURL, "https://") {
		h.Set("Strict-Transport-Security", hstsAge)
	}
}
