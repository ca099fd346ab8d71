package httpapi

import "time"

// What a rate may be at most, so that their product is a duration.
const (
	longestInterval = time.Hour
	largestBurst    = 1 << 20
)

// rate lets each key do something evenly, once in every interval, and after a pause some times at once.
//
// All that it keeps of a key is when the key will have made good for what it did, as if each time took
// an interval: the generic cell rate algorithm. A key that has is forgotten.
type rate struct {
	interval time.Duration
	ahead    time.Duration // how far what was done may run ahead of the clock
	now      func() time.Time
	due      *table[time.Time]
}

// newRate returns a rate of so many a second, and so many at once; nil, which lets everything pass, for 0.
func newRate(perSecond float64, burst int, now func() time.Time) *rate {
	if perSecond <= 0 {
		return nil
	}
	interval := time.Duration(min(max(float64(time.Second)/perSecond, 1), float64(longestInterval)))
	r := &rate{interval: interval, ahead: interval * time.Duration(min(max(burst, 1), largestBurst)), now: now}
	r.due = newTable(func(due time.Time) bool { return !due.After(now()) })
	return r
}

// take lets a key do it once more and returns 0, or returns how long it has to wait.
func (r *rate) take(key string) (wait time.Duration) {
	if r == nil {
		return 0
	}
	now := r.now()
	r.due.change(key, func(due time.Time) time.Time {
		next := later(due, now).Add(r.interval)
		if wait = next.Sub(now.Add(r.ahead)); wait > 0 {
			return due
		}
		wait = 0
		return next
	})
	return wait
}

// giveBack undoes one take.
func (r *rate) giveBack(key string) {
	if r != nil {
		r.due.change(key, func(due time.Time) time.Time { return due.Add(-r.interval) })
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
