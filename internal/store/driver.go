package store

import (
	"context"
	"strings"
	"sync/atomic"

	"entgo.io/ent/dialect"
)

// split sends reads to the pool of readers, and all else to the writer. On PostgreSQL both are one pool.
type split struct {
	dialect        string
	writer, reader dialect.Driver
}

func (d *split) Dialect() string { return d.dialect }

// Query sends INSERT … RETURNING, which arrives here too, to the writer.
func (d *split) Query(ctx context.Context, query string, args, v any) error {
	if strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH") {
		return d.reader.Query(ctx, query, args, v)
	}
	return d.writer.Query(ctx, query, args, v)
}

func (d *split) Exec(ctx context.Context, query string, args, v any) error {
	return d.writer.Exec(ctx, query, args, v)
}

func (d *split) Tx(ctx context.Context) (dialect.Tx, error) { return d.writer.Tx(ctx) }

func (d *split) Close() error { return nil } // DB.Close closes the pools

type statementsKey struct{}

// CountStatements returns a context whose SQL statements are counted, and the count.
func CountStatements(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, statementsKey{}, n), n
}

func count(ctx context.Context) {
	if n, ok := ctx.Value(statementsKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}

// counted counts the statements of a context, see CountStatements.
type counted struct{ dialect.Driver }

func (d counted) Query(ctx context.Context, query string, args, v any) error {
	count(ctx)
	return d.Driver.Query(ctx, query, args, v)
}

func (d counted) Exec(ctx context.Context, query string, args, v any) error {
	count(ctx)
	return d.Driver.Exec(ctx, query, args, v)
}
