package store

import (
	"context"
	"strings"
	"sync/atomic"

	"entgo.io/ent/dialect"
)

// split sends reads to the pool of readers, and all else to the writer. On PostgreSQL both are one pool.
// What belongs to a session goes to its transaction.
type split struct {
	dialect        string
	writer, reader dialect.Driver
}

func (d *split) Dialect() string { return d.dialect }

// Query sends INSERT … RETURNING, which arrives here too, to the writer.
func (d *split) Query(ctx context.Context, query string, args, v any) error {
	reads := strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH")
	to, err := d.to(ctx, !reads)
	if err != nil {
		return err
	}
	return to.Query(ctx, query, args, v)
}

func (d *split) Exec(ctx context.Context, query string, args, v any) error {
	to, err := d.to(ctx, true)
	if err != nil {
		return err
	}
	return to.Exec(ctx, query, args, v)
}

func (d *split) Tx(ctx context.Context) (dialect.Tx, error) {
	to, err := d.to(ctx, true)
	if err != nil {
		return nil, err
	}
	return to.Tx(ctx)
}

// to tells where a statement goes.
func (d *split) to(ctx context.Context, writes bool) (dialect.Driver, error) {
	s := sessionOf(ctx)
	switch {
	case s != nil && s.tx != nil:
		return s.tx.driver, nil
	case s != nil && writes:
		return nil, errOutside
	case writes:
		return d.writer, nil
	}
	return d.reader, nil
}

func (d *split) Close() error { return nil } // DB.Close closes the pools

type statementsKey struct{}

// statements is a count that passes on what it counts.
type statements struct {
	n     atomic.Int64
	outer *statements
}

// CountStatements returns a context whose SQL statements are counted, and the count. What counts
// already goes on counting.
func CountStatements(ctx context.Context) (context.Context, *atomic.Int64) {
	outer, _ := ctx.Value(statementsKey{}).(*statements)
	s := &statements{outer: outer}
	return context.WithValue(ctx, statementsKey{}, s), &s.n
}

func count(ctx context.Context) {
	s, _ := ctx.Value(statementsKey{}).(*statements)
	for ; s != nil; s = s.outer {
		s.n.Add(1)
	}
}

// observed counts the statements of a context, see CountStatements, and shows them to a trace.
type observed struct {
	dialect.Driver
	db *DB
}

func (d observed) Query(ctx context.Context, query string, args, v any) error {
	query = steady(d.Dialect(), query)
	d.db.observe(ctx, query, args)
	return d.Driver.Query(ctx, query, args, v)
}

func (d observed) Exec(ctx context.Context, query string, args, v any) error {
	query = steady(d.Dialect(), query)
	d.db.observe(ctx, query, args)
	return d.Driver.Exec(ctx, query, args, v)
}

func (db *DB) observe(ctx context.Context, query string, args any) {
	count(ctx)
	if db.trace != nil {
		db.trace(ctx, query, args)
	}
}
