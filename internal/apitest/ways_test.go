package apitest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"purser/internal/apitest"
)

// asking sends an operation and returns what comes first: an answer, an event or a refusal.
type asking func(t *testing.T, document string, variables map[string]any) string

// ways are how somebody with a token reaches the API: a subscription over SSE in the first.
var ways = map[string]func(t *testing.T, s *apitest.Server, token string) asking{"http": byRequest, "websocket": bySocket}

func byRequest(t *testing.T, s *apitest.Server, token string) asking {
	t.Helper()
	return func(t *testing.T, document string, variables map[string]any) string {
		t.Helper()
		if strings.HasPrefix(document, "subscription") {
			return firstEvent(t, s, token, document, variables)
		}
		return string(s.Send(t, token, document, variables).Body)
	}
}

// firstEvent subscribes over SSE and returns what comes first, an event's data or a refusal.
func firstEvent(t *testing.T, s *apitest.Server, token, document string, variables map[string]any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, s.URL+"/graphql", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // the rest is not wanted
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return data
		}
		if strings.HasPrefix(lines.Text(), "{") { // refused before there were events
			return lines.Text()
		}
	}
	t.Fatalf("the stream ended without an event: %v", lines.Err())
	return ""
}

// socketRefused is what bySocket makes of a socket that is closed for its credential.
const socketRefused = `{"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"request"}}]}`

// bySocket asks on one socket, one operation after the other. It does not wait to be let in, as a bad client would not.
func bySocket(t *testing.T, s *apitest.Server, token string) asking {
	t.Helper()
	var c *websocket.Conn
	n, ctx := 0, deadline(t)
	open := func(t *testing.T) {
		t.Helper()
		var err error
		c, _, err = websocket.Dial(ctx, s.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadLimit(1 << 20)
		shown := map[string]string{}
		if token != "" {
			shown["Authorization"] = "Bearer " + token
		}
		if err := wsjson.Write(ctx, c, map[string]any{"type": "connection_init", "payload": shown}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if c != nil {
			_ = c.CloseNow()
		}
	})
	return func(t *testing.T, document string, variables map[string]any) string {
		t.Helper()
		if c == nil {
			open(t)
		}
		n++
		id := strconv.Itoa(n)
		// where it does not get through, reading tells why
		_ = wsjson.Write(ctx, c, map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{"query": document, "variables": variables}})
		for {
			var m struct {
				Type, ID string
				Payload  json.RawMessage
			}
			err := wsjson.Read(ctx, c, &m)
			switch {
			case websocket.CloseStatus(err) == 4403:
				c = nil // the next one needs another
				return socketRefused
			case err != nil:
				t.Fatalf("%s: %v", document, err)
			case m.ID != id: // let in, a sign of life, or an event that came late
			case m.Type == "next":
				_ = wsjson.Write(ctx, c, map[string]any{"type": "complete", "id": id})
				return string(m.Payload)
			case m.Type == "error":
				return `{"errors":` + string(m.Payload) + `}`
			default:
				t.Fatalf("%s: it is over without an answer", document)
			}
		}
	}
}
