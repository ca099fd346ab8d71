package reading

import (
	"context"
	"slices"
	"sync"

	"purser/internal/shape"
	"purser/internal/store"
	"purser/internal/viewer"
)

// prepared is a statement that finds things by their ids, with what takes a row of it. To compose one takes longer than to run it, and
// whoever shows the same document asks the same again: so it is kept, for the next id.
type prepared[T any] struct {
	*query

	take func() T
	text string // empty where it is not to be kept
	args []any
	key  int // which of the arguments is the id
}

// preparedFor is what a statement is prepared for: what is asked for, and the viewer, in everything. It may depend on nothing else,
// be it the time or a context.
type preparedFor struct {
	asked *shape.Shape
	me    viewer.Viewer
}

// Query implements sql.Querier.
func (p *prepared[T]) Query() (string, []any) {
	if p.text == "" {
		return p.s.Query()
	}
	return p.text, p.args
}

// write writes the statement, so that it can be kept; false where it cannot be told which argument is the id.
func (p *prepared[T]) write(id string) bool {
	text, args := p.s.Query()
	is := func(a any) bool { return a == any(id) }
	p.key = slices.IndexFunc(args, is)
	if p.key < 0 || slices.ContainsFunc(args[p.key+1:], is) {
		return false
	}
	p.text, p.args = text, args
	return true
}

// byIDs has a batch read what the ids name.
func byIDs[T any](b *batch, l *loader, ids []string, sh *shape.Shape, bind func(*loader, []string, *shape.Shape) (*query, func() T)) *[]T {
	found := new([]T)
	key, keeps := preparedFor{sh, l.me}, len(ids) == 1 && sh.Kept()
	var p *prepared[T]
	if keeps {
		p, _ = l.prepared.borrow(key).(*prepared[T])
	}
	if p != nil {
		p.args[p.key] = ids[0]
	} else {
		q, take := bind(l, ids, sh)
		p = &prepared[T]{query: q, take: take}
		keeps = keeps && p.write(ids[0])
	}
	b.reads = append(b.reads, store.Read{Statement: p, Row: p.scan(func() { *found = append(*found, p.take()) }), AtMost: len(ids)})
	if keeps {
		b.after(func(context.Context) error {
			l.prepared.keep(key, p)
			return nil
		})
	}
	return found
}

// preparedStatements are those that are kept. Only one can use each at a time: it holds the row that is read.
type preparedStatements struct {
	mu   sync.Mutex
	idle map[preparedFor]any // *prepared[T]
}

// maxPrepared is how many are kept. One takes some 6 KB.
const maxPrepared = 256

// borrow returns a statement and keeps it no longer; nil where there is none.
func (k *preparedStatements) borrow(key preparedFor) any {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.idle[key]
	delete(k.idle, key)
	return p
}

func (k *preparedStatements) keep(key preparedFor, p any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.idle == nil || len(k.idle) >= maxPrepared {
		k.idle = map[preparedFor]any{}
	}
	k.idle[key] = p
}
