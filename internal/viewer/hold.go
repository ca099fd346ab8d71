package viewer

import (
	"context"
	"sync"
)

// Hold is what an operation that goes on for long stands on: the tenants within the caller's reach, and the roles
// held there, that it was allowed for. Once one of them is gone, the operation is.
type Hold struct {
	mu     sync.Mutex
	needs  []need
	caller *Caller // as known last; nil: as the operation began
	lost   func()
}

// need is a tenant within reach, and any of the roles held there where there are any.
type need struct {
	tenant string
	roles  []Role
}

// NewHold returns a hold that calls lost as soon as something is gone that the operation needs.
func NewHold(lost func()) *Hold { return &Hold{lost: lost} }

type holdKey struct{}

// WithHold returns the context of an operation that stands on h.
func WithHold(ctx context.Context, h *Hold) context.Context {
	return context.WithValue(ctx, holdKey{}, h)
}

// Need notes that the operation in the context, if it has a hold, was allowed for its caller's reach of a tenant
// and for any of the roles there; without roles, for the reach alone.
func Need(ctx context.Context, tenant string, roles ...Role) {
	h, ok := ctx.Value(holdKey{}).(*Hold)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := need{tenant, roles}
	h.needs = append(h.needs, n)
	if h.caller != nil && !n.met(h.caller) { // what was known of the caller has changed meanwhile
		h.lost()
	}
}

// Renew takes over what is known of the caller now.
func (h *Hold) Renew(c *Caller) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.caller = c
	for _, n := range h.needs {
		if !n.met(c) {
			h.lost()
			return
		}
	}
}

func (n need) met(c *Caller) bool {
	a, ok := c.Find(n.tenant)
	return ok && (len(n.roles) == 0 || a.Roles.Has(n.roles...))
}
