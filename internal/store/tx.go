package store

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"purser/ent"
	"purser/internal/fault"
)

// Tx is one unit of work: an ent client and raw statements on one transaction.
type Tx struct {
	*ent.Client
	unit   *unit
	driver dialect.Driver // the client's, its statements not observed
}

const attempts = 5

// InTx runs fn in a transaction and commits it, or rolls everything back when fn fails. A lost
// race for a lock is tried again, so fn must not change anything outside; after five attempts
// it is fault.Unavailable. A broken unique constraint is fault.Conflict. In a session, see InSession,
// it is the session that commits.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if s := sessionOf(ctx); s != nil {
		return s.inTx(ctx, fn)
	}
	return again(ctx, func() error { return db.try(ctx, fn) })
}

// again does something until it does not lose a race any more.
func again(ctx context.Context, do func() error) error {
	var err error
	for i := range attempts {
		if i > 0 {
			if err := pause(ctx, i); err != nil {
				return err
			}
		}
		err = do()
		if !retryable(err) {
			return translate(err)
		}
	}
	return fault.New(fault.Unavailable, "The database is busy; try again.").Because(err)
}

func (db *DB) try(ctx context.Context, fn func(context.Context, *Tx) error) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.unit.rollback() // after a commit it does nothing
	if err := fn(ctx, tx); err != nil {
		return err
	}
	return tx.unit.commit(ctx)
}

func (db *DB) begin(ctx context.Context) (*Tx, error) {
	u, err := db.beginUnit(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	var d dialect.Driver = joined{entsql.NewDriver(db.dialect, entsql.Conn{ExecQuerier: u})}
	return &Tx{Client: ent.NewClient(ent.Driver(observed{db: db, Driver: d})), unit: u, driver: d}, nil
}

// joined lets ent's own small transactions take part in the one that is open.
type joined struct{ dialect.Driver }

func (d joined) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// pause waits before the next attempt, longer each time and never as long as somebody else.
func pause(ctx context.Context, attempt int) error {
	d := time.Duration(attempt) * 10 * time.Millisecond
	t := time.NewTimer(d/2 + rand.N(d)) //nolint:gosec // jitter
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return translate(ctx.Err())
	}
}

// Postgres tells whether this is PostgreSQL; else it is SQLite.
func (tx *Tx) Postgres() bool { return tx.unit.postgres() }

// Exec runs a raw statement, with ? for its arguments, and returns the number of rows changed.
// Nothing narrows it to a tenant: name the tenant in it.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int, error) {
	count(ctx)
	res, err := tx.unit.ExecContext(ctx, rebind(tx.unit.dialect, query), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Read runs a raw query like Exec, and calls scan for each row.
func (tx *Tx) Read(ctx context.Context, query string, args []any, scan func(*Rows) error) error {
	count(ctx)
	return tx.unit.read(ctx, read{query: rebind(tx.unit.dialect, query), args: args, row: scan})
}

// ReadRow runs a raw query for one row like Exec, and copies its columns to where dest points. It returns
// sql.ErrNoRows where there is none.
func (tx *Tx) ReadRow(ctx context.Context, query string, args []any, dest ...any) error {
	found := false
	err := tx.Read(ctx, query, args, func(r *Rows) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(dest...)
	})
	if err == nil && !found {
		err = stdsql.ErrNoRows
	}
	return err
}

// Statement is a raw one, with ? for its arguments. Nothing narrows it to a tenant: name the tenant in it.
type Statement struct {
	SQL  string
	Args []any
	Row  func(*Rows) error // takes each of its rows; nil where it has none
}

// Together runs statements one after the other, on PostgreSQL in one round trip: none can have an argument that another
// one has found.
func (tx *Tx) Together(ctx context.Context, statements ...Statement) error {
	if len(statements) == 0 {
		return nil
	}
	reads := make([]read, len(statements))
	for i, s := range statements {
		count(ctx)
		reads[i] = read{query: rebind(tx.unit.dialect, s.SQL), args: s.Args, row: s.Row}
	}
	return tx.unit.read(ctx, reads...)
}

// Lock keeps others from changing a row until the transaction ends. On SQLite there is only one
// writer anyway.
func (tx *Tx) Lock(ctx context.Context, table, id string) error {
	if !tx.Postgres() {
		return nil
	}
	_, err := tx.Exec(ctx, "SELECT 1 FROM "+table+" WHERE id = ? FOR UPDATE", id)
	return err
}

// LockName keeps others who lock the same name waiting until the transaction ends. On SQLite there is
// only one writer anyway.
func (tx *Tx) LockName(ctx context.Context, name string) error {
	return tx.Together(ctx, tx.LockingName(name)...)
}

// LockingName is what LockName runs, for Together.
func (tx *Tx) LockingName(name string) []Statement {
	if !tx.Postgres() {
		return nil
	}
	return []Statement{{SQL: "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", Args: []any{name}}}
}

// QueryUnwalled reads with a raw statement outside of any tenant: for finding out who asks, and
// in which tenant an id or a piece of due work lies. The caller closes the rows.
func (db *DB) QueryUnwalled(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	count(ctx)
	if s := sessionOf(ctx); s != nil && s.tx != nil {
		rows, err := s.tx.unit.QueryContext(ctx, rebind(db.dialect, query), args...)
		return rows, translate(err)
	}
	rows, err := db.reader.QueryContext(ctx, rebind(db.dialect, query), args...)
	return rows, translate(err)
}

// ReadUnwalled is QueryUnwalled that calls scan for each row.
func (db *DB) ReadUnwalled(ctx context.Context, query string, args []any, scan func(*Rows) error) error {
	count(ctx)
	return translate(db.read(ctx, []read{{query: rebind(db.dialect, query), args: args, row: scan}}))
}

// CountUnwalled counts rows outside of any tenant, with a statement that selects the count: for telling
// how much work waits.
func (db *DB) CountUnwalled(ctx context.Context, query string) (n int, err error) {
	count(ctx)
	err = db.reader.QueryRowContext(ctx, query).Scan(&n)
	return n, translate(err)
}

// rebind numbers the arguments of a statement for PostgreSQL. Statements hold no ? in literals.
func rebind(d, query string) string {
	if d != dialect.Postgres {
		return steady(d, query)
	}
	b := make([]byte, 0, len(query)+32)
	n := int64(0)
	for i := range len(query) {
		if query[i] != '?' {
			b = append(b, query[i])
			continue
		}
		n++
		b = strconv.AppendInt(append(b, '$'), n, 10)
	}
	return string(b)
}
