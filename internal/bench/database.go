package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"purser/internal/cli"
)

// postgresServer names the server that databases are made on; internal/tools/withpostgres sets it.
const postgresServer = "PURSER_TEST_POSTGRES"

// domain is the tenant of the medium demo, and of the moves.
const domain = "contoso.example"

func kinds() []string {
	if os.Getenv(postgresServer) == "" {
		return []string{"SQLite"}
	}
	return []string{"SQLite", "PostgreSQL"}
}

// database is one that lives as long as a measurement.
type database struct {
	kind, url string
	drop      func() error
}

// newDatabase makes an empty one with all its tables.
func newDatabase(ctx context.Context, kind string) (*database, error) {
	var d *database
	if kind == "SQLite" {
		dir, err := os.MkdirTemp("", "purser-bench")
		if err != nil {
			return nil, err
		}
		d = &database{kind: kind, url: filepath.Join(dir, "purser.db"), drop: func() error { return os.RemoveAll(dir) }}
	} else {
		u, err := url.Parse(os.Getenv(postgresServer))
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("purser_bench_%d", os.Getpid())
		if err := admin(ctx, "CREATE DATABASE "+name); err != nil {
			return nil, err
		}
		u.Path = "/" + name
		d = &database{kind: kind, url: u.String(), drop: func() error {
			return admin(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		}}
	}
	if _, err := d.purser(ctx, "migrate"); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	return d, nil
}

func admin(ctx context.Context, statement string) error {
	db, err := sql.Open("pgx", os.Getenv(postgresServer))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// purser runs a command of Purser's on the database, and returns what it prints.
func (d *database) purser(ctx context.Context, args ...string) (string, error) {
	var out, log bytes.Buffer
	p := cli.Program{Args: append(args, "--database", d.url), Stdout: &out, Stderr: &log, Now: time.Now}
	if code := p.Run(ctx); code != 0 {
		return "", fmt.Errorf("purser %s: exit code %d: %s", strings.Join(args, " "), code, log.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// token returns a credential of the tenant's admin.
func (d *database) token(ctx context.Context) (string, error) {
	return d.purser(ctx, "token", "create", "--tenant", domain, "--user", "admin@"+domain)
}

// seed fills the database with the demo of a size, and returns a token.
func (d *database) seed(ctx context.Context, size string) (string, error) {
	if _, err := d.purser(ctx, "seed", "demo", "--size", size); err != nil {
		return "", err
	}
	return d.token(ctx)
}
