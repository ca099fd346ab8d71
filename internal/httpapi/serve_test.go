package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"purser/internal/httpapi"
)

func TestServeStopsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout = 500 * time.Millisecond })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, l) }()
	b.url = "http://" + l.Addr().String()

	within(t, "it serves", func() bool {
		resp, err := http.Get(b.url + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next"`)
	lines := b.openStream(t, "good")
	slow := make(chan answer, 1)
	go func() { slow <- b.post(t, "{slow}") }()
	within(t, "all are under way", func() bool { return b.schema.open.Load() == 3 })

	stop()
	c.closed(websocket.StatusGoingAway, "Going away")
	for lines.Scan() {
		continue
	}
	if got := <-slow; got.status != 200 || !strings.Contains(got.body, "Too slow") {
		t.Errorf("what was under way: %d %s", got.status, got.body)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop")
	}
	within(t, "everything ends", func() bool { return b.schema.open.Load() == 0 })
	w := &memory{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	b.ServeHTTP(w, r)
	if w.status != http.StatusServiceUnavailable || !strings.Contains(w.body.String(), "shutting down") {
		t.Errorf("ready after the end: %d %s", w.status, w.body.String())
	}
}

// slow serves with a hundredth of the timeouts that are named.
func (b *bundle) slow(t *testing.T, shorten func(*http.Server) []*time.Duration) (address string) {
	t.Helper()
	srv := httpapi.HTTPServer(b.Server)
	for _, d := range shorten(srv) {
		*d /= 100
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String()
}

// TestSlowClients are cut off, each by its own timeout.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	headers := b.slow(t, func(s *http.Server) []*time.Duration { return []*time.Duration{&s.ReadHeaderTimeout} })
	bodies := b.slow(t, func(s *http.Server) []*time.Duration { return []*time.Duration{&s.ReadTimeout} })
	idle := b.slow(t, func(s *http.Server) []*time.Duration { return []*time.Duration{&s.IdleTimeout} })
	const request = "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nContent-Length: 18\r\n"
	for name, c := range map[string]struct{ address, sent, want string }{
		"nothing":           {headers, "", ""},
		"half a header":     {headers, request, ""},
		"half a body":       {bodies, request + "\r\n{\"query\":", "did not arrive"},
		"nothing more":      {idle, request + "\r\n{\"query\":\"{hello}\"}", ""},
		"an endless header": {idle, request + "X: " + strings.Repeat("x", 100<<10), "431 Request Header Fields Too Large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", c.address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, c.sent) // it may be cut off while it sends
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			got, err := io.ReadAll(conn)
			if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || !strings.Contains(string(got), c.want) {
				t.Errorf("%v, %s", err, got)
			}
		})
	}
}

// TestSlowReaders are cut off: nobody can have the server keep large answers for as long as they like.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	httpapi.SetPatience(b.Server, 100*time.Millisecond)
	var query strings.Builder
	for i := range 100 { // makes an answer of 20 MB
		fmt.Fprintf(&query, " a%d:hello(name:$v)", i)
	}
	body := `{"query":` + quoted("query($v:String){"+query.String()+"}") + `,"variables":{"v":"` + strings.Repeat("x", 200_000) + `"}}`
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the request is over", func() bool { return strings.Contains(b.logs.String(), "msg=request") })
}

type memory struct {
	header http.Header
	status int
	body   strings.Builder
}

func (m *memory) Header() http.Header         { return m.header }
func (m *memory) WriteHeader(status int)      { m.status = status }
func (m *memory) Write(b []byte) (int, error) { return m.body.Write(b) }

func TestServeFails(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := b.Serve(t.Context(), l); err == nil {
		t.Error("serves nothing, and says nothing")
	}
}
