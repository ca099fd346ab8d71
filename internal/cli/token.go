package cli

import (
	"errors"
	"time"

	"purser/internal/access"
	"purser/internal/app"
	"purser/internal/viewer"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make an API token, and print its secret and nothing else."`
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
