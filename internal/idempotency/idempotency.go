// Package idempotency lets a caller send a call again who does not know what became of it: the answer
// is recorded under the caller's key in the transaction of what the call did, and whoever comes with the
// same key and the same input gets that answer, and nothing is done.
package idempotency

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// life is how long an answer is kept.
	life = 24 * time.Hour
	// longest is how many characters a key may have.
	longest = 255
)

// Keys keeps answers. It is safe for concurrent use, by several processes on one database too.
type Keys struct {
	db  *store.DB
	now func() time.Time
}

// New returns keys that are kept in db.
func New(db *store.DB, now func() time.Time) *Keys { return &Keys{db: db, now: now} }

// Call is something to do once.
type Call struct {
	// Credential is the id of what the caller showed. Keys of other credentials, and those used in
	// other tenants, are other keys.
	Credential string
	// Key is the caller's name for the call: 1 to 255 printable characters.
	Key string
	// Input is a hash of everything that the answer depends on.
	Input [32]byte
}

// Do runs a call, unless it was answered within the last 24 hours: then it returns that answer, replayed.
// Run has to call Enter as soon as it is known in which tenant it works, and may be run again after a
// lost race. All that it does by store.DB.InTx is one transaction, in which the answer is recorded. When it
// fails, all of that is undone, and its error returned as it is. When it has done nothing, as with a
// refusal, nothing is recorded. Calls with the same key wait for each other when they come to write.
//
// Do returns fault.Invalid for a key that is none, fault.KeyMismatch where the key came with another
// input before, and the faults of InTx.
func (k *Keys) Do(ctx context.Context, c Call, run func(ctx context.Context) (answer []byte, err error)) (answer []byte, replayed bool, err error) {
	if err := c.check(); err != nil {
		return nil, false, err
	}
	a := &attempt{keys: k, call: c}
	err = k.db.InSession(context.WithValue(ctx, attemptKey{}, a), store.Session{
		Begin: a.begin,
		Run: func(ctx context.Context) (err error) {
			a.found, a.looked, a.recorded = nil, false, false
			answer, err = run(ctx)
			return err
		},
		End: func(ctx context.Context, tx *store.Tx) error { return a.record(ctx, tx, answer) },
	})
	if a.recorded && err == nil {
		return answer, false, nil
	}
	// What it was refused for may be what another call with this key has just done.
	if looking := a.lookAgain(ctx); looking != nil && err == nil {
		err = looking
	}
	switch {
	case a.found == nil:
		return answer, false, err
	case !a.matches():
		return nil, false, errMismatch
	}
	answer, err = a.unseal()
	return answer, err == nil, err
}

func (c Call) check() error {
	if c.Credential == "" {
		return fault.New(fault.Internal, "an idempotency key of a credential without an id")
	}
	n := utf8.RuneCountInString(c.Key)
	for _, r := range c.Key {
		if !unicode.IsPrint(r) {
			n = 0
		}
	}
	if n < 1 || n > longest {
		return fault.New(fault.Invalid, "An idempotency key has 1 to %d printable characters.", longest)
	}
	return nil
}

type attemptKey struct{}

// Enter tells the call in the context, if there is one, that the viewer in the context is at work from now
// on, with roles that were checked. It returns an error, for the caller to pass on, where there is an answer
// already. Call it before anything is read on which a refusal might be based.
func Enter(ctx context.Context) error {
	a, ok := ctx.Value(attemptKey{}).(*attempt)
	if !ok {
		return nil
	}
	if err := a.enter(ctx); err != nil || a.looked {
		return err
	}
	a.looked = true
	return a.look(ctx, a.keys.db.Client())
}

// enter takes over the viewer in the context: a call is in one tenant.
func (a *attempt) enter(ctx context.Context) error {
	v, ok := viewer.From(ctx)
	if !ok || a.viewer.Tenant != "" && a.viewer.Tenant != v.Tenant {
		return fault.New(fault.Internal, "an idempotency key of a call that is not in one tenant: %q, %q", a.viewer.Tenant, v.Tenant)
	}
	a.viewer = v
	return nil
}

// lookAgain looks for an answer after a call that has written nothing.
func (a *attempt) lookAgain(ctx context.Context) error {
	if a.found != nil || a.viewer.Tenant == "" {
		return nil
	}
	err := a.look(viewer.NewContext(ctx, a.viewer), a.keys.db.Client())
	if a.found != nil {
		return nil
	}
	return err
}
