// Package viewer says who asks: the caller behind a credential, the tenants within reach, and
// the one tenant that a piece of work is done in.
package viewer

import (
	"context"
	"slices"

	"purser/internal/instant"
)

// CredentialKind is how a caller proved who they are.
type CredentialKind string

// The kinds of credentials.
const (
	APIToken CredentialKind = "API_TOKEN"
	OIDC     CredentialKind = "OIDC"
)

// Credential is what the caller showed.
type Credential struct {
	ID        string
	Kind      CredentialKind
	Name      string
	ExpiresAt instant.Milli // 0: does not end by itself
}

// Access is one tenant within a caller's reach.
type Access struct {
	Tenant    string
	Roles     Roles
	Delegated bool          // by partner access; else the caller's own tenant
	ExpiresAt instant.Milli // 0: does not end
}

// Caller is who asks, with every tenant within reach; the caller's own tenant comes first.
type Caller struct {
	Credential Credential
	User       string // "" for a service credential
	Name       string // for the audit trail
	Home       string // the tenant that the credential belongs to
	Reach      []Access
}

// SameAs tells whether two callers are the same in everything.
func (c *Caller) SameAs(o *Caller) bool {
	return c.Credential == o.Credential && c.User == o.User && c.Name == o.Name && c.Home == o.Home && slices.Equal(c.Reach, o.Reach)
}

// LookUp is a look-up of a credential that is under way.
type LookUp interface {
	// Along returns a context in which it goes along with the first statements that read something, ahead of them.
	Along(ctx context.Context) context.Context
	// Outcome returns who is behind the credential. Where nothing has taken the look-up along, it is done then.
	Outcome(ctx context.Context) (*Caller, error)
}

// Find returns the caller's access to a tenant.
func (c *Caller) Find(tenant string) (Access, bool) {
	for _, a := range c.Reach {
		if a.Tenant == tenant {
			return a, true
		}
	}
	return Access{}, false
}

// HasAnywhere tells whether the caller holds any of the roles in any tenant within reach.
func (c *Caller) HasAnywhere(roles ...Role) bool {
	for _, a := range c.Reach {
		if a.Roles.Has(roles...) {
			return true
		}
	}
	return false
}

// Viewer is somebody at work in exactly one tenant.
type Viewer struct {
	Tenant string
	User   string // "" for a service credential, a partner's user and the server's own workers
	Name   string // for the audit trail
	Roles  Roles

	Delegated bool // here by partner access
}

// In returns the caller as viewer in one of the tenants within reach.
func (c *Caller) In(tenant string) (Viewer, bool) {
	a, ok := c.Find(tenant)
	if !ok {
		return Viewer{}, false
	}
	v := Viewer{Tenant: tenant, Name: c.Name, Roles: a.Roles, Delegated: a.Delegated}
	if !a.Delegated {
		v.User = c.User
	}
	return v, true
}

// System returns the server itself, at work in a tenant.
func System(tenant string) Viewer {
	return Viewer{Tenant: tenant, Name: "Purser", Roles: SetOf(GlobalAdmin)}
}

// Actor returns the viewer's user for a row that names who did something; nil where there is none.
func (v Viewer) Actor() *string {
	if v.User == "" {
		return nil
	}
	return &v.User
}

// SeesAllPurchases tells whether the viewer sees every purchase of the tenant; a mere member
// sees what they bought themselves.
func (v Viewer) SeesAllPurchases() bool { return v.Roles&^SetOf(Member) != 0 }

type callerKey struct{}

// WithCaller returns a context in which c asks.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who asks; nil when nobody has shown a credential.
func CallerFrom(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

type viewerKey struct{}

// NewContext returns a context in which v is at work.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// From returns the viewer at work, and false where there is none: then nothing may be read or written.
func From(ctx context.Context) (Viewer, bool) {
	v, ok := ctx.Value(viewerKey{}).(Viewer)
	return v, ok && v.Tenant != ""
}
