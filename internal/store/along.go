package store

import (
	"context"
	"sync/atomic"
)

// LookUp is a read by keys, outside of any tenant.
type LookUp interface {
	// Key names what is looked for. One that has found it stands for another with the same key, for as long as nothing was committed to
	// the database: so what is found must come of that alone. Where the key is "" none does.
	Key() string
	// Statement is the query, with ? for its arguments.
	Statement() (query string, args []any)
	// Row takes a row that was found.
	Row(rows *Rows) error
}

// Along is a LookUp that goes along with the first statements that a Reader runs in its context: ahead of them, and on
// PostgreSQL in their round trip.
type Along struct {
	lookUp    LookUp
	found     LookUp
	sent, has atomic.Bool
}

type alongKey struct{}

// WithAlong returns a context in which the look-up goes along.
func WithAlong(ctx context.Context, l LookUp) (context.Context, *Along) {
	a := &Along{lookUp: l}
	return context.WithValue(ctx, alongKey{}, a), a
}

// Arrived returns the look-up whose rows are known: the one that has gone along, or, on SQLite, one with the same key that would find the same
// now. It returns nil where the look-up has not gone along.
func (a *Along) Arrived() LookUp {
	if !a.has.Load() {
		return nil
	}
	return a.found
}

// takeAlong returns what goes along with the next reads, ahead of them; nil where nothing does. It counts as one statement, whether it is run or only
// found to be of no use.
func takeAlong(ctx context.Context) *Along {
	a, ok := ctx.Value(alongKey{}).(*Along)
	if !ok || a.sent.Swap(true) {
		return nil
	}
	count(ctx)
	return a
}

// arrived notes that the reads that it went along with have succeeded.
func (a *Along) arrived() {
	if a != nil {
		a.has.Store(true)
	}
}

// written writes what goes along with reads, if anything does.
func written(dialect string, reads []read) []read {
	if a := reads[0].along; a != nil {
		query, args := a.lookUp.Statement()
		reads[0] = read{query: rebind(dialect, query), args: args, row: a.lookUp.Row, short: true}
		a.found = a.lookUp
	}
	return reads
}
