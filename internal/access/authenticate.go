package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Authenticate finds the caller behind a bearer token, with every tenant within reach, in at
// most two statements. Whatever is wrong with the secret, its token or the token's user, the
// answer is one and the same fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, secret string) (*viewer.Caller, error) {
	if s.issuer != nil && !strings.HasPrefix(secret, secretStart) {
		return s.authenticateOIDC(ctx, secret)
	}
	if !wellFormed(secret) {
		return nil, unauthenticated()
	}
	f, err := findToken(ctx, s.db, hashOf(secret))
	if err != nil {
		return nil, fmt.Errorf("find a token: %w", err)
	}
	now := instant.From(s.now())
	if f == nil || f.token.ExpiresAt <= now {
		return nil, unauthenticated()
	}
	c := &viewer.Caller{Credential: f.token, Name: f.token.Name, Home: f.tenant}
	if f.user == nil {
		if f.roles == 0 {
			return nil, unauthenticated()
		}
		s.uses.note(f.token.ID, now)
		c.Reach = []viewer.Access{{Tenant: f.tenant, Roles: f.roles}}
		return c, nil
	}
	c, err = s.asUser(ctx, c, f)
	if err == nil {
		s.uses.note(f.token.ID, now)
	}
	return c, err
}

// asUser lets the caller act as the user found.
func (s *Service) asUser(ctx context.Context, c *viewer.Caller, f *found) (*viewer.Caller, error) {
	if f.user.blocked {
		return nil, unauthenticated()
	}
	c.User, c.Name = f.user.id, f.user.name
	c.Reach = []viewer.Access{{Tenant: f.tenant, Roles: f.user.roles | viewer.SetOf(viewer.Member)}}
	if f.user.guest {
		return c, nil
	}
	delegated, err := delegatedTo(ctx, s.db, f.domain, instant.From(s.now()))
	if err != nil {
		return nil, fmt.Errorf("find delegated access: %w", err)
	}
	c.Reach = append(c.Reach, delegated...)
	return c, nil
}

// unauthenticated says nothing about what was wrong: that would help to guess.
func unauthenticated() *fault.Error {
	return fault.New(fault.Unauthenticated, "The credential is not valid.")
}

// found is a token with what is known of its tenant and its user.
type found struct {
	token  viewer.Credential
	tenant string
	domain string
	roles  viewer.Roles
	user   *foundUser // nil for a service token
}

type foundUser struct {
	id, name       string
	roles          viewer.Roles
	guest, blocked bool
}

// findToken returns the token with this hash; nil where there is none. It looks outside of the
// tenant wall: nobody is in a tenant before it is known who asks.
func findToken(ctx context.Context, db *store.DB, hash []byte) (f *found, err error) {
	rows, err := db.QueryUnwalled(ctx, `SELECT t.id, t.name, t.roles, t.expires_at, t.tenant_id, n.domain, COALESCE(u.id, ''),
		COALESCE(u.display_name, ''), COALESCE(u.roles, 0), COALESCE(u.kind, ''), COALESCE(u.account_enabled AND NOT u.removed, false)
		FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id LEFT JOIN users u ON u.id = t.user_id AND u.tenant_id = t.tenant_id
		WHERE t.hash = ? AND t.revoked_at IS NULL`, hash)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	f = &found{token: viewer.Credential{Kind: viewer.APIToken}}
	var u foundUser
	var kind string
	var active bool
	err = rows.Scan(&f.token.ID, &f.token.Name, &f.roles, &f.token.ExpiresAt, &f.tenant, &f.domain, &u.id, &u.name, &u.roles, &kind, &active)
	if err != nil {
		return nil, err
	}
	if u.id != "" {
		u.guest, u.blocked = kind != string(model.UserKindMember), !active
		f.user = &u
	}
	return f, rows.Err()
}

// delegatedTo returns the access that other tenants grant to the users of the partner with this
// domain, as far as it has not ended. It looks outside of the wall, at grants alone.
func delegatedTo(ctx context.Context, db *store.DB, domain string, now instant.Milli) (list []viewer.Access, err error) {
	rows, err := db.QueryUnwalled(ctx, `SELECT p.tenant_id, p.roles, p.expires_at
		FROM partner_accesses p JOIN tenants n ON n.id = p.tenant_id
		WHERE p.partner_domain = ? AND n.domain <> p.partner_domain AND p.expires_at > ? AND p.revoked_at IS NULL ORDER BY p.tenant_id`, domain, int64(now))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		a := viewer.Access{Delegated: true}
		if err := rows.Scan(&a.Tenant, &a.Roles, &a.ExpiresAt); err != nil {
			return nil, err
		}
		if a.Roles &^= viewer.SetOf(viewer.Member); a.Roles != 0 {
			list = append(list, a)
		}
	}
	return list, rows.Err()
}
