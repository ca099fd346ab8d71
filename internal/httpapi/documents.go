package httpapi

import (
	"container/list"
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// How much is kept of the documents that validated. A parsed document takes some thirty times the
// memory of its text.
const (
	maxCachedText = 16 << 10 // of one document
	maxCached     = 1 << 20  // of all
	cachedAtLeast = 256      // what even a short document counts for
)

// documents keeps the documents that validated, the ones used last.
type documents struct {
	mu     sync.Mutex
	byText map[string]*list.Element
	recent list.List // of *cached, the one used last in front
	size   int
}

type cached struct {
	text string
	doc  *ast.QueryDocument
}

func (c *cached) size() int { return max(len(c.text), cachedAtLeast) }

func newDocuments() *documents { return &documents{byText: map[string]*list.Element{}} }

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.byText[text]
	if !ok {
		return nil, false
	}
	d.recent.MoveToFront(e)
	return entryDoc(e), true
}

// Add implements graphql.Cache.
func (d *documents) Add(_ context.Context, text string, doc *ast.QueryDocument) {
	if len(text) > maxCachedText {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.byText[text]; ok {
		return
	}
	c := &cached{text: text, doc: doc}
	d.byText[text] = d.recent.PushFront(c)
	for d.size += c.size(); d.size > maxCached; {
		d.dropOldest()
	}
}

func (d *documents) dropOldest() {
	e := d.recent.Back()
	if c, ok := d.recent.Remove(e).(*cached); ok {
		delete(d.byText, c.text)
		d.size -= c.size()
	}
}

func entryDoc(e *list.Element) *ast.QueryDocument {
	if c, ok := e.Value.(*cached); ok {
		return c.doc
	}
	return nil
}
