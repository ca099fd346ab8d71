package pace_test

import (
	"testing"
	"time"

	"purser/internal/pace"
)

func TestPace(t *testing.T) {
	p := pace.New(500)
	if got := p.Size(); got != 500 {
		t.Fatalf("begins with %d", got)
	}
	for _, step := range []struct {
		name string
		n    int
		took time.Duration
		want int
	}{
		{"much too slow: shrinks at once", 500, 250 * time.Millisecond, 50},
		{"fast: grows by half", 50, time.Millisecond, 75},
		{"just right", 75, pace.Target, 75},
		{"a small rest teaches nothing", 3, time.Second, 75},
		{"unmeasurable: teaches nothing", 75, 0, 75},
		{"slow beyond reason: never under the least", 75, time.Minute, 50},
	} {
		p.Took(step.n, step.took)
		if got := p.Size(); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
	for range 50 {
		p.Took(p.Size(), time.Microsecond)
	}
	if got := p.Size(); got != 2000 {
		t.Errorf("grew to %d, want the most, 2000", got)
	}
}
