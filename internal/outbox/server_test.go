package outbox

import (
	"strings"
	"testing"
)

// TestServerDefaults: TLS is required of every server but one on this machine.
func TestServerDefaults(t *testing.T) {
	for _, c := range []struct{ url, addr, tls string }{
		{"smtp://mail.example", "mail.example:587", "required"},
		{"smtp://u:p@mail.example:25/", "mail.example:25", "required"},
		{"smtp://192.0.2.1?tls=optional", "192.0.2.1:587", "optional"},
		{"smtp://localhost:25", "localhost:25", "optional"},
		{"smtp://127.0.0.1", "127.0.0.1:587", "optional"},
		{"smtp://[::1]:2525?tls=required", "[::1]:2525", "required"},
		{"smtp://localhost.example", "localhost.example:587", "required"},
		{"smtps://mail.example", "mail.example:465", "implicit"},
		{"smtps://localhost:4650", "localhost:4650", "implicit"},
	} {
		s, err := parseServer(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		got := s.tls
		if s.implicit {
			got = "implicit"
		}
		if s.addr != c.addr || got != c.tls || s.verified() != (c.tls == "required" || c.tls == "implicit") || s.tlsConfig().ServerName != s.host {
			t.Errorf("%s: %s, TLS %s, verified %v", c.url, s.addr, got, s.verified())
		}
	}
	s, err := parseServer("smtp://u%40x:p%2Fw@mail.example")
	if err != nil || s.user != "u@x" || s.password != "p/w" || !strings.Contains(s.redact.Replace("p/w"), "…") {
		t.Errorf("credentials %v, %v", s, err)
	}
}
