package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// unit is a transaction on a connection of its own. It is the driver's: database/sql takes a goroutine to watch the
// context, and go-sqlite3 one more for each statement that changes rows, all of which is more than a short write. So
// the context is looked at before each statement, and on SQLite, where such a one waits for nobody, not meanwhile.
// On PostgreSQL it begins with its first statement, in one round trip.
type unit struct {
	dialect string
	pool    *stdsql.DB
	ctx     context.Context // the transaction's: it outlives those of statements
	conn    *stdsql.Conn
	tx      driver.Tx // nil until it has begun
	over    bool
}

func (db *DB) beginUnit(ctx context.Context) (*unit, error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	u := &unit{dialect: db.dialect, pool: db.writer, ctx: ctx, conn: conn}
	if err := u.toBegin(u.begin); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

// toBegin does something to begin with, and on another connection where the first is found to be lost.
func (u *unit) toBegin(do func(conn any) (begun bool, err error)) error {
	for try := 1; ; try++ {
		begun := false
		err := u.conn.Raw(func(c any) (err error) { begun, err = do(c); return err })
		if begun || try == triesToConnect || !errors.Is(err, driver.ErrBadConn) {
			return err
		}
		_ = u.conn.Close() // it is lost
		if u.conn, err = u.pool.Conn(u.ctx); err != nil {
			return err
		}
	}
}

// begin begins it, unless that comes with the first statement.
func (u *unit) begin(conn any) (begun bool, err error) {
	switch c := conn.(type) {
	case *stdlib.Conn:
		return false, nil
	case driver.ConnBeginTx:
		u.tx, err = c.BeginTx(u.patient(u.ctx), driver.TxOptions{})
		return err == nil, err
	}
	return false, fmt.Errorf("%T begins no transactions", conn)
}

// read runs queries and gives away each row.
func (u *unit) read(ctx context.Context, reads ...read) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if u.tx != nil || u.over {
		_, _, err := readOnConn(ctx, u.conn, reads)
		return err
	}
	reads = append([]read{{query: "BEGIN"}}, reads...)
	return u.toBegin(func(c any) (begun bool, err error) {
		pg, ok := c.(*stdlib.Conn)
		if !ok {
			return false, fmt.Errorf("%T has not begun", c)
		}
		if begun, err = readPostgres(ctx, pg.Conn(), reads); begun {
			u.tx = pgTx{u.ctx, pg.Conn()}
		}
		return begun, err
	})
}

// commit ends it, and gives the connection back.
func (u *unit) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	defer u.close()
	if u.tx == nil {
		return nil
	}
	if err := u.conn.Raw(func(any) error { return u.tx.Commit() }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback undoes it, unless it is over. A connection on which that fails is not used again.
func (u *unit) rollback() {
	if u.over {
		return
	}
	defer u.close()
	_ = u.conn.Raw(func(any) error {
		if u.tx != nil && u.tx.Rollback() != nil {
			return driver.ErrBadConn
		}
		return nil
	})
}

func (u *unit) close() {
	u.over = true
	_ = u.conn.Close() // what became of the transaction is known
}

// ExecContext runs a statement that has no rows; it is there for ent, too.
func (u *unit) ExecContext(ctx context.Context, query string, args ...any) (res stdsql.Result, err error) {
	switch {
	case u.tx != nil || u.over:
		err = ctx.Err()
	case len(args) > 0:
		var changed int64
		err = u.read(ctx, read{query: query, args: args, changed: &changed})
		return driver.RowsAffected(changed), err
	default: // it may be several commands, which cannot be prepared
		err = u.read(ctx)
	}
	if err != nil {
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
	if u.tx == nil && !u.over {
		if err := u.read(ctx); err != nil {
			return nil, err
		}
	}
	return u.conn.QueryContext(ctx, query, args...)
}

func (u *unit) postgres() bool { return u.dialect == dialect.Postgres }

// pgTx is a transaction that a statement of ours has begun.
type pgTx struct {
	ctx  context.Context //nolint:containedctx // driver.Tx takes none
	conn *pgx.Conn
}

// Commit fails where PostgreSQL rolls back instead.
func (t pgTx) Commit() error {
	tag, err := t.conn.Exec(t.ctx, "COMMIT")
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback undoes everything.
func (t pgTx) Rollback() error {
	_, err := t.conn.Exec(t.ctx, "ROLLBACK")
	return err
}
