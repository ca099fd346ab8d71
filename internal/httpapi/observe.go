package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

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
	graphql    bool   // it is about an operation
	operation  string // its name
	kind       string
	cost       int
	viewer     string // the user, or else the credential
	tenant     string
	codes      []string // of the errors, each once
	statements *atomic.Int64
	remote     string // the address that it came from
}

// maxName is how much is logged of a name that a client has chosen.
const maxName = 100

// runs notes the operation, which is good to run.
func (e *entry) runs(op *ast.OperationDefinition) {
	e.operation, e.kind = op.Name, string(op.Operation)
	if len(e.operation) > maxName {
		e.operation = e.operation[:maxName] + "…"
	}
}

// answered notes the errors of an answer.
func (e *entry) answered(resp *graphql.Response) {
	for _, err := range resp.Errors {
		if code := fmt.Sprint(err.Extensions["code"]); !slices.Contains(e.codes, code) {
			e.codes = append(e.codes, code)
		}
	}
}

// again forgets what came of a request for a caller who was not the one presumed.
func (e *entry) again() {
	e.operation, e.kind, e.cost, e.viewer, e.tenant, e.codes = "", "", 0, "", "", nil
}

type entryKey struct{}

// handOver leaves what is known of an operation to the entry of the stream that goes on with it.
func (e *entry) handOver(to *entry) {
	to.graphql, to.operation, to.kind, to.cost = true, e.operation, e.kind, e.cost
	e.graphql, e.operation, e.kind, e.cost = false, "", "", 0
}

// entryOf returns the entry of the request or operation at hand.
func entryOf(ctx context.Context) *entry {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		return e
	}
	return &entry{}
}

// begin gives a request or operation, which came from that address, its id and its entry in the log.
func (s *Server) begin(ctx context.Context, remote, requestID string) (context.Context, *entry) {
	ctx, statements := store.CountStatements(audit.WithRequestID(ctx, requestID))
	e := &entry{start: s.Now(), statements: statements, remote: remote}
	return context.WithValue(ctx, entryKey{}, e), e
}

// admitted notes who the request came from.
func (e *entry) admitted(c *viewer.Caller) {
	if c != nil {
		e.tenant, e.viewer = c.Home, cmp.Or(c.User, c.Credential.ID)
	}
}

// finish logs a request, or an operation on a socket, and counts it.
func (s *Server) finish(ctx context.Context, what string, e *entry, attrs ...slog.Attr) {
	now := s.Now()
	took := now.Sub(e.start)
	s.metrics.finished(e, took)
	if !s.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs = append(append(make([]slog.Attr, 0, 12), attrs...), slog.Duration("duration", took), slog.Int64("statements", e.statements.Load()),
		slog.String("requestId", audit.RequestID(ctx)))
	if e.kind != "" {
		attrs = append(attrs, slog.String("kind", e.kind), slog.String("operation", e.operation))
	}
	if e.cost > 0 {
		attrs = append(attrs, slog.Int("cost", e.cost))
	}
	if e.viewer != "" {
		attrs = append(attrs, slog.String("viewer", e.viewer), slog.String("tenant", e.tenant))
	}
	if len(e.codes) > 0 {
		attrs = append(attrs, slog.String("codes", strings.Join(e.codes, ",")))
	}
	line := slog.NewRecord(now, slog.LevelInfo, what, 0) // Logger would find out where in the code it is called, which nobody is told
	line.AddAttrs(attrs...)
	_ = s.Log.Handler().Handle(ctx, line) // Logger does not tell either
}

// observe gives every request its id and every answer its common headers, logs one line, and
// catches panics. The query string stays out of the log: it holds the secrets of export links.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		requestID := r.Header.Get(requestIDHeader)
		if !wellFormedID(requestID) {
			requestID = s.NewRequestID()
		}
		ctx, e := s.begin(r.Context(), r.RemoteAddr, requestID)
		r = r.WithContext(ctx)
		w := &recorder{ResponseWriter: rw}
		s.protect(w.Header(), r)
		w.Header()[requestIDHeader] = []string{requestID}
		defer func() {
			v := recover()
			if v != nil {
				s.recovered(w, r, v)
			}
			s.finish(ctx, "request", e, slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.final()))
			if v != nil && w.broken {
				panic(http.ErrAbortHandler) //nolint:forbidigo // the one way to tell a client that an answer is not whole
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// recovered answers in place of a handler that panicked, if it had not begun to.
func (s *Server) recovered(w *recorder, r *http.Request, v any) {
	if w.broken = w.status != 0; w.broken {
		if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			_ = s.panicked(r.Context(), v) // the log has it
		}
		return
	}
	s.write(w, jsonType, http.StatusInternalServerError, s.panicked(r.Context(), v))
}

// panicked counts and logs a bug, and returns the answer that tells of it.
func (s *Server) panicked(ctx context.Context, v any) *graphql.Response {
	s.metrics.panics.Inc()
	return s.engine.refusal(ctx, s.Errors.Recover(ctx, v))
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
