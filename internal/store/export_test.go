package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"
)

// ListenClosely is Listen on PostgreSQL with little patience.
func (db *DB) ListenClosely(ctx context.Context, l Listener, silence, answerTime time.Duration) error {
	e, err := db.newEar(l)
	if err != nil {
		return err
	}
	e.silence, e.answerTime = silence, answerTime
	e.listen(ctx)
	return nil
}

// MigrateTo brings the database to a version, for tests of the migration that follows.
func (db *DB) MigrateTo(ctx context.Context, version int64) (err error) {
	pool, done, err := db.migrationPool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	p, err := db.provider(pool)
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Steady is what a statement is made before it runs.
var Steady = steady

// LoseConnection closes the connection of a transaction.
func (tx *Tx) LoseConnection() {
	_ = tx.unit.conn.Raw(func(c any) error {
		if conn, ok := c.(driver.Conn); ok {
			return conn.Close()
		}
		return nil
	})
}
