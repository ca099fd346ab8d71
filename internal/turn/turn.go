// Package turn lets a subscription wait for its next event without a goroutine. Who has events says so each time that
// one is there, and the subscription is woken for it. So a thousand that wait take no more stacks than none.
package turn

import (
	"context"
	"sync"
)

// Turns are the events that a subscription has not taken yet.
type Turns struct {
	mu   sync.Mutex
	told bool   // somebody says when there are events
	n    int    // said and not taken
	goOn func() // wakes the subscription; nil: it is awake
}

type key struct{}

// NewContext returns the context of a subscription that can be woken.
func NewContext(ctx context.Context, t *Turns) context.Context {
	return context.WithValue(ctx, key{}, t)
}

// Teller returns what tells the subscription of ctx that an event is there. Once it was asked for, it must be called
// after each event that the subscription can take and after their end; it does not wait.
func Teller(ctx context.Context) (tell func()) {
	t, ok := ctx.Value(key{}).(*Turns)
	if !ok { // one that waits in a goroutine of its own
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = true
	return t.tell
}

func (t *Turns) tell() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n++; t.n > 0 && t.goOn != nil {
		go t.goOn()
		t.goOn = nil
	}
}

// Wait is called after an event was taken, and tells whether goOn will be called, in a goroutine of its own, when
// the next one is there. Else it is there, or nobody would say.
func (t *Turns) Wait(goOn func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if !t.told || t.n > 0 {
		return false
	}
	t.goOn = goOn
	return true
}
