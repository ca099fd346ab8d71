// Package httpapi is the server's edge: everything between a socket and the GraphQL executor.
//
// It lets callers in, keeps requests within their limits, and speaks GraphQL over HTTP, over
// server-sent events and over WebSocket on one path. Beside that it serves the schema's text, the
// downloads behind export links, the health checks, and GraphiQL.
package httpapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/cors"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/viewer"
)

// Errors turns what went wrong into GraphQL errors; graph.Errors does.
type Errors interface {
	graphql.HandlerExtension
	Present(ctx context.Context, err error) *gqlerror.Error
	Recover(ctx context.Context, v any) error
}

// Exports opens what is behind an export link.
type Exports interface {
	// Open returns the file's name and what writes it, or fault.NotFound for a link that does not
	// exist, does not fit its secret, or has ended.
	Open(ctx context.Context, id, secret string) (name string, write func(context.Context, io.Writer) error, err error)
}

// Options of a server. Everything is required that does not say otherwise.
type Options struct {
	Schema graphql.ExecutableSchema
	Errors Errors
	// Authenticate returns the caller behind a bearer token, or fault.Unauthenticated.
	Authenticate func(ctx context.Context, token string) (*viewer.Caller, error)
	Exports      Exports
	// SDL is the text of /schema.graphql.
	SDL []byte
	// GraphiQL serves / and everything that has no other route; nil: not found.
	GraphiQL http.Handler
	// Bootstrap takes what is posted to /bootstrap; nil: not found.
	Bootstrap Bootstrap
	// BootstrapPage serves /bootstrap, where a bootstrap link leads to, and what is below.
	BootstrapPage http.Handler
	// Ready tells why requests cannot be served, nil when they can.
	Ready func(ctx context.Context) error
	Log   *slog.Logger
	// Origins are the foreign ones whose pages may call the API, as https://host[:port]. Optional.
	Origins []string
	// PublicURL is where clients find the server; without it, where each request says it went.
	PublicURL string
	// WithBaseURL hands an operation the address that links start with.
	WithBaseURL func(ctx context.Context, url string) context.Context
	// Timeout is how long a query or mutation may take; 10 s where it is 0.
	Timeout time.Duration
	// KeepAlive is how often a silent stream gives a sign of life; 15 s where it is 0.
	KeepAlive time.Duration
	// InitTimeout is how long a fresh socket may take to say who it is; 10 s where it is 0.
	InitTimeout time.Duration
	Now         func() time.Time
	// NewRequestID names a request that brought no id.
	NewRequestID func() string
}

// Server serves the API.
type Server struct {
	Options
	handler http.Handler
	engine  *engine
	origins *http.CrossOriginProtection
	trusted map[string]bool

	stopping context.Context // ends when the server begins to stop
	stop     context.CancelFunc
	mu       sync.Mutex // guards sockets.Add against Wait
	sockets  sync.WaitGroup
}

// New returns a server, or what is wrong with its options.
func New(o Options) (*Server, error) {
	o.Timeout = orElse(o.Timeout, 10*time.Second)
	o.KeepAlive = orElse(o.KeepAlive, 15*time.Second)
	o.InitTimeout = orElse(o.InitTimeout, 10*time.Second)
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	s := &Server{Options: o, engine: newEngine(o.Schema, o.Errors), origins: http.NewCrossOriginProtection(), trusted: map[string]bool{}}
	s.stopping, s.stop = context.WithCancel(context.Background())
	for _, origin := range o.Origins {
		if !exactOrigin(origin) {
			return nil, fmt.Errorf("origin %q is not of the form https://host[:port]", origin)
		}
		if err := s.origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("origin %q: %w", origin, err)
		}
		s.trusted[origin] = true
	}
	s.handler = s.observe(s.shared(s.routes()))
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/graphql", s.serveGraphQL)
	mux.HandleFunc("/schema.graphql", s.read(s.serveSchema))
	mux.HandleFunc("/exports/{id}", s.read(s.serveExport))
	mux.HandleFunc("/healthz", s.read(s.serveHealth))
	mux.HandleFunc("/readyz", s.read(s.serveReady))
	if s.Bootstrap != nil {
		mux.HandleFunc("POST /bootstrap", s.serveBootstrap)
		mux.Handle("/bootstrap", s.BootstrapPage)
		mux.Handle("/bootstrap/", s.BootstrapPage)
	}
	if s.GraphiQL != nil {
		mux.Handle("/", s.GraphiQL)
	} else {
		mux.HandleFunc("/", http.NotFound)
	}
	return mux
}

// shared lets the pages of foreign origins read answers: those on the list, exactly.
func (s *Server) shared(next http.Handler) http.Handler {
	if len(s.Origins) == 0 { // to the library that would mean every origin
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.Origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", requestIDHeader},
		ExposedHeaders: []string{requestIDHeader, "Retry-After"},
		MaxAge:         600,
	}).Handler(next)
}

// exactOrigin tells whether s is an origin just as browsers write it.
func exactOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && s == u.Scheme+"://"+strings.ToLower(u.Host) &&
		!strings.Contains(s, "*")
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
