// Package pace finds out how much can be done in one transaction, so that others who want to
// write never wait long.
package pace

import (
	"sync"
	"time"
)

// Target is how long a transaction should take: half of the 50 ms that nobody should have to
// wait longer than, because the next one may be slower.
const Target = 25 * time.Millisecond

const (
	least   = 50
	most    = 2000
	longest = 4 * Target // however much a batch takes that has nothing in it
)

// Pace adapts the size of batches to the time that they take. It is safe for concurrent use.
//
// A part of that time does not go by the size: the ways of statements to and fro, which take long on a busy machine.
// Smaller batches would not make it shorter, and next to nothing would get done: then a batch may take twice as long as it.
type Pace struct {
	mu   sync.Mutex
	size int
	line line
}

// line is the straight line through the latest batches: how long by how many. Earlier ones count less and less.
type line struct{ weight, n, d, nn, nd float64 }

// kept is how much of a batch's weight the next one leaves.
const kept = 0.9

func (l *line) add(n, d float64) {
	l.weight = l.weight*kept + 1
	l.n, l.d = l.n*kept+n, l.d*kept+d
	l.nn, l.nd = l.nn*kept+n*n, l.nd*kept+n*d
}

// fixed is how long none would take. Where all batches had the same size nobody knows: of the smallest, it is tried with
// more.
func (l *line) fixed() float64 {
	n, d := l.n/l.weight, l.d/l.weight
	spread := l.nn/l.weight - n*n
	switch {
	case spread > n*n/400:
		return max(d-n*max(l.nd/l.weight-n*d, 0)/spread, 0)
	case n < least+1:
		return d
	default:
		return 0
	}
}

// New returns a pace that begins with batches of the size given.
func New(first int) *Pace { return &Pace{size: first} }

// Size returns how many the next batch should have.
func (p *Pace) Size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// Took learns that a batch of n took d. It grows at most by half at a time and shrinks at once.
// What took no measurable time teaches nothing.
func (p *Pace) Took(n int, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n < p.size/2 || d <= 0 { // the rest of something: mostly fixed costs
		return
	}
	p.line.add(float64(n), float64(d))
	target := min(max(Target, 2*time.Duration(p.line.fixed())), longest)
	fits := int(int64(n) * int64(target) / int64(d))
	p.size = min(max(min(fits, p.size+p.size/2), least), most)
}
