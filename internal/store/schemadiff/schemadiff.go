// Package schemadiff compares ent/schema with the versioned migrations and writes what is missing.
package schemadiff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	atlasschema "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"purser/ent/migrate"
)

// Write writes a migration called name into the folders sqlite and postgres below dir, for each
// database whose migrations differ from the schema. The server must let it create a database.
func Write(ctx context.Context, name, postgres, dir string) error {
	lite, err := sql.Open("sqlite3", "file:schemadiff?mode=memory&cache=shared&_foreign_keys=on")
	if err != nil {
		return err
	}
	defer func() { _ = lite.Close() }() // in memory
	if err := diff(ctx, dialect.SQLite, lite, name, filepath.Join(dir, "sqlite")); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return withScratch(ctx, postgres, func(pg *sql.DB) error {
		return diff(ctx, dialect.Postgres, pg, name, filepath.Join(dir, "postgres"))
	})
}

func diff(ctx context.Context, d string, dev *sql.DB, name, dir string) error {
	files, err := sqltool.NewGooseDir(dir)
	if err != nil {
		return err
	}
	options := []schema.MigrateOption{
		schema.WithDir(files), schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(d), schema.WithFormatter(sqltool.GooseFormatter), schema.WithErrNoPlan(true),
	}
	if d == dialect.SQLite {
		options = append(options, schema.WithDiffHook(withoutTriggered))
	}
	m, err := schema.NewMigrate(entsql.OpenDB(d, dev), options...)
	if err != nil {
		return err
	}
	err = m.NamedDiff(ctx, name, migrate.Tables...)
	if errors.Is(err, atlas.ErrNoPlan) {
		return nil
	}
	return err
}

// byTriggers is the unique index that SQLite has triggers for instead: there a transaction writes whole pages, and in this index
// each license that is moved lies on another one.
const byTriggers = "license_user_id_purchase_id"

// withoutTriggered leaves that index out of what is wanted.
func withoutTriggered(next schema.Differ) schema.Differ {
	return schema.DiffFunc(func(current, desired *atlasschema.Schema) ([]atlasschema.Change, error) {
		for _, t := range desired.Tables {
			t.Indexes = slices.DeleteFunc(t.Indexes, func(i *atlasschema.Index) bool { return i.Name == byTriggers })
		}
		return next.Diff(current, desired)
	})
}

// withScratch gives f an empty database on the server, and drops it afterwards.
func withScratch(ctx context.Context, server string, f func(*sql.DB) error) (err error) {
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	const scratch = "purser_schemadiff"
	for _, q := range []string{"DROP DATABASE IF EXISTS " + scratch, "CREATE DATABASE " + scratch} {
		if _, err := admin.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	u.Path = "/" + scratch
	pg, err := sql.Open("pgx", u.String())
	if err != nil {
		return err
	}
	return errors.Join(f(pg), pg.Close())
}
