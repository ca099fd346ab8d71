package cli

import (
	"errors"
	"log/slog"

	"purser/internal/app"
	"purser/internal/openid"
)

// oidcOptions say whose OpenID tokens count.
type oidcOptions struct {
	OIDCIssuer      string   `name:"oidc-issuer" help:"The OpenID provider whose tokens sign its users in (see docs/oidc.md)." placeholder:"URL"`
	OIDCAudience    string   `name:"oidc-audience" help:"What its tokens must be meant for." placeholder:"NAME"`
	OIDCClients     []string `name:"oidc-clients" help:"Clients whose tokens count, besides one that is named like the audience (azp)." placeholder:"ID"`
	OIDCTenantClaim string   `name:"oidc-tenant-claim" help:"The claim with a tenant's external id or domain." default:"tid" placeholder:"CLAIM"`
	OIDCUserClaim   string   `name:"oidc-user-claim" help:"The claim with a user's sign-in name." default:"preferred_username" placeholder:"CLAIM"`
	OIDCRolesClaim  string   `name:"oidc-roles-claim" help:"The claim with roles, which hold instead of the stored ones." default:"roles" placeholder:"CLAIM"`
}

// trustIssuer lets the provider's users in, if there is a provider.
func (o *oidcOptions) trustIssuer(s *session, v *app.App) error {
	if o.OIDCIssuer == "" {
		if o.OIDCAudience != "" || len(o.OIDCClients) > 0 {
			return errors.New("an OIDC audience or clients without an issuer: give --oidc-issuer, or PURSER_OIDC_ISSUER")
		}
		return nil
	}
	p, err := openid.New(openid.Settings{
		Issuer: o.OIDCIssuer, Audience: o.OIDCAudience, Clients: o.OIDCClients,
		TenantClaim: o.OIDCTenantClaim, UserClaim: o.OIDCUserClaim, RolesClaim: o.OIDCRolesClaim,
	}, s.Now, s.log)
	if err != nil {
		return err
	}
	v.Access.TrustIssuer(p)
	s.log.LogAttrs(s.ctx, slog.LevelInfo, "OpenID tokens count", slog.String("issuer", o.OIDCIssuer), slog.String("audience", o.OIDCAudience))
	return nil
}
