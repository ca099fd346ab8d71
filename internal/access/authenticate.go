package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Authenticate finds the caller behind a bearer token, with every tenant within reach, in one
// statement. Nothing is remembered from one call to the next: what another process has revoked ends at once. Whatever is wrong with
// the secret, its token or the token's user, the answer is one and the same fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, secret string) (*viewer.Caller, error) {
	if s.issuer != nil && !strings.HasPrefix(secret, secretStart) {
		return s.authenticateOIDC(ctx, secret)
	}
	if !wellFormed(secret) {
		return nil, unauthenticated()
	}
	l := s.lookUp(secret)
	if err := s.db.ReadUnwalled(ctx, callerByHash, l.args(), l.row); err != nil {
		return nil, fmt.Errorf("find a token: %w", err)
	}
	return s.outcome(l)
}

// LookUp is Authenticate without a round trip of its own; nil for a credential that takes more than one statement.
func (s *Service) LookUp(secret string) *viewer.LookUp {
	if !wellFormed(secret) {
		return nil
	}
	var l *lookUp
	var along *store.Along
	return &viewer.LookUp{
		Along: func(ctx context.Context) context.Context {
			l = s.lookUp(secret)
			ctx, along = store.WithAlong(ctx, callerByHash, l.args(), l.row)
			return ctx
		},
		Outcome: func(ctx context.Context) (*viewer.Caller, error) {
			if along != nil && along.Arrived() {
				return s.outcome(l)
			}
			return s.Authenticate(ctx, secret)
		},
	}
}

// outcome is who is behind the token that was looked up, if anybody.
func (s *Service) outcome(l *lookUp) (*viewer.Caller, error) {
	c, err := l.found().caller(l.now)
	if err == nil {
		s.uses.note(c.Credential.ID, l.now)
	}
	return c, err
}

// caller is who is behind the token found, if anybody.
func (f *found) caller(now instant.Milli) (*viewer.Caller, error) {
	if f == nil || f.token.ExpiresAt <= now {
		return nil, unauthenticated()
	}
	c := &viewer.Caller{Credential: f.token, Name: f.token.Name, Home: f.tenant}
	switch {
	case f.user != nil:
		return f.asUser(c)
	case f.roles == 0:
		return nil, unauthenticated()
	}
	c.Reach = []viewer.Access{{Tenant: f.tenant, Roles: f.roles}}
	return c, nil
}

// asUser lets the caller act as the user found.
func (f *found) asUser(c *viewer.Caller) (*viewer.Caller, error) {
	if f.user.blocked {
		return nil, unauthenticated()
	}
	c.User, c.Name = f.user.id, f.user.name
	c.Reach = []viewer.Access{{Tenant: f.tenant, Roles: f.user.roles | viewer.SetOf(viewer.Member)}}
	if !f.user.guest {
		c.Reach = append(c.Reach, f.delegated...)
	}
	return c, nil
}

// unauthenticated says nothing about what was wrong: that would help to guess.
func unauthenticated() *fault.Error {
	return fault.New(fault.Unauthenticated, "The credential is not valid.")
}

// found is a token with what is known of its tenant and its user.
type found struct {
	token     viewer.Credential
	tenant    string
	roles     viewer.Roles
	user      *foundUser      // nil for a service token
	delegated []viewer.Access // what other tenants grant to the tenant's members
}

type foundUser struct {
	id, name       string
	roles          viewer.Roles
	guest, blocked bool
}

// callerByHash finds a token in one statement. It looks outside of the tenant wall: nobody is in a tenant before it is
// known who asks.
const callerByHash = `SELECT t.id, t.name, t.roles, t.expires_at, t.tenant_id, COALESCE(u.id, ''),
	COALESCE(u.display_name, ''), COALESCE(u.roles, 0), COALESCE(u.kind, ''), COALESCE(u.account_enabled AND NOT u.removed, false),
	p.tenant_id, COALESCE(p.roles, 0), COALESCE(p.expires_at, 0)
	FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id LEFT JOIN users u ON u.id = t.user_id AND u.tenant_id = t.tenant_id
	LEFT JOIN partner_accesses p ON p.partner_domain = n.domain AND p.tenant_id <> n.id AND p.expires_at > ? AND p.revoked_at IS NULL
	WHERE t.hash = ? AND t.revoked_at IS NULL`

// lookUp is one look-up of a token: a row, and one more for each further tenant that grants access.
type lookUp struct {
	hash [sha256.Size]byte
	now  instant.Milli
	rows int
	f    found
}

func (s *Service) lookUp(secret string) *lookUp {
	return &lookUp{
		hash: sha256.Sum256([]byte(secret)), now: instant.From(s.now()),
		f: found{token: viewer.Credential{Kind: viewer.APIToken}},
	}
}

func (l *lookUp) args() []any { return []any{int64(l.now), l.hash[:]} }

func (l *lookUp) row(rows *store.Rows) error {
	l.rows++
	var (
		u      foundUser
		kind   string
		active bool
		from   *string
		a      viewer.Access
		t      = &l.f.token
	)
	err := rows.Scan(&t.ID, &t.Name, &l.f.roles, &t.ExpiresAt, &l.f.tenant, &u.id, &u.name, &u.roles, &kind, &active, &from, &a.Roles, &a.ExpiresAt)
	if err != nil {
		return err
	}
	if u.id != "" {
		u.guest, u.blocked = kind != string(model.UserKindMember), !active
		l.f.user = &u
	}
	if from != nil {
		l.f.grant(viewer.Access{Tenant: *from, Roles: a.Roles, Delegated: true, ExpiresAt: a.ExpiresAt})
	}
	return nil
}

// found is what was found; nil for nothing.
func (l *lookUp) found() *found {
	if l.rows == 0 {
		return nil
	}
	slices.SortFunc(l.f.delegated, func(a, b viewer.Access) int { return cmp.Compare(a.Tenant, b.Tenant) })
	return &l.f
}

// grant adds what another tenant grants; nobody is a member there.
func (f *found) grant(a viewer.Access) {
	if a.Roles &^= viewer.SetOf(viewer.Member); a.Roles != 0 {
		f.delegated = append(f.delegated, a)
	}
}
