package httpapi

import (
	"maps"
	"net/http"
	"strings"
)

// hstsAge is how long a browser shall not come back without TLS: a year.
const hstsAge = "max-age=31536000"

// protection is what every answer carries. Answers share the values: they set others, and never change these.
var protection = http.Header{
	"Cache-Control":                {"no-store"},
	"X-Content-Type-Options":       {"nosniff"},
	"Referrer-Policy":              {"no-referrer"},
	"Cross-Origin-Resource-Policy": {"same-origin"}, // says nothing about CORS requests
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
}

// protect sets the headers that every answer carries. GraphiQL, the one page, has a wider policy of its own.
func (s *Server) protect(h http.Header, r *http.Request) {
	maps.Copy(h, protection)
	if r.TLS != nil || strings.HasPrefix(s.PublicURL, "https://") {
		h.Set("Strict-Transport-Security", hstsAge)
	}
}
