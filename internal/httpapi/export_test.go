package httpapi

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/viewer"
)

// What the tests reach inside for.
var (
	DecodeRequest = decodeRequest
	DecodeQuery   = decodeQuery
	Bearer        = bearer
	ParseMessage  = parseMessage
	NewDocuments  = newDocuments
)

// Quick reads a request without encoding/json, if it can.
func Quick(b []byte) (params *graphql.RawParams, ok bool) {
	in, ok := (&quick{b: b}).body()
	if !ok {
		return nil, false
	}
	params, _ = in.params()
	return params, true
}

// Slow reads a request with encoding/json.
func Slow(b []byte) (params *graphql.RawParams, ok bool) {
	var in body
	if decodeOne(b, &in) != nil {
		return nil, false
	}
	params, _ = in.params()
	return params, true
}

// HTTPServer returns the server that Serve runs.
func HTTPServer(s *Server) *http.Server { return s.httpServer() }

// SetPatience changes how long the server waits for who reads.
func SetPatience(s *Server, d time.Duration) { s.patience, s.reach = d, d }

// NewRate is newRate on a clock that begins now.
func NewRate(perSecond float64, burst int, now func() time.Time) *rate {
	return newRate(perSecond, burst, since(now))
}

// Take takes once from a rate.
func (r *rate) Take(key string) (waitSeconds float64) { return r.Held(key)() }

// Held returns a take of a key by who holds its meter.
func (r *rate) Held(key string) (take func() (waitSeconds float64)) {
	m := r.of(key)
	return func() float64 {
		if r == nil {
			return 0
		}
		return r.take(m, r.now()).Seconds()
	}
}

// TakeAround takes once from a rate, and has something done in the middle.
func (r *rate) TakeAround(key string, do func()) {
	once := sync.OnceFunc(do)
	r.change(r.of(key), func(due time.Duration) time.Duration { once(); return due + r.interval })
}

// Narrow has a rate keep fewer keys.
func (r *rate) Narrow(keys int) { r.meters.size = keys }

// Kept is how many keys a rate keeps.
func (r *rate) Kept() (n int) {
	r.meters.values.Range(func(any, any) bool { n++; return true })
	return n
}

// Presumed returns whose a token is taken for.
func (g *gate) Presumed(token string) *viewer.Caller {
	if o := lately(g.familiar.get(sha256.Sum256([]byte(token))), g.now()); o != nil {
		return o.caller
	}
	return nil
}

// Stranger is a request without a credential.
func (g *gate) Stranger(address string) error { return g.stranger(address) }

// Lock takes all locks of a gate.
func (g *gate) Lock() {
	g.familiar.mu.Lock()
	for _, r := range []*rate{g.credentials, g.tenants, g.addresses} {
		r.meters.mu.Lock()
	}
}

// CostOf returns what an operation costs.
func CostOf(schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any) int {
	return pricing{schema: schema}.costOf(op, variables)
}

// NewGate is newGate for one rate of credentials and addresses.
func NewGate(perSecond float64, burst int, now func() time.Time) *gate {
	return newGate(Limits{Rate: perSecond, Burst: burst}, now, func(string) {})
}

// Visit is a request that shows a token which turns out to be the caller's.
func (g *gate) Visit(token, address string, c *viewer.Caller) error {
	v, err := g.arrive(token, func() string { return address })
	if err != nil {
		return err
	}
	return g.found(v, c)
}

// WithTimeout is withTimeout.
var WithTimeout = withTimeout
