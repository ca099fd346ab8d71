package apitest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// event is one moveProgress.
type event struct {
	Data struct {
		MoveProgress struct {
			Status   string
			Percent  float64
			Sequence int
			Move     struct{ Source struct{ Status string } }
		}
	}
	Errors []struct{ Extensions struct{ Code string } }
}

// stream is a subscription that is under way: next returns its next event, and false at its end.
type stream func(t *testing.T) (event, bool)

const followQuery = `subscription { moveProgress(moveId: %q) { status percent sequence move { source { status } } } }`

var transports = map[string]func(*testing.T, *apitest.Server, string, string) stream{"websocket": overWebSocket, "sse": overSSE}

// TestMoveProgress follows a move over both transports: its state at once, though nobody works on it,
// then changes, its end, and the end of the stream.
func TestMoveProgress(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		for name, follow := range transports {
			t.Run(kind+"/"+name, func(t *testing.T) {
				s := apitest.Start(t, kind)
				next := follow(t, s, "admin@contoso.example", fmt.Sprintf(followQuery, startMove(t, s)))
				first, ok := next(t)
				if p := first.Data.MoveProgress; !ok || p.Status != "QUEUED" || p.Percent != 0 || p.Move.Source.Status != "ACTIVE" {
					t.Fatalf("first event: %+v, %v", first, ok)
				}
				s.Work(t)
				last := first
				for e, ok := next(t); ok; e, ok = next(t) {
					if e.Data.MoveProgress.Sequence <= last.Data.MoveProgress.Sequence {
						t.Errorf("event %d after %d", e.Data.MoveProgress.Sequence, last.Data.MoveProgress.Sequence)
					}
					last = e
				}
				if p := last.Data.MoveProgress; p.Status != "SUCCEEDED" || p.Percent != 100 || p.Move.Source.Status != "DELETED" {
					t.Errorf("last event: %+v", last)
				}
				again := follow(t, s, "reader@contoso.example", fmt.Sprintf(followQuery, s.DB.Client().Move.Query().FirstIDX(s.In(t, "contoso.example"))))
				if e, ok := again(t); !ok || e.Data.MoveProgress.Status != "SUCCEEDED" {
					t.Errorf("a move that is over: %+v, %v", e, ok)
				}
				if e, ok := again(t); ok {
					t.Errorf("after its end: %+v", e)
				}
			})
		}
	}
}

// TestMoveProgressWaits follows a move that nobody works on: between two events there is no goroutine for that. The
// subscription ends and begins again all the same, and sees what comes. No other test runs meanwhile.
func TestMoveProgressWaits(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	query := fmt.Sprintf(`subscription { moveProgress(moveId: %q) { status sequence } }`, startMove(t, s))
	ctx, c := openSocket(t, s, "admin@contoso.example")
	send := func(m map[string]any) {
		t.Helper()
		if err := wsjson.Write(ctx, c, m); err != nil {
			t.Fatal(err)
		}
	}
	next := func() (kind string, e event) {
		t.Helper()
		return nextOn(ctx, t, c)
	}
	for range 2 {
		send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": query}})
		if kind, e := next(); kind != "next" || e.Data.MoveProgress.Status != "QUEUED" {
			t.Fatalf("first came %s %+v", kind, e)
		}
		asleep(t, "(*socket).work")
		send(map[string]any{"type": "complete", "id": "1"})
		send(map[string]any{"type": "ping"})
		if kind, _ := next(); kind != "pong" {
			t.Fatalf("after the subscription came %s", kind)
		}
		asleep(t, "(*socket).work")
	}
	send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": query}})
	kind, last := next()
	s.Work(t)
	status := ""
	for ; kind == "next"; kind, last = next() {
		status = last.Data.MoveProgress.Status
	}
	if kind != "complete" || status != "SUCCEEDED" {
		t.Errorf("in the end came %s, after %s", kind, status)
	}
}

// TestStreamWaits does so over SSE: there is one goroutine, which notices when the client leaves.
func TestStreamWaits(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	query := fmt.Sprintf(`subscription { moveProgress(moveId: %q) { status sequence } }`, startMove(t, s))
	t.Run("client", func(t *testing.T) {
		if e, ok := overSSE(t, s, "admin@contoso.example", query)(t); !ok || e.Data.MoveProgress.Status != "QUEUED" {
			t.Errorf("first came %+v, %v", e, ok)
		}
		asleep(t, "(*feed).work")
	})
	asleep(t, "(*feed).notice")
}

