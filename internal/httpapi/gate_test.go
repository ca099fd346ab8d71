package httpapi_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/httpapi"
	"purser/internal/viewer"
)

const address = "192.0.2.1"

func callerOf(token, tenant string) *viewer.Caller {
	return &viewer.Caller{Credential: viewer.Credential{ID: token}, Home: tenant, Reach: []viewer.Access{{Tenant: tenant}}}
}

// TestFamiliarTakesNoLock has somebody come in again while all locks of the gate are held.
func TestFamiliarTakesNoLock(t *testing.T) {
	t.Parallel()
	g := httpapi.NewGate(10, 10, (&hand{}).now)
	ann := callerOf("ann", "ten_1")
	if err := g.Visit("ann", address, ann); err != nil {
		t.Fatal(err)
	}
	g.Lock()
	in := make(chan error)
	go func() { in <- g.Visit("ann", address, ann) }()
	select {
	case err := <-in:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("waits for a lock")
	}
}

// TestFamiliarFor ten minutes, and a little more, a token goes by its credential's rate, whatever comes from its address.
func TestFamiliarFor(t *testing.T) {
	t.Parallel()
	h := &hand{}
	g := httpapi.NewGate(1, 5, h.now)
	ann := callerOf("ann", "ten_1")
	if err := g.Visit("ann", address, ann); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		after time.Duration
		known bool
	}{
		{0, true},
		{59 * time.Second, true},
		{10 * time.Minute, true},
		{10 * time.Minute, true},
		{11*time.Minute + time.Second, false},
	} {
		h.pass(c.after)
		for g.Stranger(address) == nil { // all that the address may
		}
		if err := g.Visit("ann", address, ann); (err == nil) != c.known || (g.Presumed("ann") != nil) != c.known {
			t.Errorf("%d: %v, presumed %v", i, err, g.Presumed("ann"))
		}
	}
}

// TestFamiliarWithWhoTheyAreNow: who comes as somebody else is presumed to be that one, and goes by their rates.
func TestFamiliarWithWhoTheyAreNow(t *testing.T) {
	t.Parallel()
	g := httpapi.NewGate(1, 2, (&hand{}).now)
	for i, tenant := range []string{"ten_1", "ten_2", "ten_2"} {
		c := callerOf("ann of "+tenant, tenant)
		if err := g.Visit("ann", address, c); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if got := g.Presumed("ann"); got == nil || !got.SameAs(c) {
			t.Errorf("%d: presumed %+v", i, got)
		}
	}
	if g.Visit("ann", address, callerOf("ann of ten_2", "ten_2")) != nil || g.Visit("ann", address, callerOf("ann of ten_2", "ten_2")) == nil {
		t.Error("does not go by the rate of the new credential")
	}
}

// TestTenantRefusesForNothing: who has to wait for others of the tenant has not used up anything of their own.
func TestTenantRefusesForNothing(t *testing.T) {
	t.Parallel()
	g := httpapi.NewGate(1, 1, (&hand{}).now)
	for i := range 5 {
		if err := g.Visit(fmt.Sprint(i), address, callerOf(fmt.Sprint(i), "ten_1")); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := g.Visit("ann", address, callerOf("ann", "ten_1")); err == nil || !strings.Contains(err.Error(), "from this tenant") {
			t.Errorf("%v", err)
		}
	}
}

// TestBurstAtTheGate has many come at once while the clock stands: as many get in as may.
func TestBurstAtTheGate(t *testing.T) {
	t.Parallel()
	g := httpapi.NewGate(10, 100, (&hand{}).now)
	var of [8]atomic.Int64 // each credential's, of one tenant that may come 500 times
	var wg sync.WaitGroup
	for i := range of {
		token := fmt.Sprint(i)
		for range 4 {
			wg.Go(func() {
				for range 100 {
					if g.Visit(token, "192.0.2."+token, callerOf(token, "ten_1")) == nil {
						of[i].Add(1)
					}
				}
			})
		}
	}
	wg.Wait()
	all := int64(0)
	for i := range of {
		if n := of[i].Load(); n > 100 {
			t.Errorf("credential %d: %d got in, of at most 100", i, n)
		}
		all += of[i].Load()
	}
	if all != 500 {
		t.Errorf("%d of the tenant got in, want 500", all)
	}
}

// BenchmarkGate lets familiar tokens of one tenant in: each worker's own, or one of all workers. Run it with
// -benchtime 1000000x, as many as may come at once.
func BenchmarkGate(b *testing.B) {
	for _, many := range []bool{true, false} {
		b.Run(map[bool]string{true: "tokens", false: "token"}[many], func(b *testing.B) {
			g := httpapi.NewGate(1e6, 1<<20, time.Now)
			var workers atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				name := "psr_0123456789012345678901234567890123456789"
				if many {
					name = fmt.Sprint(name, workers.Add(1))
				}
				c := callerOf(name, "ten_1")
				for pb.Next() {
					if err := g.Visit(name, address, c); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
