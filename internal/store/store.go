// Package store opens the database, keeps the tenant wall for reads, and runs units of work.
//
// SQLite is the embedded default: one writer connection and a pool of readers on one file.
// PostgreSQL serves any number of replicas. Both are used through one ent client.
package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"purser/ent"
	_ "purser/ent/runtime" // hooks and interceptors: without it there is no wall
)

// Options of a database.
type Options struct {
	// URL is a file name, or postgres://… for PostgreSQL.
	URL string
	// Synchronous is SQLite's durability: "full" survives a power loss, "normal" may lose the last commits.
	Synchronous string
	// Trace, when there is one, sees every statement that ent and the readers run, before it runs.
	Trace func(ctx context.Context, query string, args any)
	// Wrap, when there is one, gets between the pools and their driver: for tracing (otelsql does it
	// so), and for tests that have statements fail.
	Wrap func(driver.Connector) driver.Connector
}

// pool returns a pool of such connections.
func (o Options) pool(c driver.Connector) *stdsql.DB { return stdsql.OpenDB(o.wrapped(c)) }

func (o Options) wrapped(c driver.Connector) driver.Connector {
	if o.Wrap != nil {
		return o.Wrap(c)
	}
	return c
}

// DB is an open database.
type DB struct {
	dialect string
	url     string
	writer  *stdsql.DB
	reader  *stdsql.DB // the writer itself on PostgreSQL
	readers *readers   // what a Reader reads with on SQLite; nil on PostgreSQL
	driver  dialect.Driver
	client  *ent.Client
	trace   func(ctx context.Context, query string, args any)

	checkpointer *checkpointer // nil on PostgreSQL
}

// Open opens the database. It does not migrate it.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{url: o.URL, trace: o.Trace}
	var err error
	if IsPostgres(o.URL) {
		err = db.openPostgres(o)
	} else {
		err = db.openSQLite(ctx, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.driver = observed{db: db, Driver: &split{dialect: db.dialect, writer: entsql.OpenDB(db.dialect, db.writer), reader: entsql.OpenDB(db.dialect, db.reader)}}
	db.client = ent.NewClient(ent.Driver(db.driver))
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.Close())
	}
	return db, nil
}

// IsPostgres tells whether the URL names a PostgreSQL database.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func (db *DB) openPostgres(o Options) error {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return err
	}
	// Every statement walks indexes and ends within milliseconds: to compile it, or to share it among
	// processes, takes longer. The URL may say otherwise.
	for _, setting := range [][2]string{{"jit", "off"}, {"max_parallel_workers_per_gather", "0"}} {
		if _, given := config.RuntimeParams[setting[0]]; !given {
			config.RuntimeParams[setting[0]] = setting[1]
		}
	}
	config.DialFunc = reaching(config.DialFunc)
	pool := o.pool(stdlib.GetConnector(*config))
	pool.SetMaxOpenConns(20)
	pool.SetMaxIdleConns(20)
	db.dialect, db.writer, db.reader = dialect.Postgres, pool, pool
	return nil
}

// Client returns the ent client, behind the tenant wall.
func (db *DB) Client() *ent.Client { return db.client }

// Postgres tells whether this is PostgreSQL; else it is SQLite.
func (db *DB) Postgres() bool { return db.dialect == dialect.Postgres }

// URL returns where the database is.
func (db *DB) URL() string { return db.url }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.reader.PingContext(ctx); err != nil {
		return err
	}
	return db.writer.PingContext(ctx)
}

// Analyze renews the statistics that the query planner chooses by; call it after loading much.
func (db *DB) Analyze(ctx context.Context) error {
	_, err := db.writer.ExecContext(ctx, "ANALYZE")
	return err
}

// Close closes the database.
func (db *DB) Close() error {
	if db.reader == db.writer {
		return db.writer.Close()
	}
	return errors.Join(db.checkpointer.close(), db.readers.close(), db.reader.Close(), db.writer.Close())
}
