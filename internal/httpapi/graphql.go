package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
	"purser/internal/lean"
)

// serveGraphQL serves /graphql: POST and GET, answered with JSON or with events, and WebSocket.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		s.serveSocket(w, r)
	case r.Method == http.MethodPost || r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.serveOperation(w, r)
	default:
		s.notAllowed(w, r, "GET, HEAD, POST")
	}
}

func (s *Server) notAllowed(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	s.refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.GraphQLInvalid, "Use %s.", allow))
}

// serveOperation runs one operation for one request.
func (s *Server) serveOperation(w http.ResponseWriter, r *http.Request) {
	entryOf(r.Context()).graphql = true
	typ, ok := answerType(r.Header)
	events := wantsEvents(r.Header)
	if status, err := s.turnsAway(r, ok || events); err != nil {
		s.refuse(w, r, status, err)
		return
	}
	limited, cancel := s.deadline(r.Context())
	defer cancel()
	from, err := s.guestOf(limited, r)
	if err != nil {
		s.refuse(w, r, statusOfErr(err), err)
		return
	}
	text, status, err := readText(w, r)
	if err != nil {
		s.refuse(w, r, status, err)
		return
	}
	leave, ok := s.busy.enter() // not before: who sends slowly would keep the place from others
	if !ok {
		s.refuse(w, r, http.StatusServiceUnavailable, errBusy)
		return
	}
	defer leave()
	params, err := text.decode(r)
	if err != nil {
		s.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	s.execute(w, r, call{guest: from, params: params, typ: typ, events: events, limited: limited, leave: leave})
}

// turnsAway tells why nothing is done for a request, not even to find out whose it is.
func (s *Server) turnsAway(r *http.Request, acceptable bool) (status int, err error) {
	err = s.origins.Check(r)
	switch {
	case err != nil:
		return http.StatusForbidden, fault.New(fault.Forbidden, "Pages of other origins may not call this server.").Because(err)
	case !acceptable:
		return http.StatusNotAcceptable, fault.New(fault.GraphQLInvalid, "Accept %s, %s or %s.", resultType, jsonType, eventsType)
	case s.busy.full():
		return http.StatusServiceUnavailable, errBusy
	}
	return 0, nil
}

// call is a request for an operation that was read.
type call struct {
	guest
	params  *graphql.RawParams
	typ     string          // of the answer
	events  bool            // the answer is a stream of events
	limited context.Context //nolint:containedctx // lives for the request: it ends with the time of a query or mutation
	leave   func()          // gives the place back to others
}

// execute runs the operation that a call asks for.
func (s *Server) execute(w http.ResponseWriter, r *http.Request, c call) {
	ctx := r.Context() //nolint:contextcheck // of a stream, which has its own end
	if !c.events {
		ctx = c.limited
	}
	ctx = admit(ctx, c.caller)
	oc, refused := s.engine.prepare(ctx, c.params)
	if c.lookUp != nil && (refused != nil || c.events || oc.Operation.Operation != ast.Query) && !s.confirm(w, r, &c) {
		return
	}
	if oc != nil && oc.Operation.Operation == ast.Mutation { // nothing else answers with links
		ctx = s.WithBaseURL(ctx, s.baseURL(r))
	}
	switch {
	case oc != nil && oc.Operation.Operation == ast.Mutation && r.Method != http.MethodPost:
		s.notAllowed(w, r, http.MethodPost)
	case refused != nil && codeOf(refused) == fault.Unauthenticated:
		s.write(w, typOr(c.typ), http.StatusUnauthorized, refused)
	case c.events && r.Method == http.MethodHead:
		beginEvents(w)
	case c.events && refused == nil && oc.Operation.Operation == ast.Subscription:
		s.subscribe(w, r, oc, c)
	case c.events:
		s.stream(ctx, w, oc, refused)
	case refused != nil:
		s.write(w, c.typ, statusOf(refused, c.typ), refused)
	case oc.Operation.Operation == ast.Subscription:
		resp := s.engine.refusal(ctx, fault.New(fault.GraphQLInvalid, "Subscribe over WebSocket, or accept %s.", eventsType))
		s.write(w, c.typ, statusOf(resp, c.typ), resp)
	default:
		s.answer(ctx, w, r, oc, c)
	}
}

// answer runs a query or mutation and writes its one answer.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, oc *graphql.OperationContext, c call) {
	if c.lookUp != nil {
		ctx = c.lookUp.Along(ctx)
	}
	b := lean.NewBuffer()
	defer b.Free()
	_, _ = b.WriteString(beforeData) // as a buffer, it takes all
	resp := s.engine.run(lean.WithBuffer(ctx, b), oc)()
	if resp == nil && gone(ctx) || c.lookUp != nil && !s.confirm(w, r, &c) {
		return
	}
	if resp == nil { // its time was over before it began
		resp = s.engine.outOfTime(ctx)
	}
	c.leave() // who reads slowly does not keep others waiting
	s.send(w, c.typ, statusOf(resp, c.typ), resp, b)
}

func typOr(typ string) string {
	if typ == "" {
		return jsonType
	}
	return typ
}
