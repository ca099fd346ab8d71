package store

import (
	"context"
	"sync/atomic"
)

// Along is a read outside of any tenant that goes along with the first statements that a Reader runs in its context:
// ahead of them, and on PostgreSQL in their round trip. It goes by keys.
type Along struct {
	query     string
	args      []any
	row       func(*Rows) error
	sent, has atomic.Bool
}

type alongKey struct{}

// WithAlong returns a context in which the read goes along, with ? for its arguments.
func WithAlong(ctx context.Context, query string, args []any, row func(*Rows) error) (context.Context, *Along) {
	a := &Along{query: query, args: args, row: row}
	return context.WithValue(ctx, alongKey{}, a), a
}

// Arrived tells whether it went along, and all its rows were read.
func (a *Along) Arrived() bool { return a.has.Load() }

// withAlong puts what goes along before the reads of a Reader, and returns what is to be done when they have succeeded.
func (db *DB) withAlong(ctx context.Context, reads []read) ([]read, func()) {
	a, ok := ctx.Value(alongKey{}).(*Along)
	if !ok || a.sent.Swap(true) {
		return reads, func() {}
	}
	count(ctx)
	first := read{query: rebind(db.dialect, a.query), args: a.args, row: a.row, short: true}
	return append([]read{first}, reads...), func() { a.has.Store(true) }
}
