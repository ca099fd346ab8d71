package pace_test

import (
	"math/rand/v2"
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

// TestFixedCosts has batches that take what they take whatever their size, beside what each entry takes, one kind of
// times after the other. Much must get done at once where the first is long; where the second is, nobody may wait for it.
func TestFixedCosts(t *testing.T) {
	idle, busy, slow := cost{time.Millisecond, 20 * time.Microsecond}, cost{40 * time.Millisecond, 100 * time.Microsecond}, cost{time.Millisecond, time.Millisecond}
	for seed := range uint64(20) {
		p, r := pace.New(500), rand.New(rand.NewPCG(seed, 1))
		for i, c := range []struct {
			cost
			least, most int
		}{
			{idle, 1000, 1400},
			{busy, 200, 600},
			{idle, 1000, 1400},
			{slow, 50, 60},
			{busy, 200, 600},
			{cost{40 * time.Millisecond, time.Millisecond}, 50, 65},
			{cost{200 * time.Millisecond, 100 * time.Microsecond}, 50, 60},
			{idle, 1000, 1400},
		} {
			sum := 0
			for k := range 400 {
				n := p.Size()
				noise := 0.75 + r.Float64()/2
				p.Took(n, time.Duration(noise*float64(c.fixed+time.Duration(n)*c.each)))
				if k >= 200 {
					sum += n
				}
			}
			if got := sum / 200; got < c.least || got > c.most {
				t.Errorf("seed %d, times %d: batches of %d, want %d to %d", seed, i, got, c.least, c.most)
			}
		}
	}
}

// cost is how long a batch takes, and each of its entries.
type cost struct{ fixed, each time.Duration }
