package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"purser/internal/httpapi"
	"purser/internal/instant"
)

// client is one end of a socket.
type client struct {
	*websocket.Conn
	t *testing.T
}

// dial opens a socket, or returns with which status that was refused.
func (b *bundle) dial(t *testing.T, headers ...string) (c *client, status int) {
	t.Helper()
	return b.dialAs(t, []string{"graphql-transport-ws"}, headers...)
}

func (b *bundle) dialAs(t *testing.T, protocols []string, headers ...string) (c *client, status int) {
	t.Helper()
	o := &websocket.DialOptions{Subprotocols: protocols, HTTPHeader: http.Header{}}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		o.HTTPHeader.Set(name, v)
	}
	conn, resp, err := websocket.Dial(t.Context(), b.url+"/graphql", o)
	if resp != nil && resp.Body != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	if err != nil {
		return nil, resp.StatusCode
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{conn, t}, resp.StatusCode
}

// connect opens a socket that was let in.
func (b *bundle) connect(t *testing.T, token string) *client {
	t.Helper()
	c, _ := b.dial(t)
	if c == nil {
		t.Fatal("no socket")
	}
	c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func (c *client) send(m string) {
	c.t.Helper()
	if err := c.Write(c.t.Context(), websocket.MessageText, []byte(m)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) subscribe(id, query string) {
	c.t.Helper()
	c.send(`{"type":"subscribe","id":` + quoted(id) + `,"payload":{"query":` + quoted(query) + `}}`)
}

func (c *client) read() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	_, m, err := c.Read(ctx)
	return string(m), err
}

// expect reads messages that begin as wanted.
func (c *client) expect(want ...string) {
	c.t.Helper()
	for _, w := range want {
		got, err := c.read()
		if err != nil || !strings.HasPrefix(got, w) {
			c.t.Fatalf("%s, %v; want %s…", got, err, w)
		}
	}
}

// closed expects the socket to be closed with a code.
func (c *client) closed(code websocket.StatusCode, reason string) {
	c.t.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		e, ok := errors.AsType[websocket.CloseError](err)
		if !ok || e.Code != code || e.Reason != reason {
			c.t.Fatalf("%v, want a close with %d %s", err, code, reason)
		}
		return
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{count(to:2)}")
	c.expect(`{"type":"next","id":"1","payload":{"data":{"count":1}}}`, `{"type":"next","id":"1","payload":{"data":{"count":2}}}`, `{"type":"complete","id":"1"}`)
	c.subscribe("1", "{about{caller baseURL requestId}}")
	c.expect(`{"type":"next","id":"1","payload":{"data":{"about":{"baseURL":"`+b.url+`","caller":"good","requestId":"made-`, `{"type":"complete"`)
	c.subscribe(`"x"`, "mutation{set}")
	c.expect(`{"type":"next","id":"\"x\"","payload":{"data":{"set":1}}}`, `{"type":"complete"`)
	c.subscribe("2", "{nope}")
	c.expect(`{"type":"error","id":"2","payload":[{"message":"Cannot query field`)
	c.subscribe("2", strings.Repeat("{node", 16)+strings.Repeat("}", 16))
	c.expect(`{"type":"error","id":"2","payload":[{"message":"The document has 16 levels`)
	c.subscribe("2", "subscription{refused}")
	c.expect(`{"type":"next","id":"2","payload":{"errors":[{"message":"Not for you."`, `{"type":"complete"`)
	c.subscribe("2", "{__schema{queryType{name}}}")
	c.expect(`{"type":"next","id":"2","payload":{"data"`, `{"type":"complete"`)
	c.subscribe("2", "{panic}")
	c.expect(`{"type":"error","id":"2","payload":[{"message":"Something went wrong`)
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	c.send(`{"type":"pong"}`)
	c.send(`{"type":"complete","id":"unknown"}`)
	within(t, "operations are logged", func() bool { return strings.Contains(b.logs.String(), "kind=mutation") })
}

func TestSocketCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, c := range map[string]struct {
		headers []string
		payload string
		ok      bool
	}{
		"capital":            {nil, `{"Authorization":"Bearer good"}`, true},
		"lower":              {nil, `{"authorization":"Bearer good","other":1}`, true},
		"upper":              {nil, `{"AUTHORIZATION":"bearer good"}`, true},
		"header":             {[]string{asGood}, `null`, true},
		"payload before all": {[]string{asGood}, `{"Authorization":"Bearer bad"}`, false},
		"none":               {nil, `{}`, false},
		"unknown":            {nil, `{"Authorization":"Bearer bad"}`, false},
		"not a string":       {nil, `{"Authorization":1}`, false},
		"no scheme":          {nil, `{"Authorization":"good"}`, false},
	} {
		conn, _ := b.dial(t, c.headers...)
		conn.send(`{"type":"connection_init","payload":` + c.payload + `}`)
		if c.ok {
			conn.expect(`{"type":"connection_ack"}`)
			continue
		}
		t.Log(name)
		conn.closed(4403, "Forbidden")
	}
}

func TestSocketIsClosedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.InitTimeout = 300 * time.Millisecond })
	initially := func(messages ...string) func(*client) {
		return func(c *client) {
			for _, m := range messages {
				c.send(m)
			}
		}
	}
	const good = `{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`
	for name, c := range map[string]struct {
		do     func(*client)
		code   websocket.StatusCode
		reason string
	}{
		"saying nothing":     {initially(), 4408, "Connection initialisation timeout"},
		"work before init":   {initially(`{"type":"subscribe","id":"1","payload":{"query":"{__typename}"}}`), 4401, "Unauthorized"},
		"a second init":      {initially(good, good), 4429, "Too many initialisation requests"},
		"the same id":        {initially(good, `{"type":"subscribe","id":"a","payload":{"query":"subscription{forever}"}}`, `{"type":"subscribe","id":"a","payload":{"query":"{hello}"}}`), 4409, "Subscriber for a already exists"},
		"the same long id":   {initially(good, `{"type":"subscribe","id":"`+strings.Repeat("é", 100)+`","payload":{"query":"subscription{forever}"}}`, `{"type":"subscribe","id":"`+strings.Repeat("é", 100)+`","payload":{"query":"{hello}"}}`), 4409, "Subscriber for this id already exists"},
		"nonsense":           {initially(`nonsense`), 4400, "Invalid message"},
		"an old type":        {initially(`{"type":"start"}`), 4400, "Invalid message"},
		"no type":            {initially(`{}`), 4400, "Invalid message"},
		"a list":             {initially(`[]`), 4400, "Invalid message"},
		"two messages":       {initially(`{"type":"ping"}{"type":"ping"}`), 4400, "Invalid message"},
		"a server's message": {initially(good, `{"type":"connection_ack"}`), 4400, "Invalid message"},
		"a server's answer":  {initially(good, `{"type":"next","id":"1","payload":{}}`), 4400, "Invalid message"},
		"a server's error":   {initially(good, `{"type":"error","id":"1","payload":[]}`), 4400, "Invalid message"},
		"an empty id":        {initially(good, `{"type":"subscribe","id":"","payload":{"query":"{hello}"}}`), 4400, "Invalid message"},
		"the end of nothing": {initially(good, `{"type":"complete"}`), 4400, "Invalid message"},
		"a query of numbers": {initially(good, `{"type":"subscribe","id":"1","payload":{"query":1}}`), 4400, "Invalid message"},
		"a list of values":   {initially(good, `{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}`), 4400, "Invalid message"},
		"a text as ping":     {initially(`{"type":"ping","payload":"x"}`), 4400, "Invalid message"},
		"a number as pong":   {initially(`{"type":"pong","payload":1}`), 4400, "Invalid message"},
		"work of a stranger": {initially(`{"type":"ping"}`, `{"type":"subscribe","id":"1","payload":{"query":"{__typename}"}}`), 4401, "Unauthorized"},
		"no id":              {initially(good, `{"type":"subscribe","payload":{"query":"{hello}"}}`), 4400, "Invalid message"},
		"an id of numbers":   {initially(good, `{"type":"subscribe","id":1,"payload":{"query":"{hello}"}}`), 4400, "Invalid message"},
		"no query":           {initially(good, `{"type":"subscribe","id":"1","payload":{}}`), 4400, "Invalid message"},
		"no payload":         {initially(good, `{"type":"subscribe","id":"1"}`), 4400, "Invalid message"},
		"init with a list":   {initially(`{"type":"connection_init","payload":[]}`), 4400, "Invalid message"},
		"a binary message":   {func(c *client) { _ = c.Write(c.t.Context(), websocket.MessageBinary, []byte(good)) }, 4400, "Invalid message"},
		"invalid UTF-8":      {initially("{\"type\":\"ping\xff\"}"), 4400, "Invalid message"},
		"a very big message": {initially(`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 256<<10) + `"}}`), websocket.StatusMessageTooBig, "read limited at 262145 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := b.dial(t)
			conn.t = t
			c.do(conn)
			conn.closed(c.code, c.reason)
		})
	}
}

