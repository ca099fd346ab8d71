package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/viewer"
)

// stream answers with server-sent events, one connection an operation (the "distinct connections
// mode" of graphql-sse): `next` for each answer, `complete` at the end. It begins with a comment and sends
// another now and then, so that nobody in between takes the connection for dead. Subscriptions are fed by a feed.
//
// A stream that the server ends because it stops has no `complete`: the client may come back.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, oc *graphql.OperationContext, refused *graphql.Response) {
	control := http.NewResponseController(w)
	out := &events{every: s.KeepAlive, write: func(b []byte) bool {
		s.patient(w)
		_, err := w.Write(b)
		return err == nil && control.Flush() == nil
	}}
	defer out.end()
	_ = control.SetReadDeadline(time.Time{}) // the server's is meant for the request, which is here
	beginEvents(w)
	out.send(comment)
	out.keepAlive()
	if refused != nil {
		out.next(refused)
		out.complete()
		return
	}
	ctx, cancel := s.untilItEnds(ctx, viewer.CallerFrom(ctx))
	defer cancel()
	ctx, stop := s.untilStopped(ctx)
	defer stop()
	ctx, late := s.deadline(ctx)
	defer late()
	answers := s.engine.run(ctx, oc)
	for resp := answers(); resp != nil && !cutOff(ctx); resp = answers() {
		if !out.next(resp) {
			return
		}
	}
	s.endEvents(ctx, out)
}

// endEvents says that a stream is over, and why where it was cut off.
func (s *Server) endEvents(ctx context.Context, out *events) {
	if gone(ctx) {
		return
	}
	if ctx.Err() != nil {
		out.next(s.engine.outOfTime(ctx))
	}
	out.complete()
}

// beginEvents sends the head of a stream, which is all that is sent for HEAD.
func beginEvents(w http.ResponseWriter) {
	headOfEvents(w.Header())
	w.WriteHeader(http.StatusOK)
}

func headOfEvents(h http.Header) {
	h.Set("Content-Type", eventsType)
	h.Set("X-Accel-Buffering", "no")
}

// whileAllowed returns the context of a subscription, which ends when its caller's credential is good no more, or
// what it was allowed for is gone; the cause says which.
func (s *Server) whileAllowed(ctx context.Context, oc *graphql.OperationContext) (context.Context, func()) {
	if viewer.CallerFrom(ctx) == nil {
		return ctx, func() {}
	}
	ctx, end := context.WithCancelCause(ctx)
	hold := viewer.NewHold(func() { end(errAccessLost) })
	w := s.watch(ctx, oc.Headers.Get("Authorization"), hold.Renew, func(err error) { end(asFault(err)) })
	w.askSoon() // what has changed since the caller was let in
	return viewer.WithHold(ctx, hold), func() { end(nil); w.stop() }
}

// untilStopped returns a context that is canceled when the server begins to stop.
func (s *Server) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.stopping, cancel)
	return ctx, func() { stop(); cancel() }
}

// events writes the events of one stream.
type events struct {
	every time.Duration       // between two comments
	write func(b []byte) bool // tells whether the client is there

	mu   sync.Mutex  // one event at a time
	idle *time.Timer // until the next comment
	over bool        // nothing may be written any more
}

var comment = []byte(":\n\n")

func (e *events) next(resp *graphql.Response) bool {
	return e.send(wire("event: next\ndata: ", resp, "\n\n"))
}

// complete says that nothing more comes. Without data a browser's EventSource would not notice.
func (e *events) complete() { e.send([]byte("event: complete\ndata:\n\n")) }

// send writes one event, or tells that the client is gone.
func (e *events) send(b []byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.over && e.write(b)
}

// keepAlive sends comments. It goes by a timer, which costs a silent stream less than a goroutine.
func (e *events) keepAlive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.idle = time.AfterFunc(e.every, func() {
		if e.send(comment) {
			e.keepAlive()
		}
	})
}

// end waits for what is being written; nothing is written afterwards.
func (e *events) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	if e.idle != nil {
		e.idle.Stop()
	}
}