// asleep waits until no goroutine is in a function.
func asleep(t *testing.T, function string) {
	t.Helper()
	for ctx := deadline(t); ctx.Err() == nil; runtime.Gosched() {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(all.String(), function) {
			return
		}
	}
	t.Fatalf("a goroutine waits in %s", function)
}

// TestMoveProgressTellsWhatIsWrong: with what is asked of the move, before it begins.
func TestMoveProgressTellsWhatIsWrong(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	query := fmt.Sprintf(`subscription { moveProgress(moveId: %q) { move { users(after: "nonsense") { nodes { result } } } } }`, startMove(t, s))
	for name, follow := range transports {
		next := follow(t, s, "admin@contoso.example", query)
		if e, ok := next(t); !ok || len(e.Errors) != 1 || e.Errors[0].Extensions.Code != "INVALID" {
			t.Errorf("over %s: %+v, want INVALID", name, e)
		}
		if e, ok := next(t); ok {
			t.Errorf("over %s: then comes %+v", name, e)
		}
	}
}

// TestMoveProgressRefused asks as who may not, and for what does not exist.
func TestMoveProgressRefused(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	move := startMove(t, s)
	unknown := move[:len(move)-4] + "0000"
	for _, tt := range []struct{ as, move, code string }{
		{"avery@contoso.example", move, "FORBIDDEN"},
		{"license@contoso.example", move, "FORBIDDEN"},
		{"admin@tulip.example", move, "NOT_FOUND"},
		{"admin@contoso.example", unknown, "NOT_FOUND"},
		{"admin@contoso.example", "nonsense", "NOT_FOUND"},
	} {
		for name, follow := range transports {
			next := follow(t, s, tt.as, fmt.Sprintf(followQuery, tt.move))
			e, ok := next(t)
			if !ok || len(e.Errors) != 1 || e.Errors[0].Extensions.Code != tt.code {
				t.Errorf("%s asks for %s over %s: %+v, want %s", tt.as, tt.move, name, e, tt.code)
			}
			if e, ok := next(t); ok {
				t.Errorf("%s asks for %s over %s: after the refusal comes %+v", tt.as, tt.move, name, e)
			}
		}
	}
}

func overSSE(t *testing.T, s *apitest.Server, as, query string) stream {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, s.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+s.Token(t, as))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() }) // it was read as far as it was wanted
	lines := bufio.NewScanner(res.Body)
	return func(t *testing.T) (e event, ok bool) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
				decode(t, []byte(data), &e)
				return e, true
			}
			if lines.Text() == "event: complete" {
				return e, false
			}
		}
		t.Fatalf("the stream broke off: %v", lines.Err())
		return e, false
	}
}

func overWebSocket(t *testing.T, s *apitest.Server, as, query string) stream {
	t.Helper()
	ctx, c := openSocket(t, s, as)
	if err := wsjson.Write(ctx, c, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": query}}); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) (e event, ok bool) {
		t.Helper()
		kind, e := nextOn(ctx, t, c)
		return e, kind == "next"
	}
}

// nextOn returns the next message of a socket, and what it tells.
func nextOn(ctx context.Context, t *testing.T, c *websocket.Conn) (kind string, e event) {
	t.Helper()
	kind, payload, err := receive(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if kind == "next" {
		decode(t, payload, &e)
	}
	return kind, e
}

// openSocket opens a WebSocket that has let the user in.
func openSocket(t *testing.T, s *apitest.Server, as string) (context.Context, *websocket.Conn) {
	t.Helper()
	ctx := deadline(t)
	c, _, err := websocket.Dial(ctx, s.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	init := map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + s.Token(t, as)}}
	if err := wsjson.Write(ctx, c, init); err != nil {
		t.Fatal(err)
	}
	if kind, _, err := receive(ctx, c); kind != "connection_ack" {
		t.Fatalf("%s for a connection_init: %v", kind, err)
	}
	return ctx, c
}

// receive returns the next message that is no ping.
func receive(ctx context.Context, c *websocket.Conn) (kind string, payload json.RawMessage, err error) {
	var m struct {
		Type    string
		Payload json.RawMessage
	}
	for m.Type == "" || m.Type == "ping" {
		if err := wsjson.Read(ctx, c, &m); err != nil {
			return "", nil, err
		}
	}
	return m.Type, m.Payload, nil
}

func decode(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
}

// deadline ends what would otherwise wait for ever.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
