package outbox

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestTimeouts: a mail has thirty seconds, and three when the sender is to end.
func TestTimeouts(t *testing.T) {
	hanging := &Delivery{open: func(context.Context) (carrier, error) {
		return carrier{close: func() {}, send: func(ctx context.Context, _ message) error {
			<-ctx.Done()
			return &failure{broken: true, err: ctx.Err()}
		}}, nil
	}}
	for _, c := range []struct {
		name       string
		stop, want time.Duration
	}{
		{"left alone", time.Hour, 30 * time.Second},
		{"stopped", 10 * time.Second, 13 * time.Second},
		{"stopped late", 29 * time.Second, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(c.stop, cancel)
				began := time.Now()
				if err := (&Sender{}).hand(ctx, &line{delivery: hanging}, message{}); err == nil {
					t.Error("a carrier that hangs has sent it")
				}
				if d := time.Since(began); d != c.want {
					t.Errorf("it took %v, want %v", d, c.want)
				}
			})
		})
	}
}
