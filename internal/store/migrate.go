package store

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"purser/ent/migrate"
)

// Migrate brings the database to the newest version. It may be called by several processes at once.
func (db *DB) Migrate(ctx context.Context) (err error) {
	pool, done, err := db.migrationPool()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { err = errors.Join(err, done()) }()
	p, err := db.provider(pool)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if len(results) > 0 && !db.Postgres() {
		return checkForeignKeys(ctx, pool)
	}
	return nil
}

// Migrated tells whether the database is at the newest version.
func (db *DB) Migrated(ctx context.Context) (bool, error) {
	p, err := db.provider(db.writer)
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	return !pending, err
}

func (db *DB) provider(pool *stdsql.DB) (*goose.Provider, error) {
	if db.Postgres() {
		return newProvider(goose.DialectPostgres, pool, "postgres")
	}
	return newProvider(goose.DialectSQLite3, pool, "sqlite")
}

func newProvider(d goose.Dialect, pool *stdsql.DB, folder string) (*goose.Provider, error) {
	files, err := fs.Sub(migrate.Migrations, folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(d, pool, files)
}

// migrationPool gives SQLite a connection of its own with foreign keys off: a table is changed
// by building it anew, and a PRAGMA has no effect within the migration's transaction.
func (db *DB) migrationPool() (*stdsql.DB, func() error, error) {
	if db.Postgres() {
		return db.writer, func() error { return nil }, nil
	}
	pool, err := stdsql.Open("sqlite3", sqliteDSN(db.url, "_txlock=immediate", "_foreign_keys=off"))
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(1)
	return pool, pool.Close, nil
}

func checkForeignKeys(ctx context.Context, pool *stdsql.DB) error {
	rows, err := pool.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	if rows.Next() {
		return errors.New("the migration left rows that refer to nothing")
	}
	return rows.Err()
}
