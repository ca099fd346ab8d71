package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// Rows are read straight from the driver: database/sql takes a goroutine for each statement, and a lock and some
// closures for each row, all of which is more than the reading.
type Rows struct{ values []driver.Value }

// Scan copies the row's columns to where dest points. A NULL needs a pointer to a pointer, or a sql.Scanner.
func (r *Rows) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row of %d columns is scanned to %d", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := Assign(d, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

// Assign does what Scan does with one column.
func Assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case stdsql.Scanner:
		return d.Scan(v)
	}
	return assignTo(reflect.ValueOf(dest).Elem(), v)
}

// assignTo is Assign for what has a type of its own.
func assignTo(dest reflect.Value, v driver.Value) error {
	if dest.Kind() == reflect.Pointer {
		if v == nil {
			dest.SetZero()
			return nil
		}
		dest.Set(reflect.New(dest.Type().Elem()))
		return Assign(dest.Interface(), v)
	}
	switch v := v.(type) {
	case string:
		return assignText(dest, v)
	case int64:
		switch {
		case dest.CanInt() && !dest.OverflowInt(v):
			dest.SetInt(v)
			return nil
		case dest.CanUint() && v >= 0 && !dest.OverflowUint(uint64(v)):
			dest.SetUint(uint64(v))
			return nil
		case dest.Kind() == reflect.Bool: // a comparison, on SQLite
			dest.SetBool(v != 0)
			return nil
		}
	case bool:
		if dest.Kind() == reflect.Bool {
			dest.SetBool(v)
			return nil
		}
	}
	return fmt.Errorf("%T into %s", v, dest.Type())
}

// assignText takes what a text says: PostgreSQL's sums come as one.
func assignText(dest reflect.Value, s string) error {
	if dest.Kind() == reflect.String {
		dest.SetString(s)
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || !dest.CanInt() {
		return fmt.Errorf("a text into %s", dest.Type())
	}
	dest.SetInt(n)
	return nil
}

// triesToConnect is how often a statement is begun when its connection turns out to be lost.
const triesToConnect = 3

// read runs a statement and calls scan for each row.
func (db *DB) read(ctx context.Context, query string, args []any, scan func(*Rows) error) error {
	if s := sessionOf(ctx); s != nil && s.tx != nil {
		return s.tx.unit.read(ctx, query, args, scan)
	}
	named, err := namedValues(args)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		begun, err := db.readOnce(ctx, query, named, scan)
		if begun || try == triesToConnect || !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
}

// namedValues are arguments as drivers take them.
func namedValues(args []any) ([]driver.NamedValue, error) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return named, nil
}

// readOnce tells whether the statement has begun, so that it is not to be tried again.
func (db *DB) readOnce(ctx context.Context, query string, args []driver.NamedValue, scan func(*Rows) error) (begun bool, err error) {
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(c any) (err error) {
		begun, err = readFrom(ctx, c, query, args, scan)
		return err
	})
	return begun, err
}

// readFrom runs a statement on a driver's connection.
func readFrom(ctx context.Context, conn any, query string, args []driver.NamedValue, scan func(*Rows) error) (begun bool, err error) {
	queryer, ok := conn.(driver.QueryerContext)
	if !ok {
		return false, fmt.Errorf("%T runs no queries", conn)
	}
	rows, err := queryer.QueryContext(ctx, query, args)
	if err != nil {
		return false, err
	}
	return true, errors.Join(each(rows, scan), rows.Close())
}

func each(rows driver.Rows, scan func(*Rows) error) error {
	row := Rows{values: make([]driver.Value, len(rows.Columns()))}
	for {
		if err := rows.Next(row.values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := scan(&row); err != nil {
			return err
		}
	}
}
