package reading

import (
	"context"

	"purser/internal/sql"
	"purser/internal/store"
)

// batch is statements that do not wait for each other, and what is done when they have been read.
type batch struct {
	r     *store.Reader
	reads []store.Read
	then  []func(context.Context) error

	fewReads [2]store.Read // as a rule they are enough
	fewThen  [4]func(context.Context) error
}

func (l *loader) batch() *batch {
	b := &batch{r: l.r}
	b.reads, b.then = b.fewReads[:0], b.fewThen[:0]
	return b
}

// add has a statement read, with what takes each of its rows.
func (b *batch) add(statement sql.Querier, row func(*store.Rows) error) {
	b.reads = append(b.reads, store.Read{Statement: statement, Row: row})
}

// each has a statement read that is bound, and row called after each scan.
func (b *batch) each(q *query, row func()) { b.add(q.s, q.scan(row)) }

// after has something done when all statements have been read: in the order in which it was given.
func (b *batch) after(do func(context.Context) error) { b.then = append(b.then, do) }

// run reads the statements, and does what is to be done after them.
func (b *batch) run(ctx context.Context) error {
	if len(b.reads) > 0 {
		if err := b.r.Together(ctx, b.reads...); err != nil {
			return err
		}
	}
	for _, do := range b.then {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}
