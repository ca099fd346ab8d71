package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
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
	if err := s.origins.Check(r); err != nil {
		s.refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "Pages of other origins may not call this server.").Because(err))
		return
	}
	typ, ok := answerType(r.Header)
	events := wantsEvents(r.Header)
	if !ok && !events {
		s.refuse(w, r, http.StatusNotAcceptable, fault.New(fault.GraphQLInvalid, "Accept %s, %s or %s.", resultType, jsonType, eventsType))
		return
	}
	limited, cancel := s.deadline(r.Context())
	defer cancel()
	caller, err := s.callerOf(limited, r)
	if err != nil {
		s.refuse(w, r, statusOfErr(err), err)
		return
	}
	params, status, err := readRequest(w, r)
	if err != nil {
		s.refuse(w, r, status, err)
		return
	}
	ctx := s.admit(graphql.StartOperationTrace(r.Context()), r, caller)
	oc, refused := s.engine.prepare(ctx, params)
	switch {
	case oc != nil && oc.Operation.Operation == ast.Mutation && r.Method != http.MethodPost:
		s.notAllowed(w, r, http.MethodPost)
	case refused != nil && codeOf(refused) == fault.Unauthenticated:
		s.write(w, typOr(typ), http.StatusUnauthorized, refused)
	case events:
		s.stream(ctx, w, oc, refused)
	case refused != nil:
		s.write(w, typ, statusOf(refused, typ), refused)
	case oc.Operation.Operation == ast.Subscription:
		resp := s.engine.refusal(ctx, fault.New(fault.GraphQLInvalid, "Subscribe over WebSocket, or accept %s.", eventsType))
		s.write(w, typ, statusOf(resp, typ), resp)
	default:
		end, _ := limited.Deadline()
		ctx, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		s.answer(ctx, w, typ, oc)
	}
}

// answer runs a query or mutation and writes its one answer.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, typ string, oc *graphql.OperationContext) {
	resp := s.engine.run(ctx, oc)()
	if resp == nil { // its time was over before it began
		if gone(ctx) {
			return
		}
		resp = s.engine.outOfTime(ctx)
	}
	s.write(w, typ, statusOf(resp, typ), resp)
}

func typOr(typ string) string {
	if typ == "" {
		return jsonType
	}
	return typ
}
