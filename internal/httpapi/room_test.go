package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"purser/internal/httpapi"
)

// async begins a request and returns what ends it.
func (b *bundle) async(t *testing.T, query string) (giveUp func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/graphql", strings.NewReader(`{"query":`+quoted(query)+`}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer good"}}
	go func() {
		if resp, err := http.DefaultClient.Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}()
	return cancel
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Limits.InFlight, o.Timeout = 2, time.Minute })
	c := b.connect(t, "good")
	giveUp := b.async(t, "{slow}")
	c.subscribe("slow", "{slow}") // counts like a request
	within(t, "both are under way", func() bool { return b.schema.open.Load() == 2 })

	conn, first := b.begin(t, "slow", 100) // neither the body nor the credential is waited for
	rest := make([]byte, 2000)
	n, _ := conn.Read(rest)
	if got := first + string(rest[:n]); !strings.HasPrefix(got, "HTTP/1.1 503") || !strings.Contains(got, "Retry-After: 1") || !strings.Contains(got, "UNAVAILABLE") {
		t.Errorf("one more: %s", got)
	}
	c.subscribe("more", "{hello}")
	c.expect(`{"type":"error","id":"more","payload":[{"message":"The server is busy`)
	if got := b.call(t, "GET", "/healthz", ""); got.status != 200 {
		t.Errorf("health: %d", got.status)
	}

	giveUp()
	c.send(`{"type":"complete","id":"slow"}`)
	within(t, "there is room again", func() bool { return b.post(t, "{hello}").status == 200 && b.schema.open.Load() == 0 })
	for _, query := range []string{"{hello}", "{boom}", "{panic}", "{nope}", "mutation{set}"} { // each gives its place back
		for range 3 {
			if got := b.post(t, query); got.status == 503 {
				t.Errorf("%s: %s", query, got.body)
			}
		}
	}
}

// begin sends a request whose body comes when it is asked for, and returns what the server says first.
func (b *bundle) begin(t *testing.T, token string, length int) (conn net.Conn, first string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", token, length)
	if err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 25)
	if _, err := io.ReadFull(conn, said); err != nil {
		t.Fatal(err)
	}
	return conn, string(said)
}

// TestSlowSendersKeepNobodyWaiting has more clients begin a request than may be executed.
func TestSlowSendersKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Limits.InFlight = 2 })
	for range 10 {
		if _, said := b.begin(t, "good", 100); !strings.HasPrefix(said, "HTTP/1.1 100") {
			t.Fatal(said)
		}
	}
	if got := b.post(t, "{hello}"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Limits.Streams, o.Limits.InFlight = 2, 1 })
	b.openStream(t, "good")
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next","id":"1"`)
	c.subscribe("2", "subscription{forever}")
	c.expect(`{"type":"error","id":"2","payload":[{"message":"The server has as many subscriptions`)
	got := b.post(t, "subscription{forever}", asEvents)
	if got.status != 503 || got.header.Get("Retry-After") == "" || got.header.Get("Content-Type") != jsonUTF8 {
		t.Errorf("a stream more: %d %v %s", got.status, got.header, got.body)
	}
	if got := b.call(t, "GET", "/exports/exp_1?key=s3cret", ""); got.status != 503 {
		t.Errorf("a download: %d", got.status)
	}
	if got := b.post(t, "{hello}"); got.status != 200 { // streams do not count as in flight
		t.Errorf("a query: %d %s", got.status, got.body)
	}
	c.send(`{"type":"complete","id":"1"}`)
	within(t, "there is room again", func() bool { return b.call(t, "GET", "/exports/exp_1?key=s3cret", "").status == 200 })
}

func TestSocketsOfACredentialAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Limits.Sockets = 2 })
	b.tokens.set("other", 0)
	first := b.connect(t, "good")
	b.connect(t, "good")
	more, _ := b.dial(t)
	more.send(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
	more.closed(4429, "Too many sockets")
	b.connect(t, "other")
	_ = first.CloseNow()
	within(t, "there is room again", func() bool {
		c, _ := b.dial(t)
		c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
		m, _ := c.read()
		return strings.Contains(m, "connection_ack")
	})
}
