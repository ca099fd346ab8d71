package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"

	"purser/internal/sql"
)

// Read is a statement to read with, and what takes each of its rows.
type Read struct {
	Statement sql.Querier
	Row       func(*Rows) error
	// AtMost is how many rows a statement finds that goes by keys; else 0. It takes microseconds, and so it is over
	// before it could be canceled.
	AtMost int
}

// Together runs statements that do not wait for each other: on PostgreSQL in one round trip.
func (r *Reader) Together(ctx context.Context, reads ...Read) error {
	list := make([]read, 0, 1+len(reads))
	along := takeAlong(ctx)
	if along != nil {
		list = append(list, read{along: along})
	}
	var failed error
	for _, s := range reads {
		query, args := s.Statement.Query()
		if slices.ContainsFunc(args, holdsNUL) {
			return errNotText
		}
		r.db.observe(ctx, query, args)
		list = append(list, read{query: query, args: args, short: s.AtMost > 0, atMost: s.AtMost, row: func(rows *Rows) error {
			failed = s.Row(rows)
			return failed
		}})
	}
	err := r.db.read(ctx, list)
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return translate(err)
	}
	along.arrived()
	return nil
}

// read is a Read that is written.
type read struct {
	query   string
	args    []any
	row     func(*Rows) error // nil where it has none
	changed *int64            // takes how many rows were changed, on PostgreSQL
	short   bool              // it need not be canceled
	atMost  int               // how many rows it has, where that is known
	along   *Along            // instead of all that: a look-up that is not written yet
}

// triesToConnect is how often something is begun when its connection turns out to be lost.
const triesToConnect = 3

// read runs statements and gives away each row.
func (db *DB) read(ctx context.Context, reads []read) error {
	if s := sessionOf(ctx); s != nil && s.tx != nil {
		return s.tx.unit.read(ctx, reads...)
	}
	for try := 1; len(reads) > 0; try++ {
		done, begun, err := db.readOnce(ctx, reads)
		if begun || try == triesToConnect || !errors.Is(err, driver.ErrBadConn) {
			return err
		}
		reads = reads[done:]
	}
	return nil
}

// readOnce tells how many statements are done, and whether the next has begun, so that it is not to be tried again.
func (db *DB) readOnce(ctx context.Context, reads []read) (done int, begun bool, err error) {
	if db.readers != nil {
		err = db.readers.use(ctx, func(c driver.Conn) error {
			done, begun, err = readOn(ctx, c, reads)
			return err
		})
		return done, begun, err
	}
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return readOnConn(ctx, conn, reads)
}

func readOnConn(ctx context.Context, conn *stdsql.Conn, reads []read) (done int, begun bool, err error) {
	err = conn.Raw(func(c any) error {
		done, begun, err = readOn(ctx, c, reads)
		return err
	})
	return done, begun, err
}

// readOn is readOnce on a driver's connection.
func readOn(ctx context.Context, c any, reads []read) (done int, begun bool, err error) {
	switch c := c.(type) {
	case *stdlib.Conn:
		begun, err = readPostgres(ctx, c.Conn(), written(dialect.Postgres, reads))
		return 0, begun, err
	case *sqliteReader:
		return 0, true, c.read(ctx, reads)
	case *sqlite3.SQLiteConn:
		return 0, true, readSQLite(ctx, c, written(dialect.SQLite, reads))
	case driver.QueryerContext: // one that a test has wrapped
		return readInTurn(ctx, c, written(dialect.SQLite, reads))
	}
	return 0, false, fmt.Errorf("%T runs no queries", c)
}

func readInTurn(ctx context.Context, c driver.QueryerContext, reads []read) (done int, begun bool, err error) {
	for i, s := range reads {
		args, err := namedValues(s.args)
		if err != nil {
			return i, false, err
		}
		rows, err := c.QueryContext(ctx, s.query, args)
		if err != nil {
			return i, false, err
		}
		if err := errors.Join(each(rows, s), rows.Close()); err != nil {
			return i, true, err
		}
	}
	return len(reads), false, nil
}

// values are arguments as drivers take them.
func values(args []any) ([]any, error) {
	list := make([]any, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		list[i] = v
	}
	return list, nil
}

func namedValues(args []any) ([]driver.NamedValue, error) {
	list, err := values(args)
	named := make([]driver.NamedValue, len(list))
	for i, v := range list {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return named, err
}

func each(rows driver.Rows, s read) error {
	row := Rows{values: make([]driver.Value, len(rows.Columns()))}
	for n := 1; ; n++ {
		if err := rows.Next(row.values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if s.row != nil {
			if err := s.row(&row); err != nil {
				return err
			}
		}
		if n == s.atMost {
			return nil
		}
	}
}

func holdsNUL(arg any) bool {
	s, ok := arg.(string)
	return ok && strings.IndexByte(s, 0) >= 0
}
