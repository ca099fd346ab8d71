// Package apitest serves the whole API on a temporary database with the small demo, for tests that
// come in over HTTP.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/graph"
	"purser/internal/access"
	"purser/internal/app"
	"purser/internal/demo"
	"purser/internal/httpapi"
	"purser/internal/lean"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// Today is the demo's day: with it the demo's ids and instants are the same in every test.
var Today = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)

// CostLimit is what an operation may cost, as it is by default.
const CostLimit = 10_000

// Server is the API under test.
type Server struct {
	*app.App
	URL   string
	Clock *Clock
	Plans *lean.Plans // nil: answers are written by gqlgen alone
	// Statements counts the SQL statements of the last request, its credential's look-up aside.
	Statements atomic.Int64
	lookup     atomic.Int64 // those of its credential

	workOnce sync.Once
	mu       sync.Mutex
	tokens   map[string]string
}

// Clock is the time that everything under test goes by.
type Clock struct{ offset atomic.Int64 }

// Now returns the time.
func (c *Clock) Now() time.Time { return Today.Add(time.Duration(c.offset.Load())) }

// Add lets time pass.
func (c *Clock) Add(d time.Duration) { c.offset.Add(int64(d)) }

// Start serves a database of the kind (see storetest.Kinds) with the small demo, without workers.
func Start(tb testing.TB, kind string) *Server {
	tb.Helper()
	return Serve(tb, storetest.Open(tb, kind), demo.Small)
}

// StartPlain is Start with a server whose answers are written by gqlgen alone.
func StartPlain(tb testing.TB, kind string) *Server {
	tb.Helper()
	return seeded(tb, serve(tb, storetest.Open(tb, kind), &Clock{}, nil), demo.Small)
}

// Serve serves a database after filling it with the demo.
func Serve(tb testing.TB, db *store.DB, size demo.Size) *Server {
	tb.Helper()
	return seeded(tb, serve(tb, db, &Clock{}, graph.NewPlans()), size)
}

func seeded(tb testing.TB, s *Server, size demo.Size) *Server {
	tb.Helper()
	if _, err := s.Demo.Seed(tb.Context(), size, nil); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Beside serves the same database once more, as another process would.
func (s *Server) Beside(tb testing.TB) *Server {
	tb.Helper()
	return serve(tb, storetest.Again(tb, s.DB.URL(), store.Options{}), s.Clock, s.Plans)
}

func serve(tb testing.TB, db *store.DB, clock *Clock, plans *lean.Plans) *Server {
	tb.Helper()
	s := &Server{Clock: clock, Plans: plans, tokens: map[string]string{}}
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	s.App = app.New(db, s.Clock.Now, log)
	h, err := httpapi.New(httpapi.Options{
		Schema: s.Schema(plans), Errors: graph.Errors{Log: log}, Authenticate: s.authenticate, LookUp: s.lookUp, Changes: s.Access.Changes, Exports: s.Licensing,
		SDL: SDL(tb), Ready: db.Ping, Log: log, WithBaseURL: graph.WithBaseURL,
		Limits: httpapi.Limits{Cost: CostLimit},
		Now:    s.Clock.Now, NewRequestID: func() string { return "request" },
	})
	if err != nil {
		tb.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, n := store.CountStatements(r.Context())
		h.ServeHTTP(w, r.WithContext(ctx))
		s.Statements.Store(n.Load() - s.lookup.Swap(0))
	}))
	tb.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// authenticate counts the statements of the look-up apart.
func (s *Server) authenticate(ctx context.Context, token string) (*viewer.Caller, error) {
	ctx, n := store.CountStatements(ctx)
	defer func() { s.lookup.Add(n.Load()) }()
	return s.Access.Authenticate(ctx, token)
}

// lookUp counts the statement of a look-up that goes along apart.
func (s *Server) lookUp(ctx context.Context, token string) viewer.LookUp {
	l := s.Access.LookUp(ctx, token)
	if l == nil {
		return nil
	}
	return counted{LookUp: l, server: s}
}

type counted struct {
	viewer.LookUp

	server *Server
}

// Outcome implements viewer.LookUp.
func (c counted) Outcome(ctx context.Context) (*viewer.Caller, error) {
	c.server.lookup.Add(1)
	return c.LookUp.Outcome(ctx)
}

// Work runs the workers until the test ends.
func (s *Server) Work(tb testing.TB) {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.App.Work(ctx, slog.New(slog.DiscardHandler))
	}()
	tb.Cleanup(func() { stop(); <-done })
}

// SDL returns the text of schema.graphql.
func SDL(tb testing.TB) []byte {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0)
	b, err := os.ReadFile(filepath.Join(filepath.Dir(file), "../../schema.graphql"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Token returns a credential for the user, whose tenant is the domain of the sign-in name.
func (s *Server) Token(tb testing.TB, upn string) string {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[upn]; t != "" {
		return t
	}
	ctx := tb.Context()
	t, err := s.Directory.TenantByDomain(ctx, upn[bytes.IndexByte([]byte(upn), '@')+1:])
	if err != nil {
		tb.Fatal(err)
	}
	u, err := s.Directory.UserByName(ctx, t.ID, upn)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := s.Access.CreateToken(viewer.NewContext(ctx, viewer.System(t.ID)), access.NewToken{Name: "test", UserID: &u.ID, TTL: 24 * time.Hour})
	if err != nil {
		tb.Fatal(err)
	}
	s.tokens[upn] = token.Secret
	return token.Secret
}

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Post sends a query as the user; nobody when as is empty.
func (s *Server) Post(tb testing.TB, as, query string, variables map[string]any) Answer {
	tb.Helper()
	token := ""
	if as != "" {
		token = s.Token(tb, as)
	}
	return s.Send(tb, token, query, variables)
}

// Send sends a query with a token, or with none.
func (s *Server) Send(tb testing.TB, token, query string, variables map[string]any) Answer {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		tb.Fatal(err)
	}
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: b}
}

// Tenant returns the id of a tenant.
func (s *Server) Tenant(tb testing.TB, domain string) string {
	tb.Helper()
	t, err := s.Directory.TenantByDomain(tb.Context(), domain)
	if err != nil {
		tb.Fatal(err)
	}
	return t.ID
}

// In returns a context in which the server itself is at work in a tenant.
func (s *Server) In(tb testing.TB, domain string) context.Context {
	tb.Helper()
	return viewer.NewContext(tb.Context(), viewer.System(s.Tenant(tb, domain)))
}
