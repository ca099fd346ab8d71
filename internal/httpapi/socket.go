package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/viewer"
)

const (
	maxOperations = 100              // at once on one socket
	defaultReach  = 10 * time.Second // how long the other end of a socket may not be reached
)

// socket is one WebSocket connection: any number of operations of one caller.
type socket struct {
	server *Server
	conn   *websocket.Conn
	id     string // of the request that opened it
	shown  string // the credential in that
	base   string // where that found the server
	remote string // the address that it came from

	watch *watch // of the credential; set once, before the first operation
	seat  string // the credential that it counts for
	ready bool   // this, the seat and the timer belong to the goroutine that reads
	end   *time.Timer

	mu         sync.Mutex
	operations map[string]*operation
	ping       *time.Timer // the next one
	stopping   bool
	running    sync.WaitGroup
}

// serveSocket upgrades a request to WebSocket, which is then served until either side ends it: by a
// goroutine of its own, so that what the request took is free again.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.mayConnect(r) {
		s.refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "Pages of other origins may not call this server."))
		return
	}
	if !s.enter() {
		s.refuse(w, r, http.StatusServiceUnavailable, errStopping)
		return
	}
	upgrade := &slim{ResponseWriter: w, reach: s.reach}
	conn, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // mayConnect has looked at the origin
	})
	if err != nil {
		s.sockets.Done()
		if upgrade.refused != 0 {
			s.refuse(w, r, upgrade.refused, fault.New(fault.GraphQLInvalid, "This is not how a WebSocket is opened."))
		}
		return
	}
	conn.SetReadLimit(maxBody)
	s.open.Add(1)
	k := &socket{
		server: s, conn: conn, id: audit.RequestID(r.Context()), shown: r.Header.Get("Authorization"), base: s.baseURL(r), remote: r.RemoteAddr,
		operations: map[string]*operation{},
	}
	go k.live(context.Background()) //nolint:contextcheck,gosec // nothing of the request is kept for as long
}

// live serves the socket, and logs it like a request.
func (k *socket) live(ctx context.Context) {
	defer k.leave()
	ctx, e := k.server.begin(ctx, k.remote, k.id)
	defer func() {
		if v := recover(); v != nil {
			_ = k.server.panicked(ctx, v) // the log has it
			k.close(closeInternal)
		}
		_ = k.conn.CloseNow() // after Close it does nothing
		k.server.finish(ctx, "socket", e)
	}()
	if k.conn.Subprotocol() != subprotocol {
		k.close(closeSubprotocol)
		return
	}
	k.serve(ctx)
}

// leave counts the socket out.
func (k *socket) leave() {
	if k.seat != "" {
		k.server.seats.leave(k.seat)
	}
	k.server.open.Add(-1)
	k.server.sockets.Done()
}

// enter counts a socket in, unless the server is stopping.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Err() != nil {
		return false
	}
	s.sockets.Add(1)
	return true
}

// mayConnect looks at the origin of a WebSocket, which browsers do not: the server's own or one
// of the list. What is not a browser has none.
func (s *Server) mayConnect(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || s.trusted[origin] {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// serve reads messages until the socket ends, by whomever.
func (k *socket) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	k.keepAlive(ctx)
	defer k.running.Wait()
	defer k.letGo()
	defer cancel()                                         // ends the operations
	defer context.AfterFunc(k.server.stopping, k.goAway)() //nolint:contextcheck // the server's end, not a request's
	late := time.AfterFunc(k.server.InitTimeout, func() { k.close(closeInitTimeout) })
	defer late.Stop()
	defer func() {
		if k.end != nil {
			k.end.Stop()
		}
	}()
	for {
		typ, b, err := k.conn.Read(context.WithoutCancel(ctx)) // it ends with the connection
		if err != nil {
			return
		}
		m, err := parseMessage(typ, b)
		if err != nil {
			k.close(closeInvalid)
			return
		}
		if !k.handle(ctx, m, late) {
			return
		}
	}
}

// handle does what a message says, and tells whether the socket lives on.
func (k *socket) handle(ctx context.Context, m message, late *time.Timer) bool {
	switch m.Type {
	case msgInit:
		late.Stop()
		return k.init(ctx, m)
	case msgPing:
		return k.send(ctx, []byte(`{"type":"pong"}`))
	case msgPong:
	case msgComplete:
		k.completed(m.ID)
	case msgSubscribe:
		if !k.ready {
			k.close(closeUnauthorized)
			return false
		}
		return k.subscribe(ctx, m)
	}
	return true
}

// init lets the caller in. The credential is in the payload; clients that are no browsers may
// show it in the upgrade's header instead.
func (k *socket) init(ctx context.Context, m message) bool {
	if k.ready {
		k.close(closeInitTwice)
		return false
	}
	shown, ok := authorization(m.Payload)
	if !ok {
		shown = k.shown
	}
	k.watch = k.server.watch(ctx, shown, k.renew, func(err error) { k.refuse(ctx, err) })
	c, err := k.watch.authenticate(ctx)
	if err != nil {
		k.refuse(ctx, err)
		return false
	}
	entryOf(ctx).admitted(c)
	if !k.server.seats.enter(credentialOf(c)) {
		k.server.metrics.refused("sockets")()
		k.close(closeTooMany)
		return false
	}
	k.seat = credentialOf(c)
	if end := c.Credential.ExpiresAt; end != 0 {
		k.end = time.AfterFunc(k.server.until(end.Time()), func() { k.close(closeForbidden) })
	}
	k.ready = true
	return k.send(ctx, []byte(`{"type":"`+msgAck+`"}`))
}

// refuse ends the socket for what came of its credential.
func (k *socket) refuse(ctx context.Context, err error) {
	k.server.Log.LogAttrs(ctx, slog.LevelInfo, "socket refused", slog.Any("error", err), slog.String("requestId", audit.RequestID(ctx)))
	k.close(refusedBy(err))
}

// renew tells the operations what is known of their caller now.
func (k *socket) renew(c *viewer.Caller) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, op := range k.operations {
		op.hold.Renew(c)
	}
}

// keepAlive finds out when the client is gone without a word. It goes by a timer, which costs a silent
// socket less than a goroutine.
func (k *socket) keepAlive(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	k.ping = time.AfterFunc(k.server.KeepAlive, func() {
		waiting, cancel := context.WithTimeout(ctx, k.server.reach)
		defer cancel()
		if err := k.conn.Ping(waiting); err != nil {
			_ = k.conn.CloseNow() // it is gone
			return
		}
		k.keepAlive(ctx)
	})
}

// letGo ends what keepAlive and init have begun; their context has ended.
func (k *socket) letGo() {
	if k.watch != nil {
		k.watch.stop()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ping.Stop()
}

// send writes one message, or tells that the client is gone.
func (k *socket) send(ctx context.Context, b []byte) bool {
	return k.conn.Write(context.WithoutCancel(ctx), websocket.MessageText, b) == nil // the connection has a deadline of its own
}

// close ends the socket, and with it the loop that reads.
func (k *socket) close(c closing) {
	_ = k.conn.Close(c.code, c.reason) // whom it does not reach is gone
}

// goAway ends the socket because the server stops: subscriptions at once and without a word, so
// that clients come back for them elsewhere; queries and mutations may finish.
func (k *socket) goAway() {
	k.mu.Lock()
	k.stopping = true
	var finite []*operation
	for _, op := range k.operations {
		if !op.endless {
			finite = append(finite, op)
		}
	}
	k.mu.Unlock()
	for _, op := range finite {
		<-op.done
	}
	k.close(closeGoingAway)
}
