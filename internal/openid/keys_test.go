package openid_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"purser/internal/fault"
	"purser/internal/openid/openidtest"
)

// within waits until something holds that another goroutine brings about.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-late:
			t.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}

func (b *bundle) unavailable(t *testing.T, token string) {
	t.Helper()
	if who, err := b.provider.Verify(t.Context(), token); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("%+v, %v, want UNAVAILABLE", who, err)
	}
}

func TestKeysAreAskedForOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.token(t, nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { b.good(t, token) })
	}
	all.Wait()
	if n := b.Asked(); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	first, old := b.Key(), b.token(t, nil)
	b.good(t, old)
	b.Rotate(openidtest.NewKey(t, jose.RS256, "second"), first)
	b.refused(t, b.token(t, nil)) // the provider was asked a moment ago
	b.add(10 * time.Second)
	b.good(t, b.token(t, nil))
	b.good(t, old)

	b.Rotate(b.Key()) // the first key is given up
	b.good(t, old)
	b.add(10 * time.Minute)
	within(t, "the first key does not count any more", func() bool {
		_, err := b.provider.Verify(t.Context(), old)
		return err != nil
	})
	b.good(t, b.token(t, nil))
}

// TestUnknownKeys sends tokens with made-up keys: the provider is not flooded for it.
func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.good(t, b.token(t, nil))
	stranger := openidtest.NewKey(t, jose.ES256, "")
	for i := range 100 {
		stranger.ID = string(rune('a' + i))
		b.refused(t, stranger.Sign(t, "{}", nil))
	}
	b.add(10 * time.Second)
	for range 100 {
		b.refused(t, stranger.Sign(t, "{}", nil))
	}
	if n := b.Asked(); n != 2 {
		t.Errorf("the keys were asked for %d times, want once at first and once ten seconds later", n)
	}
}

// TestKeyWithoutName: a token need not name its key.
func TestKeyWithoutName(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	first := b.Key()
	b.Rotate(openidtest.NewKey(t, jose.RS256, "second"), first)
	nameless := openidtest.Key{Algorithm: first.Algorithm, Private: first.Private}
	b.good(t, nameless.Sign(t, string(payload(t, b)), nil))
	b.refused(t, openidtest.NewKey(t, jose.RS256, "").Sign(t, string(payload(t, b)), nil))
}

// TestKeyFor: a key counts by the name, and for the algorithm, that it is published with.
func TestKeyFor(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, k := range map[string]openidtest.Key{
		"another algorithm": {Algorithm: jose.PS256, ID: b.Key().ID, Private: b.Key().Private},
		"another name":      {Algorithm: jose.RS256, ID: "other", Private: b.Key().Private},
	} {
		t.Run(name, func(t *testing.T) { b.refused(t, k.Sign(t, string(payload(t, b)), nil)) })
	}
}

// TestRefusedUnseen: for what no provider signs for this, none is asked.
func TestRefusedUnseen(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.Down(true)
	secret := jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}
	for name, token := range map[string]string{
		"words":         "hello",
		"shared secret": openidtest.Sign(t, secret, string(payload(t, b)), nil),
		"logout token":  b.Key().Sign(t, string(payload(t, b)), map[string]any{"typ": "logout+jwt"}),
	} {
		t.Run(name, func(t *testing.T) { b.refused(t, token) })
	}
	b.unavailable(t, b.token(t, nil))
}

func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.Down(true)
	token := b.token(t, nil)
	b.unavailable(t, token)
	b.refused(t, "not a token")
	b.Down(false)
	b.unavailable(t, token) // it was asked a moment ago
	b.add(10 * time.Second)
	b.good(t, token)

	b.Down(true)
	for range 5 {
		b.add(11 * time.Minute)
		b.good(t, b.token(t, nil))
	}
	b.add(24 * time.Hour)
	b.unavailable(t, b.token(t, nil))
	b.Down(false)
	b.add(10 * time.Second)
	b.good(t, b.token(t, nil))
}

// TestWhoGoesAwaySpoilsNothing: the first to come hangs up while the provider is being asked.
func TestWhoGoesAwaySpoilsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = b.provider.Verify(ctx, b.token(t, nil)) // either the keys were there first, or the end was
	b.good(t, b.token(t, nil))
	if n := b.Asked(); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
}

// TestOddProviders says things that no provider should.
func TestOddProviders(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *bundle){
		"another issuer":       func(b *bundle) { b.Says("issuer", "https://login.example") },
		"no keys":              func(b *bundle) { b.Says("jwks_uri", nil) },
		"keys by plain http":   func(b *bundle) { b.Says("jwks_uri", "http://login.example/keys") },
		"keys in a file":       func(b *bundle) { b.Says("jwks_uri", "file:///etc/passwd") },
		"keys are not found":   func(b *bundle) { b.Says("jwks_uri", b.URL+"/nothing") },
		"keys are not keys":    func(b *bundle) { b.Says("jwks_uri", b.URL+"/.well-known/openid-configuration") },
		"too long an answer":   func(b *bundle) { b.Says("x", make([]byte, 2<<20)) },
		"something not a text": func(b *bundle) { b.Says("issuer", 7) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			token := b.token(t, nil)
			change(b)
			b.unavailable(t, token)
		})
	}
}

// payload returns the claims of a good token.
func payload(t *testing.T, b *bundle) []byte {
	t.Helper()
	p, err := json.Marshal(b.ann(nil))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
