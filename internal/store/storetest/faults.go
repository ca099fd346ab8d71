package storetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// Moment is when a statement fails.
type Moment int

// The moments.
const (
	Before  Moment = iota // nothing of it was done
	Reading               // it was done, and the first of its rows cannot be had
	After                 // it was done, but the answer says otherwise
)

// Fault is what goes wrong.
type Fault struct {
	At     int    // which statement, counted from 1; 0 is none
	When   Moment // Reading strikes nothing but queries
	Err    error  // what the driver says
	Dead   bool   // the connection is lost with it
	Always bool   // the same statement fails each time that it is tried again
}

// Statement is one that went to the database.
type Statement struct {
	SQL   string // BEGIN and COMMIT count too
	InTx  bool
	Query bool // it has rows
}

// Faults lets chosen statements of a database fail, at its driver. Open the database with its Wrap.
type Faults struct {
	mu      sync.Mutex
	on      bool
	fault   Fault
	seen    []Statement
	strikes int
}

// During does something while the fault is set, and returns the statements that were tried, and
// how many of them the fault has struck.
func (f *Faults) During(fault Fault, do func()) (seen []Statement, strikes int) {
	f.mu.Lock()
	f.on, f.fault, f.seen, f.strikes = true, fault, nil, 0
	f.mu.Unlock()
	do()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = false
	return f.seen, f.strikes
}

// next counts a statement, and tells whether it is to fail.
func (f *Faults) next(s Statement) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on {
		return Fault{}, false
	}
	f.seen = append(f.seen, s)
	n, at := len(f.seen), f.fault.At
	again := f.fault.Always && at > 0 && n > at && s == f.seen[at-1]
	if n != at && !again || f.fault.When == Reading && !s.Query {
		return Fault{}, false
	}
	f.strikes++
	return f.fault, true
}

// Wrap is for store.Options.
func (f *Faults) Wrap(c driver.Connector) driver.Connector { return faultyConnector{c, f} }

type faultyConnector struct {
	driver.Connector
	faults *Faults
}

// Connect makes a connection whose statements can fail.
func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn: inner.(conn), faults: c.faults}, nil //nolint:errcheck // both drivers' connections can do this, or nothing works
}

// conn is what the connections of both drivers can do.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

// faultyConn is a connection whose statements can fail.
type faultyConn struct {
	conn
	faults     *Faults
	inTx, dead bool
}

// do does a statement, unless it is to fail. undo undoes what else would stay behind.
func (c *faultyConn) do(query string, do, undo func() error) error {
	if c.dead {
		return driver.ErrBadConn
	}
	fault, strikes := c.faults.next(Statement{SQL: query, InTx: c.inTx})
	if !strikes {
		return do()
	}
	err := undo
	if fault.When == After {
		err = do
	}
	if err := err(); err != nil {
		return err
	}
	return c.fail(fault)
}

func nothing() error { return nil }

// fail returns the fault's error, and closes the connection where that is lost.
func (c *faultyConn) fail(fault Fault) error {
	if fault.Dead {
		c.dead = true
		_ = c.conn.Close() // it is lost anyway
	}
	return fault.Err
}

// ExecContext runs a statement.
func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	err = c.do(query, func() (err error) { res, err = c.conn.ExecContext(ctx, query, args); return err }, nothing)
	return res, err
}

// QueryContext runs a query.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.dead {
		return nil, driver.ErrBadConn
	}
	fault, strikes := c.faults.next(Statement{SQL: query, InTx: c.inTx, Query: true})
	if strikes && fault.When == Before {
		return nil, c.fail(fault)
	}
	rows, err := c.conn.QueryContext(ctx, query, args)
	if err != nil || !strikes {
		return rows, err
	}
	if fault.When == Reading {
		return faultyRows{rows, func() error { return c.fail(fault) }}, nil
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	return nil, c.fail(fault)
}

// faultyRows are rows that cannot be read.
type faultyRows struct {
	driver.Rows
	fail func() error
}

// Next fails.
func (r faultyRows) Next([]driver.Value) error { return r.fail() }

// BeginTx begins a transaction.
func (c *faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	var tx driver.Tx
	err := c.do("BEGIN", func() (err error) { tx, err = c.conn.BeginTx(ctx, o); return err }, nothing)
	if err != nil {
		if tx != nil && !c.dead { // it has begun, and the caller is told otherwise
			return nil, errors.Join(err, tx.Rollback())
		}
		return nil, err
	}
	c.inTx = true
	return faultyTx{tx, c}, nil
}

type faultyTx struct {
	tx   driver.Tx
	conn *faultyConn
}

// Commit commits; where it fails beforehand, the transaction is rolled back.
func (t faultyTx) Commit() error {
	err := t.conn.do("COMMIT", t.tx.Commit, t.tx.Rollback)
	t.conn.inTx = false
	return err
}

// Rollback rolls back, which a lost connection has done already.
func (t faultyTx) Rollback() error {
	t.conn.inTx = false
	if t.conn.dead {
		return driver.ErrBadConn
	}
	return t.tx.Rollback()
}

// Close closes the connection.
func (c *faultyConn) Close() error {
	if c.dead {
		return nil
	}
	return c.conn.Close()
}

// IsValid tells the pool to do without a connection that was lost.
func (c *faultyConn) IsValid() bool { return !c.dead }

// ResetSession is what the pool does before it uses a connection again.
func (c *faultyConn) ResetSession(ctx context.Context) error {
	if r, ok := c.conn.(driver.SessionResetter); ok && !c.dead {
		return r.ResetSession(ctx)
	}
	return nil
}

// CheckNamedValue leaves arguments to the driver.
func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if d, ok := c.conn.(driver.NamedValueChecker); ok {
		return d.CheckNamedValue(v)
	}
	return driver.ErrSkip
}
