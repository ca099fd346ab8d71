package access

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"

	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/instant"
	"purser/internal/openid"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Who is behind a credential is found in one statement, with what other tenants grant to the tenant's members. It looks
// outside of the tenant wall: nobody is in a tenant before it is known who asks.
const (
	whose = `n.id, COALESCE(u.id, ''), COALESCE(u.display_name, ''), COALESCE(u.roles, 0), COALESCE(u.kind, ''),
	COALESCE(u.account_enabled AND NOT u.removed, false), p.tenant_id, COALESCE(p.roles, 0), COALESCE(p.expires_at, 0)`
	granted = ` LEFT JOIN partner_accesses p ON p.partner_domain = n.domain AND p.tenant_id <> n.id AND p.expires_at > ? AND p.revoked_at IS NULL`

	byHash = `SELECT ` + whose + `, t.id, t.name, t.roles, t.expires_at FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id
	LEFT JOIN users u ON u.id = t.user_id AND u.tenant_id = t.tenant_id` + granted + ` WHERE t.hash = ? AND t.revoked_at IS NULL`

	byName = `SELECT ` + whose + ` FROM tenants n LEFT JOIN users u ON u.tenant_id = n.id AND u.upn_key = ?` + granted + `
	WHERE n.external_id = ? OR n.domain = ?`
)

// lookUp is one look-up of a credential: a row, and one more for each further tenant that grants access.
type lookUp struct {
	query   string
	args    []any
	columns []any         // takes what the query tells beyond whose it is
	named   *viewer.Roles // instead of the stored ones
	nobody  error         // why nobody is found; nil: no matter
	now     instant.Milli

	token     viewer.Credential
	tenant    string
	tenants   int
	roles     viewer.Roles // of a service token
	user      *foundUser   // nil for a service token
	delegated []viewer.Access
}

type foundUser struct {
	id, name       string
	roles          viewer.Roles
	guest, blocked bool
}

// lookUpToken looks an API token up.
func (s *Service) lookUpToken(secret string) *lookUp {
	hash := sha256.Sum256([]byte(secret))
	l := &lookUp{query: byHash, now: instant.From(s.now()), token: viewer.Credential{Kind: viewer.APIToken}}
	l.args = []any{int64(l.now), hash[:]}
	l.columns = []any{&l.token.ID, &l.token.Name, &l.roles, &l.token.ExpiresAt}
	return l
}

// lookUpUser looks the user up whom a token of the OpenID provider names: nobody where the name of the tenant is one
// tenant's external id and another's domain. Roles in the token hold instead of the stored ones.
func (s *Service) lookUpUser(who openid.Identity) *lookUp {
	l := &lookUp{query: byName, now: instant.From(s.now()), token: credentialOf(who), named: who.Roles, nobody: errNobody}
	l.args = []any{fold.Key(who.User), int64(l.now), who.Tenant, strings.ToLower(who.Tenant)}
	return l
}

func (l *lookUp) row(rows *store.Rows) error {
	var (
		tenant, kind string
		u            foundUser
		active       bool
		from         *string
		a            = viewer.Access{Delegated: true}
	)
	own := []any{&tenant, &u.id, &u.name, &u.roles, &kind, &active, &from, &a.Roles, &a.ExpiresAt}
	if err := rows.Scan(append(own, l.columns...)...); err != nil {
		return err
	}
	if tenant != l.tenant {
		l.tenant = tenant
		l.tenants++
	}
	if u.id != "" {
		u.guest, u.blocked = kind != string(model.UserKindMember), !active
		if l.named != nil {
			u.roles = *l.named
		}
		l.user = &u
	}
	if from != nil {
		a.Tenant = *from
		l.grant(a)
	}
	return nil
}

// grant adds what another tenant grants; nobody is a member there.
func (l *lookUp) grant(a viewer.Access) {
	if a.Roles &^= viewer.SetOf(viewer.Member); a.Roles != 0 {
		l.delegated = append(l.delegated, a)
	}
}

// caller is who was found, if anybody.
func (l *lookUp) caller() (*viewer.Caller, error) {
	c := &viewer.Caller{Credential: l.token, Name: l.token.Name, Home: l.tenant}
	switch {
	case l.tenants != 1 || l.user == nil && l.roles == 0:
		return nil, unauthenticated().Because(l.nobody)
	case l.token.ExpiresAt <= l.now || l.user != nil && l.user.blocked:
		return nil, unauthenticated()
	case l.user == nil:
		c.Reach = []viewer.Access{{Tenant: l.tenant, Roles: l.roles}}
		return c, nil
	}
	c.User, c.Name = l.user.id, l.user.name
	c.Reach = []viewer.Access{{Tenant: l.tenant, Roles: l.user.roles | viewer.SetOf(viewer.Member)}}
	if !l.user.guest {
		// in one order, so that who is looked up twice is the same
		slices.SortFunc(l.delegated, func(a, b viewer.Access) int { return cmp.Compare(a.Tenant, b.Tenant) })
		c.Reach = append(c.Reach, l.delegated...)
	}
	return c, nil
}
