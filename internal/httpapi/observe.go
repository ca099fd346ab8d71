package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"purser/internal/audit"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	requestIDHeader = "X-Request-Id"
	maxRequestID    = 64
)

// entry is what the log will say about one request, or one operation on a socket.
type entry struct {
	start      time.Time
	operation  string
	kind       string
	tenant     string
	statements *atomic.Int64
}

type entryKey struct{}

// entryOf returns the entry of the request or operation at hand.
func entryOf(ctx context.Context) *entry {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		return e
	}
	return &entry{}
}

// begin gives a request or operation its id and its entry in the log.
func (s *Server) begin(ctx context.Context, requestID string) (context.Context, *entry) {
	ctx, statements := store.CountStatements(audit.WithRequestID(ctx, requestID))
	e := &entry{start: s.Now(), statements: statements}
	return context.WithValue(ctx, entryKey{}, e), e
}

// admitted notes who the request came from.
func (e *entry) admitted(c *viewer.Caller) {
	if c != nil {
		e.tenant = c.Home
	}
}

// attrs is what the log says about a request or operation at its end.
func (s *Server) attrs(ctx context.Context, e *entry, attrs ...slog.Attr) []slog.Attr {
	attrs = append(attrs, slog.Duration("duration", s.Now().Sub(e.start)), slog.Int64("statements", e.statements.Load()),
		slog.String("requestId", audit.RequestID(ctx)))
	if e.kind != "" {
		attrs = append(attrs, slog.String("kind", e.kind), slog.String("operation", e.operation))
	}
	if e.tenant != "" {
		attrs = append(attrs, slog.String("tenant", e.tenant))
	}
	return attrs
}

// observe gives every request its id and every answer its common headers, logs one line, and
// catches panics. The query string stays out of the log: it holds the secrets of export links.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		requestID := r.Header.Get(requestIDHeader)
		if !wellFormedID(requestID) {
			requestID = s.NewRequestID()
		}
		ctx, e := s.begin(r.Context(), requestID)
		r = r.WithContext(ctx)
		w := &recorder{ResponseWriter: rw}
		h := w.Header()
		h.Set(requestIDHeader, requestID)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		defer func() {
			v := recover()
			if v != nil {
				s.recovered(w, r, v)
			}
			s.Log.LogAttrs(ctx, slog.LevelInfo, "request",
				s.attrs(ctx, e, slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.final()))...)
			if v != nil && w.broken {
				panic(http.ErrAbortHandler) //nolint:forbidigo // the one way to tell a client that an answer is not whole
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// recovered answers in place of a handler that panicked, if it had not begun to.
func (s *Server) recovered(w *recorder, r *http.Request, v any) {
	if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		s.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.Any("value", v), slog.String("stack", string(debug.Stack())),
			slog.String("requestId", audit.RequestID(r.Context())))
	}
	if w.status != 0 {
		w.broken = true
		return
	}
	s.refuse(w, r, http.StatusInternalServerError, s.Errors.Recover(r.Context(), v))
}

// wellFormedID tells whether a client's request id can be taken over.
func wellFormedID(s string) bool {
	if s == "" || len(s) > maxRequestID {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
	}) < 0
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int  // 0: nothing was written yet
	broken bool // the answer stops in the middle
}

// Unwrap lets http.ResponseController, and the upgrade to WebSocket, find the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// final is the status that the client has seen, or will.
func (w *recorder) final() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}