func TestSocketComplete(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next","id":"1","payload":{"data":{"forever":1}}}`)
	c.send(`{"type":"complete","id":"1"}`)
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
	c.subscribe("1", "{hello}") // the id is free, and nothing more came for the old one
	c.expect(`{"type":"next","id":"1","payload":{"data":{"hello":`, `{"type":"complete","id":"1"}`)
}

func TestSocketOperationsAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := b.connect(t, "good")
	for i := range 100 {
		c.subscribe(fmt.Sprint(i), "subscription{forever}")
	}
	for range 100 {
		c.expect(`{"type":"next"`)
	}
	c.subscribe("more", "subscription{forever}")
	c.expect(`{"type":"error","id":"more","payload":[{"message":"At most 100`)
	_ = c.CloseNow()
	within(t, "all subscriptions end", func() bool { return b.schema.open.Load() == 0 })
}

func TestSocketDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout = 100 * time.Millisecond })
	c := b.connect(t, "good")
	c.subscribe("s", "subscription{forever}")
	c.expect(`{"type":"next","id":"s"`)
	c.subscribe("q", "{slow}")
	c.expect(`{"type":"next","id":"q","payload":{"errors":[{"message":"Too slow."`)
	if b.schema.open.Load() != 1 {
		t.Error("the subscription has ended, too")
	}
}

func TestSocketEndsWithTheCredential(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.tokens.set("short", instant.From(time.Now().Add(200*time.Millisecond)))
	c := b.connect(t, "short")
	c.subscribe("1", "subscription{forever}")
	c.closed(4403, "Forbidden")
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
}

func TestRevokedCredentialEndsItsSocket(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.tokens.set("other", 0)
	c := b.connect(t, "other")
	b.tokens.revoke("other")
	c.subscribe("1", "{hello}")
	c.closed(4403, "Forbidden")
}

func TestSocketGoesAwayWithTheServer(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout = 200 * time.Millisecond })
	c := b.connect(t, "good")
	c.subscribe("s", "subscription{forever}")
	c.expect(`{"type":"next","id":"s"`)
	c.subscribe("q", "{slow}")
	c.subscribe("x", "{hello}")
	c.expect(`{"type":"next","id":"x"`, `{"type":"complete","id":"x"`)
	go b.Stop()
	c.expect(`{"type":"next","id":"q"`) // what has an end may come to it
	c.closed(websocket.StatusGoingAway, "Going away")
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
	if conn, status := b.dial(t); conn != nil || status != http.StatusServiceUnavailable {
		t.Errorf("a new socket: %d", status)
	}
}

func TestSocketOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Origins = []string{"https://admin.example"} })
	for origin, ok := range map[string]bool{
		b.url: true, "https://admin.example": true, "http://admin.example": false, "https://evil.example": false, "null": false, "https://admin.example.evil.example": false,
	} {
		c, status := b.dial(t, "Origin: "+origin)
		if (c != nil) != ok || !ok && status != http.StatusForbidden {
			t.Errorf("%s: %d", origin, status)
		}
	}
}

func TestSocketNeedsTheSubprotocol(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, offered := range [][]string{nil, {"graphql-ws"}, {"GraphQL-Transport-WS-2", "graphql-ws"}} {
		c, _ := b.dialAs(t, offered)
		c.closed(4406, "Subprotocol not acceptable")
	}
	c, _ := b.dialAs(t, []string{"graphql-ws", "graphql-transport-ws"})
	if got := c.Subprotocol(); got != "graphql-transport-ws" {
		t.Errorf("chosen: %q", got)
	}
	c.send(`{"type":"ping","payload":{"at":1}}`) // allowed at any time
	c.expect(`{"type":"pong"}`)
}
