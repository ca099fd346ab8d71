package httpapi

import (
	"context"
	"net/http"

	"purser/internal/viewer"
)

// guest is who sent a request. A token that was good lately is presumed to be still its caller's, so that the look-up
// can go along with what a query reads, in one round trip. Nothing that was found out for a presumed caller leaves
// the server, and nothing is changed for one, before the look-up has confirmed that they are the same in everything.
type guest struct {
	caller *viewer.Caller // nil: a stranger
	lookUp viewer.LookUp  // of a caller who is presumed; nil when they are known
	visit  visit
}

// presume returns the caller whose the token was lately, and the look-up that has to confirm it; nobody, where there is none such.
func (s *Server) presume(ctx context.Context, token string, v visit) guest {
	if v.owner == nil || s.LookUp == nil {
		return guest{}
	}
	return guest{caller: v.owner.caller, lookUp: s.LookUp(ctx, token), visit: v}
}

// confirm tells whether a call goes on: its caller is the one who was presumed. Else it is refused, or executed anew for who
// the caller is now.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request, c *call) bool {
	ctx := c.limited
	found, err := c.lookUp.Outcome(ctx)            //nolint:contextcheck // it is the request's, with an end
	found, err = s.known(ctx, c.visit, found, err) //nolint:contextcheck // likewise
	switch {
	case err != nil:
		entryOf(r.Context()).again()
		s.refuse(w, r, statusOfErr(err), s.withoutWhy(r.Context(), err))
		return false
	case !found.SameAs(c.caller):
		entryOf(r.Context()).again()
		anew := *c
		anew.guest = guest{caller: found}
		s.execute(w, r, anew)
		return false
	}
	c.lookUp = nil
	return true
}
