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
	least = 50
	most  = 2000
)

// Pace adapts the size of batches to the time that they take. It is safe for concurrent use.
type Pace struct {
	mu   sync.Mutex
	size int
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
	fits := int(int64(n) * int64(Target) / int64(d))
	p.size = min(max(min(fits, p.size+p.size/2), least), most)
}
