package store

import (
	"bytes"
	stdsql "database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
)

// Rows are read straight from the driver: database/sql takes a goroutine for each statement, and a lock and some
// closures for each row, all of which is more than the reading.
type Rows struct {
	values []driver.Value
	pg     *pgRow // on PostgreSQL, instead
}

// Scan copies the row's columns to where dest points. A NULL needs a pointer to a pointer, a sql.Scanner or a Zeroer.
func (r *Rows) Scan(dest ...any) error {
	if r.pg != nil {
		return r.pg.scan(dest)
	}
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row of %d columns is scanned to %d", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

// Zeroer is a destination that stands before another one. It sets that to what NULL means, and returns it for all else.
type Zeroer interface{ Zero() any }

// assign does what Scan does with one column.
func assign(dest any, v driver.Value) error {
	if z, ok := dest.(Zeroer); ok {
		if dest = z.Zero(); v == nil {
			return nil
		}
	}
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
	case *[]byte:
		if b, ok := v.([]byte); ok {
			*d = bytes.Clone(b) // it is the driver's
			return nil
		}
	case stdsql.Scanner:
		return d.Scan(v)
	}
	return assignTo(reflect.ValueOf(dest).Elem(), v)
}

// assignTo is assign for what has a type of its own.
func assignTo(dest reflect.Value, v driver.Value) error {
	if dest.Kind() == reflect.Pointer {
		if v == nil {
			dest.SetZero()
			return nil
		}
		dest.Set(reflect.New(dest.Type().Elem()))
		return assign(dest.Interface(), v)
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
