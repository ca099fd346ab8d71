// Package storetest gives tests real databases, each freshly migrated and dropped afterwards.
package storetest

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"purser/internal/store"
)

// server names the environment variable with the PostgreSQL server to test on; make test sets it.
const server = "PURSER_TEST_POSTGRES"

// Each runs the test on SQLite and on PostgreSQL. Without a PostgreSQL server it runs on SQLite
// alone; in CI that is a failure.
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, kind := range Kinds(t) {
		t.Run(kind, func(t *testing.T) { f(t, Open(t, kind)) })
	}
}

// Kinds returns the kinds of databases to test on, for Open.
func Kinds(tb testing.TB) []string {
	tb.Helper()
	if os.Getenv(server) != "" {
		return []string{"sqlite", "postgres"}
	}
	if os.Getenv("CI") != "" {
		tb.Fatalf("%s is not set: in CI everything is tested on PostgreSQL too", server)
	}
	tb.Logf("%s is not set: tested on SQLite alone", server)
	return []string{"sqlite"}
}

// OpenPostgres opens a fresh, migrated database on PostgreSQL, for what SQLite does not have. A
// developer's machine without a server passes the test by; in CI that is a failure, see Kinds.
func OpenPostgres(tb testing.TB) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), store.Options{URL: PostgresURL(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		CheckTotals(tb, db)
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// PostgresURL makes the database of OpenPostgres and returns its URL.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	if len(Kinds(tb)) < 2 {
		tb.Skip("this needs PostgreSQL")
	}
	return postgresURL(tb)
}

// Open opens a fresh, migrated database.
func Open(tb testing.TB, kind string) *store.DB {
	tb.Helper()
	return OpenWith(tb, kind, store.Options{})
}

// OpenWith opens a fresh, migrated database with options of its own.
func OpenWith(tb testing.TB, kind string, o store.Options) *store.DB {
	tb.Helper()
	o.URL, o.Synchronous = URL(tb, kind), "normal"
	db, err := store.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		CheckTotals(tb, db)
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// Again opens a database once more, as another process would.
func Again(tb testing.TB, url string, o store.Options) *store.DB {
	tb.Helper()
	o.URL, o.Synchronous = url, "normal"
	db, err := store.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// URL makes a fresh, migrated database and returns its URL.
func URL(tb testing.TB, kind string) string {
	tb.Helper()
	if kind == "postgres" {
		return postgresURL(tb)
	}
	template, err := sqliteTemplate()
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "purser.db")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "purser-template")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover does no harm
	file := filepath.Join(dir, "purser.db")
	if err := migrated(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func migrated(dbURL string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{URL: dbURL})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	return db.Close()
}

var (
	databases        atomic.Int64
	postgresTemplate = sync.OnceValues(func() (string, error) {
		name := fmt.Sprintf("purser_template_%d", os.Getpid())
		if err := admin("DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name); err != nil {
			return "", err
		}
		return name, migrated(database(name))
	})
)

func postgresURL(tb testing.TB) string {
	tb.Helper()
	template, err := postgresTemplate()
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("purser_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := admin("DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return database(name)
}

func database(name string) string {
	u, err := url.Parse(os.Getenv(server))
	if err != nil {
		return ""
	}
	u.Path = "/" + name
	return u.String()
}

func admin(statements ...string) error {
	db, err := stdsql.Open("pgx", os.Getenv(server))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is lost
	for _, q := range statements {
		if _, err := db.ExecContext(context.Background(), q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}
