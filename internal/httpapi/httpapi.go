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
	"sync/atomic"
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
	// LookUp is Authenticate of a token that was good lately, along with what its request reads; nil for a token
	// that is refused before it is looked up. Optional.
	LookUp func(ctx context.Context, token string) viewer.LookUp
	// Changes tells when that may have another answer than before.
	Changes Changes
	Exports Exports
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
	// WithBaseURL hands a mutation the address that links start with.
	WithBaseURL func(ctx context.Context, url string) context.Context
	// Limits are what callers keep within. Optional.
	Limits Limits
	// Gauges are shown beside the server's own metrics. Optional.
	Gauges []Gauge
	// MetricsApart leaves /metrics to who serves Metrics elsewhere. Optional.
	MetricsApart bool
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

// Limits are what callers keep within; 0 is no limit.
type Limits struct {
	// Cost is what one operation may cost.
	Cost int
	// Rate is how many requests a second one credential may send, or one address without a good one.
	// All credentials of a tenant may send five times as many. An operation on a socket is a request.
	Rate float64
	// Burst is how many requests may come at once.
	Burst int
	// InFlight is how many requests may be executed at the same time.
	InFlight int
	// Streams is how many subscriptions and downloads may be under way.
	Streams int
	// Sockets is how many sockets one credential may have open.
	Sockets int
}

// Server serves the API.
type Server struct {
	Options
	handler http.Handler
	engine  *engine
	origins *http.CrossOriginProtection
	trusted map[string]bool
	asking  chan struct{} // holds one for each connection that asks again who it belongs to

	metrics  *metrics
	gate     *gate
	patience time.Duration // with who reads an answer
	reach    time.Duration // of messages on a socket
	busy     *room         // executing
	streams  *room         // subscriptions and downloads
	open     atomic.Int64  // sockets
	seats    *seats        // sockets of each credential

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
	m := newMetrics()
	s := &Server{
		Options: o, engine: newEngine(o, m), origins: http.NewCrossOriginProtection(), trusted: map[string]bool{},
		asking: make(chan struct{}, askedAtOnce), metrics: m, patience: defaultPatience, reach: defaultReach,
	}
	s.limit()
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

// limit sets the server's limits up, with what shows how near they are.
func (s *Server) limit() {
	m := s.metrics
	s.gate = newGate(s.Limits, s.Now, func(limit string) { m.refused(limit)() })
	s.busy = &room{limit: int64(s.Limits.InFlight), refused: m.refused("in flight")}
	s.streams = &room{limit: int64(s.Limits.Streams), refused: m.refused("streams")}
	s.seats = &seats{limit: s.Limits.Sockets, taken: map[string]int{}}
	m.watch("purser_in_flight", "Requests that are being executed.", &s.busy.taken)
	m.watch("purser_streams", "Subscriptions and downloads under way.", &s.streams.taken)
	m.watch("purser_sockets", "Open WebSockets.", &s.open)
	m.registry.MustRegister(asked(s.Gauges))
}

// Metrics serves what is measured, for Prometheus.
func (s *Server) Metrics() http.Handler { return s.metrics.handler() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/schema.graphql", s.read(s.serveSchema))
	mux.HandleFunc("/exports/{id}", s.read(s.paced(s.serveExport)))
	mux.HandleFunc("/healthz", s.read(s.serveHealth))
	mux.HandleFunc("/readyz", s.read(s.serveReady))
	if !s.MetricsApart {
		mux.HandleFunc("/metrics", s.read(s.paced(s.Metrics().ServeHTTP)))
	}
	if s.Bootstrap != nil {
		mux.HandleFunc("POST /bootstrap", s.paced(s.serveBootstrap))
		mux.Handle("/bootstrap", s.BootstrapPage)
		mux.Handle("/bootstrap/", s.BootstrapPage)
	}
	if s.GraphiQL != nil {
		mux.Handle("/", s.GraphiQL)
	} else {
		mux.HandleFunc("/", s.notFound)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" { // nearly all: they are not looked for among the others
			s.serveGraphQL(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
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
