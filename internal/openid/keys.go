package openid

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"purser/internal/fault"
)

const (
	// fresh is how long keys are taken as they are: a key that the provider gave up counts no longer than that
	// while the provider answers.
	fresh = 10 * time.Minute
	// stale is how long keys count while the provider does not answer.
	stale = 24 * time.Hour
	// between is the least time between two requests to the provider, whatever tokens come in.
	between = 10 * time.Second
)

// keys are the provider's public keys: asked for when they are first needed, when they are old, and when a
// token names one that is not among them.
type keys struct {
	issuer string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	fetches   singleflight.Group
	published atomic.Pointer[published] // nil: none are known yet

	mu    sync.Mutex
	asked time.Time // when the provider was last asked
}

// published is a set of keys as it was fetched. Who checks a token reads it without a lock.
type published struct {
	set   []jose.JSONWebKey
	since time.Time
}

// find returns the keys that may have signed what has this header; fault.Unavailable while none are known.
func (k *keys) find(ctx context.Context, h jose.Header) ([]jose.JSONWebKey, error) {
	found, age := k.known(h)
	if len(found) > 0 && age < fresh {
		return found, nil
	}
	done := k.refresh(ctx)
	if len(found) > 0 && age < stale {
		return found, nil // nobody waits for a provider that may be down
	}
	var err error
	select {
	case res := <-done:
		err = res.Err
	case <-ctx.Done():
		err = ctx.Err()
	}
	found, age = k.known(h)
	switch {
	case age >= stale:
		return nil, fault.New(fault.Unavailable, "The OpenID provider cannot be reached; try again.").Because(err)
	case len(found) == 0:
		return nil, errors.New("the provider has no such key")
	}
	return found, nil
}

// known returns the fitting keys at hand, with their age.
func (k *keys) known(h jose.Header) (found []jose.JSONWebKey, age time.Duration) {
	p := k.published.Load()
	if p == nil {
		return nil, stale
	}
	for _, key := range p.set {
		if (h.KeyID == "" || h.KeyID == key.KeyID) && (key.Algorithm == "" || key.Algorithm == h.Algorithm) {
			found = append(found, key)
		}
	}
	return found, k.now().Sub(p.since)
}

// refresh asks the provider for its keys, unless it was asked a moment ago. Whoever comes meanwhile gets the
// same answer; that one of them goes away does not end the request.
func (k *keys) refresh(ctx context.Context) <-chan singleflight.Result {
	return k.fetches.DoChan("", func() (any, error) {
		if !k.mayAsk() {
			return nil, errors.New("the provider was asked a moment ago")
		}
		set, err := fetch(context.WithoutCancel(ctx), k.client, k.issuer)
		if err != nil {
			k.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "the OpenID provider's keys cannot be had", slog.Any("error", err))
			return nil, err
		}
		k.published.Store(&published{set, k.now()})
		return nil, nil
	})
}

// mayAsk tells whether it is time for a request to the provider, which follows then.
func (k *keys) mayAsk() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); k.asked.IsZero() || now.Sub(k.asked) >= between {
		k.asked = now
		return true
	}
	return false
}
