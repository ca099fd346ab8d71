package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// readPostgres runs statements in one round trip. It tells whether the server may know of them.
func readPostgres(ctx context.Context, c *pgx.Conn, reads []read) (begun bool, err error) {
	if c.IsClosed() {
		return false, driver.ErrBadConn
	}
	var b pgx.Batch
	for _, s := range reads {
		args, err := values(s.args)
		if err != nil {
			return false, err
		}
		b.Queue(s.query, args...)
	}
	if len(reads) == 1 {
		rows, err := c.Query(ctx, b.QueuedQueries[0].SQL, b.QueuedQueries[0].Arguments...)
		return sent(eachOf(rows, err, reads[0]))
	}
	results := c.SendBatch(ctx, &b)
	for i, s := range reads {
		rows, err := results.Query()
		if err = eachOf(rows, err, s); err != nil {
			_ = results.Close() // says the same once more
			begun, err = sent(err)
			return begun || i > 0, err
		}
	}
	return true, results.Close()
}

// sent tells of what came of a statement whether it has been sent.
func sent(err error) (bool, error) {
	if err != nil && pgconn.SafeToRetry(err) {
		return false, errors.Join(driver.ErrBadConn, err)
	}
	return true, err
}

func eachOf(rows pgx.Rows, err error, s read) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	var row Rows
	for s.row != nil && rows.Next() {
		if row.pg == nil {
			row.pg = &pgRow{fields: rows.FieldDescriptions(), types: rows.TypeMap()}
		}
		row.pg.values = rows.RawValues()
		if err := s.row(&row); err != nil {
			return err
		}
	}
	rows.Close()
	if s.changed != nil {
		*s.changed = rows.CommandTag().RowsAffected()
	}
	return rows.Err()
}

// pgRow is a row as it has arrived.
type pgRow struct {
	fields []pgconn.FieldDescription
	types  *pgtype.Map
	values [][]byte
}

func (r *pgRow) scan(dest []any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("a row of %d columns is scanned to %d", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := r.assign(i, d); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

// assign is assign without a value between, for what most columns are.
func (r *pgRow) assign(i int, dest any) error {
	f, raw := &r.fields[i], r.values[i]
	if z, ok := dest.(Zeroer); ok {
		if dest = z.Zero(); raw == nil {
			return nil
		}
	}
	switch d := dest.(type) {
	case *string:
		if raw != nil && isText(f) {
			*d = string(raw)
			return nil
		}
	case *int:
		if raw != nil && isInt8(f) {
			*d = int(binary.BigEndian.Uint64(raw)) //nolint:gosec // the same bits
			return nil
		}
	}
	if _, scans := dest.(sql.Scanner); !scans && raw != nil && isText(f) {
		if to := reflect.ValueOf(dest).Elem(); to.Kind() == reflect.String {
			to.SetString(string(raw))
			return nil
		}
	}
	v, err := r.value(f, raw)
	if err != nil {
		return err
	}
	return assign(dest, v)
}

func isText(f *pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.TextOID || f.DataTypeOID == pgtype.VarcharOID
}

func isInt8(f *pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.Int8OID && f.Format == pgx.BinaryFormatCode
}

func (r *pgRow) value(f *pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	switch {
	case raw == nil:
		return nil, nil //nolint:nilnil // which is NULL
	case isText(f):
		return string(raw), nil
	case isInt8(f):
		return int64(binary.BigEndian.Uint64(raw)), nil //nolint:gosec // the same bits
	}
	if t, ok := r.types.TypeForOID(f.DataTypeOID); ok {
		return t.Codec.DecodeDatabaseSQLValue(r.types, f.DataTypeOID, f.Format, raw)
	}
	return string(raw), nil
}
