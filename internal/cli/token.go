package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"purser/ent"
	"purser/internal/access"
	"purser/internal/app"
	"purser/internal/id"
	"purser/internal/viewer"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make an API token, and print its secret and nothing else."`
	List   tokenList   `cmd:"" help:"List the API tokens of a tenant that work, the newest first."`
	Revoke tokenRevoke `cmd:"" help:"End an API token at once."`
}

type tokenCreate struct {
	Tenant string        `help:"The tenant's domain." required:"" placeholder:"DOMAIN"`
	User   string        `help:"The user that the token stands for; without one it is a service token." placeholder:"SIGN-IN-NAME"`
	Role   []string      `help:"Roles of a service token." enum:"GLOBAL_ADMIN,BILLING_ADMIN,LICENSE_ADMIN,USER_ADMIN,GLOBAL_READER"`
	Name   string        `help:"What to call it." default:"command line"`
	TTL    time.Duration `help:"How long it lives, at most a year (8784h)." default:"1h"`
}

// Run makes the token.
func (c *tokenCreate) Run(s *session) (err error) {
	v, err := s.open(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.DB.Close()) }()
	secret, err := s.createToken(v, *c)
	if err != nil {
		return err
	}
	return s.print("%s", secret)
}

func (s *session) createToken(v *app.App, c tokenCreate) (string, error) {
	t, err := v.Directory.TenantByDomain(s.ctx, c.Tenant)
	if err != nil {
		return "", err
	}
	n := access.NewToken{Name: c.Name, TTL: c.TTL}
	for _, r := range c.Role {
		n.Roles |= viewer.SetOf(viewer.Role(r))
	}
	if c.User != "" {
		u, err := v.Directory.UserByName(s.ctx, t.ID, c.User)
		if err != nil {
			return "", err
		}
		n.UserID = &u.ID
	}
	token, err := v.Access.CreateToken(viewer.NewContext(s.ctx, viewer.System(t.ID)), n)
	return token.Secret, err
}

type tokenList struct {
	Tenant string `help:"The tenant's domain." required:"" placeholder:"DOMAIN"`
}

// Run prints a line a token.
func (c *tokenList) Run(s *session) error {
	return s.inTenant(c.Tenant, func(ctx context.Context, v *app.App) error {
		list, err := v.Access.Tokens(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "ID\tSECRET\tFOR\tEXPIRES\tLAST USED\tNAME")
		for _, t := range list {
			_, _ = fmt.Fprintf(w, "%s\t%s…\t%s\t%s\t%s\t%s\n", t.ID, t.Prefix, purpose(t), t.ExpiresAt, lastUse(t), t.Name)
		}
		return w.Flush() // it keeps the error of each line
	})
}

// purpose is the user that a token stands for, or the roles of a service token.
func purpose(t *ent.APIToken) string {
	if t.Edges.User != nil {
		return t.Edges.User.UserPrincipalName
	}
	return t.Roles.String()
}

func lastUse(t *ent.APIToken) string {
	if t.LastUsedAt == nil {
		return "never"
	}
	return t.LastUsedAt.String()
}

type tokenRevoke struct {
	Tenant string `help:"The tenant's domain." required:"" placeholder:"DOMAIN"`
	ID     string `arg:"" help:"The token's id, see token list."`
}

// Run revokes the token.
func (c *tokenRevoke) Run(s *session) error {
	return s.inTenant(c.Tenant, func(ctx context.Context, v *app.App) error { return v.Access.RevokeToken(ctx, id.Known(c.ID)) })
}

// inTenant opens the database and does something as the server itself, at work in a tenant.
func (s *session) inTenant(domain string, do func(context.Context, *app.App) error) (err error) {
	v, err := s.open(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.DB.Close()) }()
	t, err := v.Directory.TenantByDomain(s.ctx, domain)
	if err != nil {
		return err
	}
	return do(viewer.NewContext(s.ctx, viewer.System(t.ID)), v)
}
