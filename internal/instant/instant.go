// Package instant holds points in time as the API and the database know them: UTC milliseconds.
package instant

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Milli is an instant in milliseconds since 1970, UTC.
type Milli int64

// From returns the instant of t, rounded down to the millisecond.
func From(t time.Time) Milli { return Milli(t.UnixMilli()) }

// Time returns the instant as a time in UTC.
func (m Milli) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Add returns the instant d later.
func (m Milli) Add(d time.Duration) Milli { return m + Milli(d.Milliseconds()) }

// String returns the instant in RFC 3339.
func (m Milli) String() string { return string(m.Append(nil)) }

// Append appends the instant in RFC 3339, with milliseconds only where there are any.
func (m Milli) Append(b []byte) []byte { return m.Time().AppendFormat(b, time.RFC3339Nano) }

// Parse reads an RFC 3339 instant between the years 1 and 9999.
func Parse(s string) (Milli, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return 0, fmt.Errorf("%q is not an RFC 3339 instant such as 2026-01-31T12:00:00Z", clip(s))
	}
	return From(t), nil
}

// MarshalGQL writes the instant as a GraphQL DateTime.
func (m Milli) MarshalGQL(w io.Writer) {
	_, _ = w.Write(m.AppendGQL(make([]byte, 0, 32))) // gqlgen's writer is a buffer
}

// AppendGQL appends what MarshalGQL writes.
func (m Milli) AppendGQL(b []byte) []byte { return append(m.Append(append(b, '"')), '"') }

// UnmarshalGQL reads a GraphQL DateTime.
func (m *Milli) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a DateTime is a string such as \"2026-01-31T12:00:00Z\"")
	}
	p, err := Parse(s)
	*m = p
	return err
}

// Value stores the instant as an integer.
func (m Milli) Value() (driver.Value, error) { return int64(m), nil }

// Scan reads the instant from an integer.
func (m *Milli) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("scan an instant from %T", v)
	}
	*m = Milli(n)
	return nil
}

func clip(s string) string {
	if len(s) > 40 {
		return strconv.QuoteToASCII(s[:40]) + "…"
	}
	return s
}
