package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/instant"
	"purser/internal/openid"
	"purser/internal/store"
	"purser/internal/viewer"
)

// TrustIssuer lets the users come in who show a token of this OpenID provider. Call it before Authenticate.
func (s *Service) TrustIssuer(p *openid.Provider) { s.issuer = p }

// authenticateOIDC finds the user whom a token of the OpenID provider names. Roles in the token hold
// instead of the stored ones.
func (s *Service) authenticateOIDC(ctx context.Context, token string) (*viewer.Caller, error) {
	who, err := s.issuer.Verify(ctx, token)
	if fault.CodeOf(err) == fault.Unavailable {
		return nil, err
	}
	if err != nil {
		return nil, unauthenticated().Because(err)
	}
	f, err := findUser(ctx, s.db, who)
	if err != nil {
		return nil, fmt.Errorf("find the user of a token: %w", err)
	}
	if f == nil {
		return nil, unauthenticated().Because(errors.New("there is no user like the one that it names, in the tenant that it names")) // whom, nobody else shall read
	}
	if who.Roles != nil {
		f.user.roles = *who.Roles
	}
	if err := f.findGrants(ctx, s.db, instant.From(s.now())); err != nil {
		return nil, fmt.Errorf("find delegated access: %w", err)
	}
	return f.asUser(&viewer.Caller{Credential: credentialOf(who), Home: f.tenant})
}

// credentialOf returns the credential that all tokens of one subject are: whoever renews a token in the middle
// of a retry keeps the idempotency keys.
func credentialOf(who openid.Identity) viewer.Credential {
	h := sha256.Sum256([]byte(who.Issuer + "\x00" + who.Subject))
	return viewer.Credential{
		ID: "oidc_" + hex.EncodeToString(h[:]), Kind: viewer.OIDC, Name: who.Issuer, ExpiresAt: instant.From(who.ExpiresAt),
	}
}

// findUser returns the user whom a token names; nil where there is none, and where the name of the tenant is
// one tenant's external id and another's domain. It looks outside of the tenant wall: nobody is in a tenant
// before it is known who asks.
func findUser(ctx context.Context, db *store.DB, who openid.Identity) (f *found, err error) {
	rows, err := db.QueryUnwalled(ctx, `SELECT n.id, COALESCE(u.id, ''), COALESCE(u.display_name, ''), COALESCE(u.roles, 0),
		COALESCE(u.kind, ''), COALESCE(u.account_enabled AND NOT u.removed, false)
		FROM tenants n LEFT JOIN users u ON u.tenant_id = n.id AND u.upn_key = ?
		WHERE n.external_id = ? OR n.domain = ?`, fold.Key(who.User), who.Tenant, strings.ToLower(who.Tenant))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	tenants := 0
	f = &found{user: &foundUser{}}
	for rows.Next() {
		tenants++
		var kind string
		var active bool
		if err := rows.Scan(&f.tenant, &f.user.id, &f.user.name, &f.user.roles, &kind, &active); err != nil {
			return nil, err
		}
		f.user.guest, f.user.blocked = kind != string(model.UserKindMember), !active
	}
	if tenants != 1 || f.user.id == "" {
		return nil, rows.Err()
	}
	return f, rows.Err()
}

// findGrants finds the access that other tenants grant to the users of the partner with the tenant's
// domain, as far as it has not ended. It looks outside of the wall, at grants alone.
func (f *found) findGrants(ctx context.Context, db *store.DB, now instant.Milli) error {
	a := viewer.Access{Delegated: true}
	return db.ReadUnwalled(ctx, `SELECT p.tenant_id, p.roles, p.expires_at FROM partner_accesses p
		WHERE p.partner_domain = (SELECT n.domain FROM tenants n WHERE n.id = ?) AND p.tenant_id <> ? AND p.expires_at > ? AND p.revoked_at IS NULL
		ORDER BY p.tenant_id`, []any{f.tenant, f.tenant, int64(now)}, func(rows *store.Rows) error {
		err := rows.Scan(&a.Tenant, &a.Roles, &a.ExpiresAt)
		f.grant(a)
		return err
	})
}
