package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"purser/internal/httpapi"
)

// subscribeRaw sends a request for a stream over a connection of its own, in a version of HTTP.
func (b *bundle) subscribeRaw(t *testing.T, version, query string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // a test that fails does not hang
		t.Fatal(err)
	}
	body := `{"query":` + quoted(query) + `}`
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/%s\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
		version, len(body), body)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestFeedOnTheWire reads a subscription's answer as it comes, from clients of either version of HTTP, one of whom says more
// than it has to.
func TestFeedOnTheWire(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, version := range []string{"1.1", "1.0"} {
		conn := b.subscribeRaw(t, version, "subscription{count(to:2)}")
		_, _ = io.WriteString(conn, strings.Repeat("more", 100)) // it may be gone by then
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }() // it was read
		h := res.Header
		if res.StatusCode != http.StatusOK || !res.Close || res.TransferEncoding != nil || h.Get("Content-Type") != "text/event-stream" || h.Get("X-Accel-Buffering") != "no" ||
			h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("X-Request-Id"), "made-") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("HTTP/%s: %d %v", version, res.StatusCode, h)
		}
		if date, err := http.ParseTime(h.Get("Date")); err != nil || date.IsZero() {
			t.Errorf("date: %v", err)
		}
		body, err := io.ReadAll(res.Body)
		if want := ":\n\nevent: next\ndata: {\"data\":{\"count\":1}}\n\nevent: next\ndata: {\"data\":{\"count\":2}}\n\nevent: complete\ndata:\n\n"; err != nil || string(body) != want {
			t.Errorf("HTTP/%s: %v, %q", version, err, body)
		}
	}
}

// TestFeedPanics has a bug show where a subscription yields something: the stream ends with that, the server lives on.
func TestFeedPanics(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.post(t, "subscription{panics}", asEvents)
	if got.status != 200 || !strings.Contains(got.body, `"code":"INTERNAL"`) || !strings.HasSuffix(got.body, "event: complete\ndata:\n\n") {
		t.Errorf("%d %s", got.status, got.body)
	}
	within(t, "the panic is logged", func() bool { return strings.Contains(b.logs.String(), "panic: a bug: at goroutine") })
}

// TestFeedOfASlowReader: who does not read what it asked for is gone.
func TestFeedOfASlowReader(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	httpapi.SetPatience(b.Server, 100*time.Millisecond)
	b.subscribeRaw(t, "1.1", "subscription{count(to:1000000000)}")
	within(t, "the subscription ends", func() bool { return strings.Contains(b.logs.String(), "msg=stream ") })
}
