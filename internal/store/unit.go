package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
)

// unit is a transaction on a connection of its own. It is the driver's: database/sql takes a goroutine to watch the
// context, and go-sqlite3 one more for each statement that changes rows, all of which is more than a short write. So
// the context is looked at before each statement, and on SQLite, where such a one waits for nobody, not meanwhile.
type unit struct {
	dialect string
	conn    *stdsql.Conn
	tx      driver.Tx // nil when it is over
}

// beginUnit begins one, on another connection where the first is found to be lost.
func (db *DB) beginUnit(ctx context.Context) (u *unit, err error) {
	for range triesToConnect {
		u = &unit{dialect: db.dialect}
		if u.conn, err = db.writer.Conn(ctx); err != nil {
			return nil, err
		}
		if err = u.conn.Raw(func(c any) error { return u.begin(ctx, c) }); err == nil {
			return u, nil
		}
		_ = u.conn.Close() // what failed is told
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return nil, err
}

func (u *unit) begin(ctx context.Context, conn any) (err error) {
	c, ok := conn.(driver.ConnBeginTx)
	if !ok {
		return fmt.Errorf("%T begins no transactions", conn)
	}
	u.tx, err = c.BeginTx(u.patient(ctx), driver.TxOptions{})
	return err
}

// commit ends it, and gives the connection back.
func (u *unit) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	err := u.conn.Raw(func(any) error { return u.tx.Commit() })
	u.tx = nil
	_ = u.conn.Close() // whether it was committed is known
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback undoes it, unless it is over. A connection on which that fails is not used again.
func (u *unit) rollback() {
	if u.tx == nil {
		return
	}
	_ = u.conn.Raw(func(any) error {
		if u.tx.Rollback() != nil {
			return driver.ErrBadConn
		}
		return nil
	})
	u.tx = nil
	_ = u.conn.Close() // it undoes what is open
}

// ExecContext runs a statement that has no rows; it is there for ent, too.
func (u *unit) ExecContext(ctx context.Context, query string, args ...any) (res stdsql.Result, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	named, err := namedValues(args)
	if err != nil {
		return nil, err
	}
	ctx = u.patient(ctx)
	err = u.conn.Raw(func(c any) (err error) {
		e, ok := c.(driver.ExecerContext)
		if !ok {
			return fmt.Errorf("%T runs no statements", c)
		}
		res, err = e.ExecContext(ctx, query, named)
		return err
	})
	return res, err
}

// patient is the context of a statement that is not cut off on SQLite: see unit.
func (u *unit) patient(ctx context.Context) context.Context {
	if u.postgres() {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// QueryContext runs a query for ent, by way of database/sql.
func (u *unit) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	return u.conn.QueryContext(ctx, query, args...)
}

// read runs queries and gives away each row.
func (u *unit) read(ctx context.Context, reads ...read) error {
	_, _, err := readOn(ctx, u.conn, reads)
	return err
}

func (u *unit) postgres() bool { return u.dialect == dialect.Postgres }
