package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/mattn/go-sqlite3"
)

// readSQLite begins each statement before the rows of the one before it are read: so the database is locked once for
// all of them, and as a rule they see it as it was at one time. The driver takes the first step of a statement when it begins, in
// which it makes all its changes: so writes happen in their order.
func readSQLite(ctx context.Context, c *sqlite3.SQLiteConn, reads []read) error {
	open, done := make([]driver.Rows, 0, len(reads)), 0
	for i, s := range reads {
		if among(reads[done:i], s.query) { // the driver keeps it prepared once: while it is in use it would be parsed again
			if err := readAll(open, reads[done:]); err != nil {
				return err
			}
			open, done = open[:0], i
		}
		rows, err := query(ctx, c, s)
		if err != nil {
			return errors.Join(err, closeAll(open))
		}
		open = append(open, rows)
	}
	return readAll(open, reads[done:])
}

func among(reads []read, query string) bool {
	return slices.ContainsFunc(reads, func(r read) bool { return r.query == query })
}

func query(ctx context.Context, c *sqlite3.SQLiteConn, s read) (driver.Rows, error) {
	args, err := namedValues(s.args)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	if s.short { // the driver takes as long to begin watching for the end of a context as this runs
		ctx = context.WithoutCancel(ctx)
	}
	return c.QueryContext(ctx, s.query, args)
}

// readAll gives away the rows of statements, and closes them.
func readAll(open []driver.Rows, reads []read) error {
	for i, rows := range open {
		if err := each(rows, reads[i]); err != nil {
			return errors.Join(err, closeAll(open[i:]))
		}
		if err := rows.Close(); err != nil {
			return errors.Join(err, closeAll(open[i+1:]))
		}
	}
	return nil
}

func closeAll(open []driver.Rows) error {
	var errs []error
	for _, rows := range open {
		errs = append(errs, rows.Close())
	}
	return errors.Join(errs...)
}
