package httpapi

import (
	"context"
	"sync"
	"time"

	"purser/internal/viewer"
)

// Changes tells when credentials may have come to mean something else; access.Changes does.
type Changes interface {
	// Watch calls changed with a tenant whenever it may have changed what credentials mean there, until
	// stop is called. It waits for changed to return.
	Watch(changed func(tenant string)) (stop func())
}

// askedAtOnce is how many open connections ask at the same time who they belong to: a change can concern
// thousands, and requests want to be served beside them.
const askedAtOnce = 8

// watch asks again who is behind the credential of an open connection, whenever that may have changed. While
// nothing does, it takes no goroutine.
type watch struct {
	server        *Server
	ctx           context.Context //nolint:containedctx // the connection's
	authorization string
	told          func(*viewer.Caller) // what is known now
	refused       func(error)          // the credential is not good any more
	leave         func()

	mu      sync.Mutex
	begun   int            // questions so far
	newest  int            // the latest question that was answered
	waiting int            // questions that are not answered yet
	caller  *viewer.Caller // what came of the newest one; nil: nothing yet
	due     bool           // something has changed since the last question began
	asking  bool           // askAgain is under way
	ends    *time.Timer    // until the first access by delegation ends
}

// watch begins to watch for a connection until stop is called; ctx is the connection's.
func (s *Server) watch(ctx context.Context, authorization string, told func(*viewer.Caller), refused func(error)) *watch {
	w := &watch{server: s, ctx: ctx, authorization: authorization, told: told, refused: refused}
	w.leave = s.Changes.Watch(w.changed)
	return w
}

func (w *watch) stop() {
	w.leave()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ends != nil {
		w.ends.Stop()
	}
}

// authenticate returns who is behind the credential now, for a request that counts.
func (w *watch) authenticate(ctx context.Context) (*viewer.Caller, error) {
	return w.ask(ctx, w.server.callerBehind)
}

// ask learns who is behind the credential. Answers may come in another order than the questions: an older one
// tells nothing.
func (w *watch) ask(ctx context.Context, who func(ctx context.Context, authorization string) (*viewer.Caller, error)) (*viewer.Caller, error) {
	w.mu.Lock()
	w.begun++
	w.waiting++
	question := w.begun
	w.mu.Unlock()
	ctx, cancel := w.server.deadline(ctx)
	defer cancel()
	c, err := who(ctx, w.authorization)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
	if err == nil && question > w.newest {
		w.newest, w.caller = question, c
		w.told(c)
		w.untilItEnds(c)
	}
	return c, err
}

// untilItEnds asks again when the first delegated access ends. The caller holds the lock.
func (w *watch) untilItEnds(c *viewer.Caller) {
	if w.ends != nil {
		w.ends.Stop()
		w.ends = nil
	}
	first := time.Time{}
	for _, a := range c.Reach {
		if end := a.ExpiresAt.Time(); a.ExpiresAt != 0 && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	if !first.IsZero() && w.ctx.Err() == nil {
		w.ends = time.AfterFunc(w.server.until(first), w.askSoon)
	}
}

// changed has the question asked again if the tenant is, or may be, within reach.
func (w *watch) changed(tenant string) {
	w.mu.Lock()
	concerned := w.caller == nil || w.waiting > 0
	if !concerned {
		_, concerned = w.caller.Find(tenant)
	}
	w.mu.Unlock()
	if concerned {
		w.askSoon()
	}
}

func (w *watch) askSoon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = true
	if !w.asking {
		w.asking = true
		go w.askAgain()
	}
}

// askAgain asks until nothing has changed since.
func (w *watch) askAgain() {
	for w.more() {
		select {
		case w.server.asking <- struct{}{}:
		case <-w.ctx.Done():
			continue
		}
		_, err := w.ask(w.ctx, w.server.stillBehind)
		<-w.server.asking
		if err != nil && w.ctx.Err() == nil {
			w.refused(err)
		}
	}
}

func (w *watch) more() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = w.due && w.ctx.Err() == nil
	w.due = false
	return w.asking
}
