package httpapi_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/httpapi"
	"purser/internal/viewer"
)

// hand is a clock that is moved by hand.
type hand struct{ passed atomic.Int64 }

func (h *hand) now() time.Time {
	return time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC).Add(time.Duration(h.passed.Load()))
}

func (h *hand) pass(d time.Duration) { h.passed.Add(int64(d)) }

func TestRate(t *testing.T) {
	t.Parallel()
	h := &hand{}
	r := httpapi.NewRate(10, 3, h.now)
	take := func(key string, want float64) {
		t.Helper()
		if got := r.Take(key); got != want {
			t.Errorf("%s waits %g s, want %g", key, got, want)
		}
	}
	for range 3 {
		take("a", 0)
	}
	take("a", 0.1)
	take("a", 0.1) // being refused costs nothing
	take("b", 0)
	h.pass(50 * time.Millisecond)
	take("a", 0.05)
	h.pass(50 * time.Millisecond)
	take("a", 0)
	take("a", 0.1)
	h.pass(time.Hour)
	for range 3 {
		take("a", 0)
	}
	take("a", 0.1)
	for _, burst := range []int{-1, 0, 1} {
		if slow := httpapi.NewRate(1e-300, burst, h.now); slow.Take("a") != 0 || slow.Take("a") != 3600 {
			t.Errorf("the slowest rate, burst %d", burst)
		}
	}
	for _, perSecond := range []float64{1e-300, 1e300} {
		if r := httpapi.NewRate(perSecond, math.MaxInt, h.now); r.Take("a") != 0 {
			t.Errorf("the largest burst at %g", perSecond)
		}
	}
	if off := httpapi.NewRate(0, 3, h.now); off.Take("a") != 0 {
		t.Error("a rate of 0 holds somebody up")
	}
}

func TestRateForgets(t *testing.T) {
	t.Parallel()
	const most = 64 * 1024
	h := &hand{}
	r := httpapi.NewRate(10, 3, h.now)
	for i := range most + most/4 {
		r.Take(fmt.Sprint(i))
	}
	if n := r.Kept(); n > most || n < most/2 {
		t.Errorf("%d keys are kept", n)
	}
	h.pass(time.Second)       // all have made good
	for i := range most / 4 { // stale ones are dropped for them
		r.Take(fmt.Sprint("new", i))
	}
	if n := r.Kept(); n > most {
		t.Errorf("%d keys are kept", n)
	}
	for range 2 {
		r.Take("new1")
	}
	if r.Take("new1") == 0 {
		t.Error("one that is in use was forgotten for those that are not")
	}
}

// TestRateOfWhoHolds: a meter that was dropped counts on in the one that has taken its place.
func TestRateOfWhoHolds(t *testing.T) {
	t.Parallel()
	r := httpapi.NewRate(10, 3, (&hand{}).now)
	r.Narrow(1)
	one, another := r.Held("a"), r.Held("a")
	r.Held("b") // in its place
	for i, take := range []func() float64{one, another, r.Held("a")} {
		if take() != 0 {
			t.Errorf("take %d waits", i)
		}
	}
	for i, take := range []func() float64{one, another, r.Held("a")} {
		if take() == 0 {
			t.Errorf("take %d of 3 passes once more", i)
		}
	}
}

// TestRateKeepsWhoComes just when it is looked whether they can be forgotten.
func TestRateKeepsWhoComes(t *testing.T) {
	t.Parallel()
	looked := -1000
	var take func() float64
	r := httpapi.NewRate(10, 1, func() time.Time {
		if looked++; looked == 2 { // first for c, then for a
			take()
		}
		return (&hand{}).now()
	})
	r.Narrow(2)
	take = r.Held("a")
	r.Held("b")
	looked = 0
	r.Held("c") // in the place of b
	if take() == 0 || r.Take("a") == 0 {
		t.Error("who came meanwhile was forgotten")
	}
}

// TestRateCountsBoth takes in the middle of another take.
func TestRateCountsBoth(t *testing.T) {
	t.Parallel()
	r := httpapi.NewRate(10, 2, (&hand{}).now)
	r.TakeAround("a", func() { r.Take("a") })
	if r.Take("a") == 0 {
		t.Error("a third one passes")
	}
}

