package purchasing

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"purser/ent"
	"purser/internal/instant"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// TestInTime has a purchase lapse at its instant, whenever the last look was. The clock is the
// bubble's, and one kind of database is enough to tell the time on.
func TestInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
		s := newService(w)
		s.now = time.Now
		ends := func(in time.Duration) func(*ent.PurchaseCreate) {
			return func(p *ent.PurchaseCreate) {
				at := instant.From(time.Now().Add(in))
				p.SetRecurringBilling(false).SetPurchasedAt(at - 1).SetExpiresAt(at).SetDueAt(at)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		at := map[string]time.Duration{}
		for _, in := range []time.Duration{poll + 250*time.Millisecond, poll + 251*time.Millisecond, 2*poll + 3*time.Second, 0} {
			at[w.Purchase(t, central, 1, nil, ends(in))] = in
		}
		start := time.Now()
		for step := time.Duration(0); step <= 3*poll; step += 250 * time.Millisecond {
			<-time.After(time.Until(start.Add(step)))
			synctest.Wait()
			for p, in := range at {
				want := "ACTIVE"
				if step >= max(in, poll) { // of what was bought after a look nobody knows before the next one
					want = "EXPIRED"
				}
				if got := w.Get(t, p).Status; got != want {
					t.Errorf("after %s: what ends after %s is %s", step, in, got)
				}
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
