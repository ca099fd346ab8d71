package access

import (
	"cmp"
	"slices"
	"strconv"
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
	granted = ` LEFT JOIN partner_accesses p ON p.partner_domain = n.domain AND p.tenant_id <> n.id AND p.revoked_at IS NULL`

	byHash = `SELECT ` + whose + `, t.id, t.name, t.roles, t.expires_at FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id
	LEFT JOIN users u ON u.id = t.user_id AND u.tenant_id = t.tenant_id` + granted + ` WHERE t.hash = ? AND t.revoked_at IS NULL`

	byName = `SELECT ` + whose + ` FROM tenants n LEFT JOIN users u ON u.tenant_id = n.id AND u.upn_key = ?` + granted + `
	WHERE n.external_id = ? OR n.domain = ?`
)

// question is what could be a credential by itself: the hash of an API token, or what a token of the OpenID provider says.
type question struct {
	hash []byte
	who  *openid.Identity
}

// Key implements store.LookUp.
func (q question) Key() string {
	if q.who == nil {
		return "token " + string(q.hash)
	}
	return "user " + strconv.Quote(q.who.User) + q.who.Tenant // no two users' are one, whatever a token says
}

// Statement implements store.LookUp. An OpenID token names nobody where the name of the tenant is one tenant's external id and
// another's domain.
func (q question) Statement() (query string, args []any) {
	if q.who == nil {
		return byHash, []any{q.hash}
	}
	return byName, []any{fold.Key(q.who.User), q.who.Tenant, strings.ToLower(q.who.Tenant)}
}

// lookUp is a look-up of a credential: a row, and one more for each further tenant that grants access. It is a store.LookUp: once
// all is known it does not change, and may answer the same question for others.
type lookUp struct {
	question

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

// Row implements store.LookUp.
func (l *lookUp) Row(rows *store.Rows) error {
	var (
		tenant, kind string
		u            foundUser
		active       bool
		from         *string
		a            = viewer.Access{Delegated: true}
	)
	to := []any{&tenant, &u.id, &u.name, &u.roles, &kind, &active, &from, &a.Roles, &a.ExpiresAt}
	if l.who == nil {
		l.token.Kind = viewer.APIToken
		to = append(to, &l.token.ID, &l.token.Name, &l.roles, &l.token.ExpiresAt)
	}
	if err := rows.Scan(to...); err != nil {
		return err
	}
	if tenant != l.tenant {
		l.tenant = tenant
		l.tenants++
	}
	if u.id != "" {
		u.guest, u.blocked = kind != string(model.UserKindMember), !active
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

// caller is who was found, if anybody: now, and behind just this token.
func (q question) caller(found *lookUp, now instant.Milli) (*viewer.Caller, error) {
	token, why := found.token, error(nil)
	if q.who != nil {
		token, why = credentialOf(*q.who), errNobody
	}
	c := &viewer.Caller{Credential: token, Name: token.Name, Home: found.tenant}
	switch u := found.user; {
	case found.tenants != 1 || u == nil && found.roles == 0:
		return nil, unauthenticated().Because(why)
	case token.ExpiresAt <= now || u != nil && u.blocked:
		return nil, unauthenticated()
	case u == nil:
		c.Reach = []viewer.Access{{Tenant: found.tenant, Roles: found.roles}}
	default:
		c.User, c.Name = u.id, u.name
		c.Reach = q.reach(found, now)
	}
	return c, nil
}

// reach is the user's own tenant, and those that grant access to its members. Roles in the token hold instead of the stored ones.
func (q question) reach(found *lookUp, now instant.Milli) []viewer.Access {
	own := viewer.Access{Tenant: found.tenant, Roles: found.user.roles}
	if q.who != nil && q.who.Roles != nil {
		own.Roles = *q.who.Roles
	}
	own.Roles |= viewer.SetOf(viewer.Member)
	reach := append(make([]viewer.Access, 0, 1+len(found.delegated)), own)
	if found.user.guest {
		return reach
	}
	for _, a := range found.delegated {
		if a.ExpiresAt > now {
			reach = append(reach, a)
		}
	}
	// in one order, so that who is looked up twice is the same
	slices.SortFunc(reach[1:], func(a, b viewer.Access) int { return cmp.Compare(a.Tenant, b.Tenant) })
	return reach
}
