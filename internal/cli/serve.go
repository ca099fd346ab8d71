package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"purser/graph"
	"purser/internal/app"
	"purser/internal/bootstrap"
	"purser/internal/demo"
	"purser/internal/fault"
	"purser/internal/httpapi"
	"purser/internal/id"
	"purser/internal/lean"
	webbootstrap "purser/web/bootstrap"
)

// demoTTL is how long the credential in a demo's link works: a day's playing.
const demoTTL = 12 * time.Hour

type serveCommand struct {
	Addr        string   `help:"Where to listen." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Demo        bool     `help:"Fill an empty database with the small demo, and print a link that signs in as its admin."`
	Migrate     bool     `help:"Migrate a PostgreSQL database first (SQLite always is)."`
	PublicURL   string   `help:"Where clients find the server, for links; without it, where their request went." placeholder:"URL"`
	CorsOrigins []string `help:"Origins whose pages may call the API." placeholder:"ORIGIN"`
	Lean        bool     `help:"Write answers by generated code; without it gqlgen resolves field by field, which says the same and is slower." default:"true" negatable:""`

	edgeOptions
	mailOptions
	oidcOptions
}

// Run serves until the session's context ends.
func (c *serveCommand) Run(s *session) (err error) {
	tuneMemory()
	v, err := s.open(c.Migrate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.DB.Close()) }()
	if err := c.sendMail(s, v); err != nil {
		return err
	}
	if err := c.trustIssuer(s, v); err != nil {
		return err
	}
	if c.Demo {
		if err := s.seedIfEmpty(v); err != nil {
			return err
		}
	}
	l, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // it was, once it has served
	page, err := c.page(l.Addr(), c.Demo)
	if err != nil {
		return err
	}
	var plans *lean.Plans
	if c.Lean {
		plans = graph.NewPlans()
	}
	server, err := httpapi.New(c.httpOptions(s, v, plans, page))
	if err != nil {
		return err
	}
	stop, err := c.serveMetrics(s, server.Metrics())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := c.greet(s, v, l.Addr().String(), page != nil); err != nil {
		return err
	}
	return s.work(v, func(ctx context.Context) error { return server.Serve(ctx, l) })
}

// work runs the workers beside serve. When the session ends it stops serving first, and then the
// workers, each after the batch at hand.
func (s *session) work(v *app.App, serve func(context.Context) error) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.ctx))
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.Work(ctx, s.log)
	}()
	err := serve(s.ctx)
	stop()
	<-done
	return err
}

func (c *serveCommand) httpOptions(s *session, v *app.App, plans *lean.Plans, page http.Handler) httpapi.Options {
	return httpapi.Options{
		Schema: v.Schema(plans),
		Errors: graph.Errors{Log: s.log}, Authenticate: v.Access.Authenticate, LookUp: v.Access.LookUp, Changes: v.Access.Changes, Exports: v.Licensing,
		Bootstrap: v.Bootstrap, BootstrapPage: webbootstrap.Handler(),
		SDL: s.SDL, GraphiQL: page, Ready: v.DB.Ping, Log: s.log,
		Origins: c.CorsOrigins, PublicURL: strings.TrimSuffix(c.PublicURL, "/"), WithBaseURL: graph.WithBaseURL,
		Limits: c.limits(), Gauges: gauges(v, plans), MetricsApart: c.MetricsAddr != "",
		Now: s.Now, NewRequestID: func() string { return id.Body(v.IDs.New("req")) },
	}
}

func (s *session) seedIfEmpty(v *app.App) error {
	n, err := v.DB.Client().Tenant.Query().Count(s.ctx)
	if err != nil || n > 0 {
		return err
	}
	return s.seed(v, demo.Small)
}

// invite says how to begin with a database that is empty.
func (s *session) invite(v *app.App, base string) (string, error) {
	secret, err := v.Bootstrap.Offer(s.ctx)
	if err != nil || secret == "" {
		return "", err
	}
	return fmt.Sprintf("\nThere is no tenant yet. Within %d minutes, and once, this link makes the first: %s/bootstrap#%s"+
		"\nOr: purser import tenant FILE loads one, serve --demo makes some up.", int(bootstrap.LinkTTL.Minutes()), base, secret), nil
}

// greet says where the server is and, for a demo, how to get in.
func (c *serveCommand) greet(s *session, v *app.App, addr string, page bool) error {
	base := "http://" + addr
	if c.PublicURL != "" {
		base = strings.TrimSuffix(c.PublicURL, "/")
	}
	where, in := fmt.Sprintf("Purser serves %s/graphql", base), "the credential is "
	if page {
		where, in = fmt.Sprintf("%s, and GraphiQL at %s/", where, base), base+"/#token="
	}
	if !c.Demo {
		invitation, err := s.invite(v, base)
		if err != nil {
			return err
		}
		return s.print("%s%s", where, invitation)
	}
	secret, err := s.createToken(v, tokenCreate{Tenant: "contoso.example", User: "admin@contoso.example", Name: "demo link", TTL: demoTTL})
	if fault.CodeOf(err) == fault.NotFound { // the database holds something else than the demo
		return s.print("%s", where)
	}
	if err != nil {
		return fmt.Errorf("make a credential for the demo: %w", err)
	}
	return s.print("%s\nSigned in as admin@contoso.example for %s: %s%s", where, strings.TrimSuffix(demoTTL.String(), "0m0s"), in, secret)
}
