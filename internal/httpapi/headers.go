package httpapi

import (
	"net/http"
	"strings"
)

// hstsAge is how long a browser shall not come back without TLS: a year.
const hstsAge = "max-age=31536000"

// protect sets the headers that every answer carries. GraphiQL, the one page, has a wider policy of its own.
func (s *Server) protect(h http.Header, r *http.Request) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin") // says nothing about CORS requests
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if r.TLS != nil || strings.HasPrefix(s.PublicURL, "https://") {
		h.Set("Strict-Transport-Security", hstsAge)
	}
}
