package httpapi

import (
	"bytes"
	"context"
	"net"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/turn"
	"purser/internal/viewer"
)

// feed is a subscription over server-sent events. Like one on a socket it leaves the request behind, with its buffers, and
// takes no goroutine while it waits for an event; another one reads, to notice when the client is gone.
type feed struct {
	server *Server
	conn   net.Conn
	out    *events
	next   func() *graphql.Response
	turns  turn.Turns
	leave  func() // gives back what it holds
}

// subscribe streams what a subscription yields. It waits more than it works, and so it has a place of another kind.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request, oc *graphql.OperationContext, c call) {
	c.leave()
	leave, ok := s.streams.enter()
	if !ok {
		s.refuse(w, r, http.StatusServiceUnavailable, errTooManyOpen)
		return
	}
	if !s.enter() {
		leave()
		s.refuse(w, r, http.StatusServiceUnavailable, errStopping)
		return
	}
	done := func() { leave(); s.sockets.Done() }
	conn, err := s.detach(w)
	if err != nil {
		done()
		s.refuse(w, r, http.StatusInternalServerError, fault.New(fault.Internal, "a connection that cannot be taken over").Because(err))
		return
	}
	// nothing of the request is kept for as long
	ctx, e := s.begin(context.Background(), r.RemoteAddr, audit.RequestID(r.Context()))
	entryOf(r.Context()).handOver(e)
	ctx = admit(ctx, c.caller)
	f := &feed{server: s, conn: conn, out: &events{every: s.KeepAlive, write: func(b []byte) bool { _, err := conn.Write(b); return err == nil }}}
	go f.begin(ctx, oc, done) //nolint:contextcheck // it outlives the request's
}

// detach takes the connection of a request over, and sends the head of a stream. The stream ends with the connection.
func (s *Server) detach(w http.ResponseWriter) (net.Conn, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	headOfEvents(w.Header())
	w.Header().Set("Connection", "close")
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	b := bytes.NewBufferString("HTTP/1.1 200 OK\r\n")
	_ = w.Header().Write(b) // a buffer takes all
	b.WriteString("\r\n")
	out := &punctual{conn, s.patience}
	_, _ = b.WriteTo(out) // who is gone will be noticed
	return out, nil
}

// begin runs the subscription up to where it waits for the first time.
func (f *feed) begin(ctx context.Context, oc *graphql.OperationContext, done func()) {
	ctx, cancel := f.server.untilItEnds(ctx, viewer.CallerFrom(ctx))
	ctx, stop := f.server.untilStopped(ctx)
	ctx, letGo := f.server.whileAllowed(ctx, oc)
	f.leave = func() { letGo(); stop(); cancel(); done() }
	go f.notice(cancel)
	f.work(ctx, func() bool {
		f.out.send(comment)
		f.out.keepAlive()
		f.next = f.server.engine.run(turn.NewContext(ctx, &f.turns), oc)
		return f.answer(ctx)
	})
}

// notice reads until the client is gone, or the stream has ended. A client has nothing more to say.
func (f *feed) notice(gone func()) {
	defer gone()
	b := make([]byte, 16)
	for {
		if _, err := f.conn.Read(b); err != nil {
			return
		}
	}
}

// work serves the subscription for a while. Unless it waits then, it is over.
func (f *feed) work(ctx context.Context, while func() (waits bool)) {
	waits := false
	defer func() {
		if v := recover(); v != nil {
			f.out.next(f.server.panicked(ctx, v))
			f.out.complete()
		}
		if waits {
			return
		}
		f.out.end()
		_ = f.conn.Close() // all is sent, or nobody is there
		f.server.finish(ctx, "stream", entryOf(ctx))
		f.leave()
	}()
	waits = while()
}

// answer sends what the subscription yields, and tells whether it waits for more: then there is no goroutine for it.
func (f *feed) answer(ctx context.Context) (waits bool) {
	for resp := f.next(); resp != nil && !cutOff(ctx); resp = f.next() {
		if !f.out.next(resp) {
			return false
		}
		// errors alone do not come from who tells of events
		if resp.Data != nil && f.turns.Wait(func() { f.work(ctx, func() bool { return f.answer(ctx) }) }) {
			return true
		}
	}
	f.server.endEvents(ctx, f.out)
	return false
}
