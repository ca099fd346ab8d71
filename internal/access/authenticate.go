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
	hash, now := sha256.Sum256([]byte(secret)), instant.From(s.now())
	f, err := findToken(ctx, s.db, hash[:], now)
	if err != nil {
		return nil, fmt.Errorf("find a token: %w", err)
	}
	c, err := f.caller(now)
	if err == nil {
		s.uses.note(c.Credential.ID, now)
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

// findToken returns the token with this hash, in one statement; nil where there is none. It looks outside of the
// tenant wall: nobody is in a tenant before it is known who asks.
func findToken(ctx context.Context, db *store.DB, hash []byte, now instant.Milli) (f *found, err error) {
	t := found{token: viewer.Credential{Kind: viewer.APIToken}}
	var u foundUser
	var kind string
	var active bool
	var from *string
	var a viewer.Access
	dest := []any{&t.token.ID, &t.token.Name, &t.roles, &t.token.ExpiresAt, &t.tenant, &u.id, &u.name, &u.roles, &kind, &active, &from, &a.Roles, &a.ExpiresAt}
	err = db.ReadUnwalled(ctx, `SELECT t.id, t.name, t.roles, t.expires_at, t.tenant_id, COALESCE(u.id, ''),
		COALESCE(u.display_name, ''), COALESCE(u.roles, 0), COALESCE(u.kind, ''), COALESCE(u.account_enabled AND NOT u.removed, false),
		p.tenant_id, COALESCE(p.roles, 0), COALESCE(p.expires_at, 0)
		FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id LEFT JOIN users u ON u.id = t.user_id AND u.tenant_id = t.tenant_id
		LEFT JOIN partner_accesses p ON p.partner_domain = n.domain AND p.tenant_id <> n.id AND p.expires_at > ? AND p.revoked_at IS NULL
		WHERE t.hash = ? AND t.revoked_at IS NULL`, []any{int64(now), hash}, func(rows *store.Rows) error {
		f = &t
		if err := rows.Scan(dest...); err != nil || from == nil {
			return err
		}
		t.grant(viewer.Access{Tenant: *from, Roles: a.Roles, Delegated: true, ExpiresAt: a.ExpiresAt})
		return nil
	})
	if u.id != "" {
		u.guest, u.blocked = kind != string(model.UserKindMember), !active
		t.user = &u
	}
	slices.SortFunc(t.delegated, func(a, b viewer.Access) int { return cmp.Compare(a.Tenant, b.Tenant) })
	return f, err
}

// grant adds what another tenant grants; nobody is a member there.
func (f *found) grant(a viewer.Access) {
	if a.Roles &^= viewer.SetOf(viewer.Member); a.Roles != 0 {
		f.delegated = append(f.delegated, a)
	}
}
