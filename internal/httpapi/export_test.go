package httpapi

import (
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// What the tests reach inside for.
var (
	DecodeRequest = decodeRequest
	DecodeQuery   = decodeQuery
	Bearer        = bearer
	ParseMessage  = parseMessage
	NewDocuments  = newDocuments
	NewRate       = newRate
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

// Take takes once from a rate.
func (r *rate) Take(key string) (waitSeconds float64) { return r.take(key).Seconds() }

// Kept is how many keys a rate keeps.
func (r *rate) Kept() int {
	n := 0
	for i := range r.due.parts {
		n += len(r.due.parts[i].m)
	}
	return n
}

// CostOf returns what an operation costs.
func CostOf(schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any) int {
	return pricing{schema: schema}.costOf(op, variables)
}