// TestRateIsExactAmongMany has many take while the clock stands, of a key whose meter may be dropped beneath them.
func TestRateIsExactAmongMany(t *testing.T) {
	t.Parallel()
	for range 200 {
		r := httpapi.NewRate(10, 100, (&hand{}).now)
		r.Narrow(8)
		take := r.Held("a")
		var passed atomic.Int64
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 100 { // others come, who do nothing
				r.Held(fmt.Sprint(i))
			}
		})
		for range 16 {
			wg.Go(func() {
				for range 10 {
					if take() == 0 {
						passed.Add(1)
					}
					if r.Take("a") == 0 {
						passed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if passed.Load() != 100 {
			t.Errorf("%d passed, want 100", passed.Load())
		}
	}
}

// TestRateWhenTheClockStepsBack: who did something waits for it once more, and nobody else.
func TestRateWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()
	h := &hand{}
	r := httpapi.NewRate(10, 3, h.now)
	r.Take("a")
	h.pass(-time.Second)
	if wait := r.Take("a"); wait != 0.9 {
		t.Errorf("waits %g s, want 0.9", wait)
	}
	for i, want := range []float64{0, 0, 0, 0.1} {
		if wait := r.Take("b"); wait != want {
			t.Errorf("somebody new, %d: waits %g s, want %g", i, wait, want)
		}
	}
	h.pass(900 * time.Millisecond)
	for i, want := range []float64{0, 0.1} {
		if wait := r.Take("a"); wait != want {
			t.Errorf("later, %d: waits %g s, want %g", i, wait, want)
		}
	}
}

// limited starts a server that lets 2 requests through at once, and one a second; it counts the look-ups.
func limited(t *testing.T, change func(*httpapi.Options)) (b *bundle, h *hand, lookups *atomic.Int64) {
	t.Helper()
	h, lookups = &hand{}, new(atomic.Int64)
	b = setup(t, func(o *httpapi.Options) {
		o.Now, o.Limits = h.now, httpapi.Limits{Rate: 1, Burst: 2}
		authenticate := o.Authenticate
		o.Authenticate = func(ctx context.Context, token string) (*viewer.Caller, error) {
			lookups.Add(1)
			return authenticate(ctx, token)
		}
		if change != nil {
			change(o)
		}
	})
	for _, token := range []string{"one", "two", "three", "four", "five", "six"} {
		b.tokens.set(token, 0)
	}
	return b, h, lookups
}

func as(token string) []string { return []string{isJSON, asSpec, "Authorization: Bearer " + token} }

const hello = `{"query":"{hello}"}`

func TestRateOfACredential(t *testing.T) {
	t.Parallel()
	b, h, lookups := limited(t, nil)
	for range 2 {
		if got := b.call(t, "POST", "/graphql", hello, as("good")...); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	before := lookups.Load()
	got := b.call(t, "POST", "/graphql", hello, as("good")...)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" ||
		!strings.Contains(got.body, `"extensions":{"code":"RATE_LIMITED","requestId":"made-3","retryAfter":1}`) {
		t.Errorf("%d, Retry-After %q: %s", got.status, got.header.Get("Retry-After"), got.body)
	}
	if lookups.Load() != before {
		t.Error("it was looked up who comes too often")
	}
	if got := b.call(t, "POST", "/graphql", hello, append(as("good"), "Accept: text/event-stream")...); got.status != 429 {
		t.Errorf("events: %d", got.status)
	}
	if got := b.call(t, "GET", "/graphql?query={hello}", "", as("good")...); got.status != 429 {
		t.Errorf("GET: %d", got.status)
	}
	if got := b.call(t, "POST", "/graphql", hello, as("one")...); got.status != 200 {
		t.Errorf("somebody else: %d %s", got.status, got.body)
	}
	h.pass(time.Second)
	if got := b.call(t, "POST", "/graphql", hello, as("good")...); got.status != 200 {
		t.Errorf("after a second: %d %s", got.status, got.body)
	}
}

func TestRateOfATenant(t *testing.T) {
	t.Parallel()
	b, _, _ := limited(t, nil)
	passed := 0
	for _, token := range []string{"one", "two", "three", "four", "five", "six"} {
		for range 2 {
			got := b.call(t, "POST", "/graphql", hello, as(token)...)
			switch {
			case got.status == 200:
				passed++
			case !strings.Contains(got.body, "from this tenant"):
				t.Errorf("%d %s", got.status, got.body)
			}
		}
	}
	if passed != 10 {
		t.Errorf("%d requests of one tenant passed, want 5 times 2", passed)
	}
}

func TestRateOfStrangers(t *testing.T) {
	t.Parallel()
	b, h, lookups := limited(t, nil)
	if got := b.call(t, "POST", "/graphql", hello, as("good")...); got.status != 200 {
		t.Fatal(got.body)
	}
	for range 2 {
		if got := b.call(t, "POST", "/graphql", hello, as("bad")...); got.status != 401 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	before := lookups.Load()
	for name, headers := range map[string][]string{
		"bad again": as("bad"), "another bad one": as("worse"), "none": {isJSON}, "malformed": {isJSON, "Authorization: nonsense"}, "two": append(as("bad"), "Authorization: Bearer x"),
	} {
		if got := b.call(t, "POST", "/graphql", hello, headers...); got.status != 429 || !strings.Contains(got.body, "from this address") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if lookups.Load() != before {
		t.Error("bad tokens are looked up")
	}
	for _, path := range []string{"/exports/exp_1?key=s3cret", "/metrics"} {
		if got := b.call(t, "GET", path, ""); got.status != 429 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := b.call(t, "POST", "/graphql", hello, as("good")...); got.status != 200 {
		t.Errorf("who is known suffers from the others: %d %s", got.status, got.body)
	}
	b.tokens.revoke("good")
	h.pass(10 * time.Second)
	for range 3 { // the first goes by the credential, which then is none any more
		b.call(t, "POST", "/graphql", hello, as("good")...)
	}
	if got := b.call(t, "POST", "/graphql", hello, as("good")...); got.status != 429 || !strings.Contains(got.body, "from this address") {
		t.Errorf("a revoked token goes by what it was: %d %s", got.status, got.body)
	}
}

func TestRateOnASocket(t *testing.T) {
	t.Parallel()
	b, h, _ := limited(t, nil)
	c := b.connect(t, "good") // a request, too
	c.subscribe("1", "{hello}")
	c.expect(`{"type":"next","id":"1"`, `{"type":"complete"`)
	c.subscribe("2", "{hello}")
	c.expect(`{"type":"error","id":"2","payload":[{"message":"Too many requests`)
	h.pass(time.Second)
	c.subscribe("2", "{hello}") // the socket lives
	c.expect(`{"type":"next","id":"2"`, `{"type":"complete"`)
	another, _ := b.dial(t)
	another.send(`{"type":"connection_init","payload":{"Authorization":"Bearer good"}}`)
	another.closed(1013, "Try again later")
}
