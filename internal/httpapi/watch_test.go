package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"purser/internal/instant"
	"purser/internal/viewer"
)

func TestIdleSocketEndsWithItsRevokedCredential(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.tokens.set("other", 0)
	c, stays := b.connect(t, "other"), b.connect(t, "good")
	b.tokens.revoke("other")
	b.tokens.tell("ten_home")
	c.closed(4403, "Forbidden")
	stays.subscribe("1", "{hello}")
	stays.expect(`{"type":"next","id":"1"`, `{"type":"complete"`)
	within(t, "nobody watches for a closed socket", func() bool { return len(b.tokens.watching()) == 1 })
}

// TestOnlyTheConcernedAsk tells of another tenant: nobody asks again. Of many changes while one asks, it takes
// notice once more at most.
func TestOnlyTheConcernedAsk(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.connect(t, "good")
	before := b.tokens.questions()
	b.tokens.tell("ten_else")
	b.tokens.tell("ten_home")
	within(t, "it asks", func() bool { return b.tokens.questions() == before+1 })
	b.tokens.tell("ten_else")
	b.call(t, http.MethodGet, "/healthz", "")
	if n := b.tokens.questions(); n != before+1 {
		t.Errorf("%d questions", n-before)
	}
}

func TestSubscriptionEndsWithItsRole(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string][]viewer.Access{
		"another role":   {{Tenant: "ten_home", Roles: viewer.SetOf(viewer.BillingAdmin)}},
		"another tenant": {{Tenant: "ten_else", Roles: viewer.SetOf(viewer.GlobalAdmin)}},
		"none":           {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			c := b.connect(t, "good")
			c.subscribe("1", "subscription{forever}")
			c.expect(`{"type":"next","id":"1","payload":{"data":{"forever":1}}}`)
			b.tokens.reaches("good", atHome...)
			b.tokens.tell("ten_home")
			b.tokens.reaches("good", reach...)
			b.tokens.tell("ten_home")
			c.expect(`{"type":"error","id":"1","payload":[{"message":"Your roles do not allow this any more.","extensions":{"code":"FORBIDDEN"`)
			within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
			c.subscribe("1", "{hello}") // the socket lives on
			c.expect(`{"type":"next","id":"1"`, `{"type":"complete"`)
		})
	}
}

// TestWhatOneOperationLearnsHoldsForAll has nobody tell: an operation that begins finds out.
func TestWhatOneOperationLearnsHoldsForAll(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next","id":"1"`)
	b.tokens.reaches("good")
	c.subscribe("2", "{nope}")
	c.expect(`{"type":"error"`, `{"type":"error"`)
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
}

// TestDelegatedAccessEnds has nobody tell: it is known when access ends.
func TestDelegatedAccessEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.tokens.reaches("good", viewer.Access{
		Tenant: "ten_home", Roles: viewer.SetOf(viewer.GlobalAdmin), Delegated: true, ExpiresAt: instant.From(time.Now().Add(100 * time.Millisecond)),
	})
	c := b.connect(t, "good")
	c.subscribe("1", "subscription{forever}")
	c.expect(`{"type":"next"`)
	b.tokens.reaches("good")
	c.expect(`{"type":"error","id":"1","payload":[{"message":"Your roles do not allow this any more.`)
}

func TestStreamEndsWhenRevoked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   func(*tokens)
		want string
	}{
		"the credential": {func(k *tokens) { k.revoke("other") }, `data: {"errors":[{"message":"The credential is not valid.","extensions":{"code":"UNAUTHENTICATED"`},
		"the role":       {func(k *tokens) { k.reaches("other") }, `data: {"errors":[{"message":"Your roles do not allow this any more.","extensions":{"code":"FORBIDDEN"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.tokens.set("other", 0)
			lines := b.openStream(t, "other")
			within(t, "it watches", func() bool { return len(b.tokens.watching()) == 1 })
			tt.do(b.tokens)
			b.tokens.tell("ten_home")
			until(t, lines, tt.want)
			until(t, lines, "event: complete")
			within(t, "nobody watches any more", func() bool { return len(b.tokens.watching()) == 0 && b.schema.open.Load() == 0 })
		})
	}
}
