package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"purser/internal/httpapi"
	"purser/internal/viewer"
)

// frame is a text message as a client puts it on the wire, masked with zeros.
func frame(text string) []byte {
	b := []byte{0x81}
	if len(text) < 126 {
		b = append(b, 0x80|byte(len(text)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(len(text)))
	}
	return append(append(b, 0, 0, 0, 0), text...)
}

// TestSocketEarly sends messages along with the upgrade, without waiting for the answer: few, and more than
// the buffer of a silent socket has room for.
func TestSocketEarly(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, n := range []int{1, 12, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // a test that fails does not hang
				t.Fatal(err)
			}
			var all bytes.Buffer
			all.WriteString("GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
			all.Write(frame(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`))
			for i := range n {
				all.Write(frame(fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":{"query":"{hello(name:\"%d\")}"}}`, i, i)))
			}
			if _, err := all.WriteTo(conn); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil) //nolint:bodyclose // it has none
			if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%v %v", res, err)
			}
			if got := readFrame(t, in); got != `{"type":"connection_ack"}` {
				t.Errorf("first came %s", got)
			}
			completed := 0
			for completed < n {
				switch got := readFrame(t, in); {
				case strings.HasPrefix(got, `{"type":"complete"`):
					completed++
				case !strings.Contains(got, `"Hello `):
					t.Fatalf("got %s", got)
				}
			}
		})
	}
}

// readFrame reads a short message of the server's.
func readFrame(t *testing.T, in io.Reader) string {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil || head[0] != 0x81 || head[1] > 125 {
		t.Fatalf("frame % x: %v", head, err)
	}
	text := make([]byte, head[1])
	if _, err := io.ReadFull(in, text); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSocketLarge sends and receives messages that are far larger than a socket's buffers.
func TestSocketLarge(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := b.connect(t, "good")
	long := strings.Repeat("x", 100_000)
	c.subscribe("1", `{hello(name:"`+long+`")}`)
	c.expect(`{"type":"next","id":"1","payload":{"data":{"hello":"Hello `+long+`"}}}`, `{"type":"complete","id":"1"}`)
}

// TestSocketLog looks at the two lines of a socket: one when it opens, one when it ends.
func TestSocketLog(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c, _ := b.dial(t, "X-Request-Id: open-sesame")
	c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
	c.expect(`{"type":"connection_ack"}`)
	line := func(msg string) string {
		for l := range strings.Lines(b.logs.String()) {
			if strings.Contains(l, "msg="+msg+" ") {
				return l
			}
		}
		return ""
	}
	within(t, "the upgrade is logged", func() bool {
		return strings.Contains(line("request"), "status=101") && strings.Contains(line("request"), "requestId=open-sesame")
	})
	if l := line("socket"); l != "" {
		t.Errorf("while it is open: %s", l)
	}
	if err := c.CloseNow(); err != nil {
		t.Fatal(err)
	}
	within(t, "its end is logged", func() bool {
		return strings.Contains(line("socket"), "tenant=ten_home") && strings.Contains(line("socket"), "requestId=open-sesame")
	})
}

// TestSocketPanic has a bug show where no operation is under way: that socket is closed, the server lives on.
func TestSocketPanic(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) {
		authenticate := o.Authenticate
		o.Authenticate = func(ctx context.Context, token string) (*viewer.Caller, error) {
			if token == "panic" {
				panic("a bug")
			}
			return authenticate(ctx, token)
		}
	})
	c, _ := b.dial(t)
	c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer panic"}}`)
	c.closed(4500, "Internal server error")
	within(t, "the panic is logged", func() bool { return strings.Contains(b.logs.String(), "panic: a bug: at goroutine") })
	b.connect(t, "good")
}

// TestSocketOfADeadPeer: a client that does not answer pings is gone.
func TestSocketOfADeadPeer(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.KeepAlive = 10 * time.Millisecond })
	httpapi.SetPatience(b.Server, 100*time.Millisecond)
	if c, _ := b.dial(t); c == nil { // it reads nothing, and so it does not see pings either
		t.Fatal("no socket")
	}
	within(t, "the socket ends", func() bool { return strings.Contains(b.logs.String(), "msg=socket ") })
}

// TestSocketOfASlowReader: who does not read what it asked for is gone, too.
func TestSocketOfASlowReader(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	httpapi.SetPatience(b.Server, 100*time.Millisecond)
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{count(to:1000000000)}")
	within(t, "the subscription ends", func() bool { return strings.Contains(b.logs.String(), "msg=operation ") })
}

// TestSocketPing counts the pings to a client that says nothing.
func TestSocketPing(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.KeepAlive = 10 * time.Millisecond })
	pings := make(chan struct{}, 100)
	conn, _, err := websocket.Dial(t.Context(), b.url+"/graphql", &websocket.DialOptions{ //nolint:bodyclose // the socket takes it over
		Subprotocols:   []string{"graphql-transport-ws"},
		OnPingReceived: func(context.Context, []byte) bool { pings <- struct{}{}; return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a test that fails does not hang
	defer cancel()
	ctx = conn.CloseRead(ctx)
	for range 3 {
		select {
		case <-pings:
		case <-ctx.Done():
			t.Fatal("the socket was closed")
		}
	}
	b.Stop()
	<-ctx.Done()
}
