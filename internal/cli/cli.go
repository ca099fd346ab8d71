// Package cli is the command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"purser/internal/app"
	"purser/internal/catalog"
	"purser/internal/id"
	"purser/internal/store"
)

// Program is the command line with what it is given from outside.
type Program struct {
	Args   []string
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time
	// SDL is the text of schema.graphql.
	SDL []byte
}

// options hold for every command. Each is an environment variable too: PURSER_ and its name.
type options struct {
	Database          string `help:"A file (SQLite), or postgres://… ." default:"purser.db" placeholder:"URL"`
	DatabaseFile      string `help:"Read the database's URL from this file instead." type:"existingfile" placeholder:"FILE"`
	SqliteSynchronous string `help:"full survives a power loss; normal is faster and may lose the last commits." enum:"full,normal" default:"full"`
	LogLevel          string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
	LogFormat         string `help:"text or json." enum:"text,json" default:"text"`
}

// commands is the whole command line.
type commands struct {
	options

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the API (the default)."`
	Seed    seedCommand    `cmd:"" help:"Fill an empty database."`
	Import  importCommand  `cmd:"" help:"Load products, or a tenant, from a file."`
	Token   tokenCommand   `cmd:"" help:"Make, list and revoke credentials."`
	Mail    mailCommand    `cmd:"" help:"Look at the mails that Purser sends."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the newest version."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// Run runs the command that the arguments name, until it is done or ctx ends. It returns the exit code.
func (p Program) Run(ctx context.Context) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("purser"), kong.Description("Governs what an organization's people buy for themselves."),
		kong.DefaultEnvars("PURSER"), kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { exit = code }), kong.UsageOnError())
	if err != nil {
		_, _ = fmt.Fprintln(p.Stderr, err)
		return 1
	}
	k, err := parser.Parse(p.Args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		_, _ = fmt.Fprintf(p.Stderr, "purser: %v\nTry purser --help.\n", err)
		return 2
	}
	if err := k.Run(&session{Program: p, options: c.options, ctx: ctx, log: p.logger(c.options)}); err != nil {
		_, _ = fmt.Fprintf(p.Stderr, "purser: %v\n", err)
		return 1
	}
	return 0
}

func (p Program) logger(o options) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(o.LogLevel)) // kong has checked it
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.Stderr, &slog.HandlerOptions{Level: l}))
	}
	return slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: l}))
}

// session is one run of a command.
type session struct {
	Program
	options
	ctx context.Context //nolint:containedctx // kong passes one value to a command
	log *slog.Logger
}

// open opens the database. SQLite migrates by itself; PostgreSQL only when asked, because replicas
// of the former version may still run on it.
func (s *session) open(migrate bool) (*app.App, error) {
	url := s.Database
	if s.DatabaseFile != "" {
		b, err := os.ReadFile(s.DatabaseFile)
		if err != nil {
			return nil, err
		}
		url = strings.TrimSpace(string(b))
	}
	db, err := store.Open(s.ctx, store.Options{URL: url, Synchronous: s.SqliteSynchronous, Trace: s.trace()})
	if err != nil {
		return nil, err
	}
	if err := s.ready(db, migrate); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return app.New(db, s.Now, s.log), nil
}

// trace logs statements, without their arguments, when the log is to say everything.
func (s *session) trace() func(context.Context, string, any) {
	if !s.log.Enabled(s.ctx, slog.LevelDebug) {
		return nil
	}
	return func(ctx context.Context, query string, _ any) {
		s.log.LogAttrs(ctx, slog.LevelDebug, "statement", slog.String("sql", query))
	}
}

func (s *session) ready(db *store.DB, migrate bool) error {
	if migrate || !db.Postgres() {
		if err := db.Migrate(s.ctx); err != nil {
			return err
		}
		return catalog.New(db, id.NewSource(s.Now)).LoadBuiltIn(s.ctx)
	}
	ok, err := db.Migrated(s.ctx)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("the database is not at this version: run purser migrate, or serve --migrate")
	}
	return nil
}

// print writes a line for the user.
func (s *session) print(format string, args ...any) error {
	_, err := fmt.Fprintf(s.Stdout, format+"\n", args...)
	return err
}

// progress writes a line about work that takes long, where it does not get into the output.
func (s *session) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Stderr, format+"\n", args...)
}
