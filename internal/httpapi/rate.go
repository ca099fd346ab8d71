package httpapi

import (
	"math"
	"sync/atomic"
	"time"
)

// What a rate may be at most, so that their product is a duration.
const (
	longestInterval = time.Hour
	largestBurst    = 1 << 20
)

// rate lets each key do something evenly, once in every interval, and after a pause some times at once.
//
// All that it keeps of a key is when the key will have made good for what it did, as if each time took
// an interval: the generic cell rate algorithm. That is one number, which is changed without a lock. A key
// that has made good can be forgotten.
type rate struct {
	interval time.Duration
	ahead    time.Duration // how far what was done may run ahead of the clock
	now      clock
	meters   *table[string, meter]
}

// clock tells how long it is since some instant.
type clock func() time.Duration

// since returns a clock that begins now.
func since(now func() time.Time) clock {
	start := now()
	return func() time.Duration { return now().Sub(start) }
}

// meter is what a rate keeps of a key.
type meter struct {
	key string
	due atomic.Int64 // when the key will have made good, by the rate's clock
}

// forgotten is the due of a meter that was dropped. Who still holds it asks for the one in its place.
const forgotten = math.MinInt64

// newRate returns a rate of so many a second, and so many at once; nil, which lets everything pass, for 0.
func newRate(perSecond float64, burst int, now clock) *rate {
	if perSecond <= 0 {
		return nil
	}
	interval := time.Duration(min(max(float64(time.Second)/perSecond, 1), float64(longestInterval)))
	r := &rate{interval: interval, ahead: interval * time.Duration(min(max(burst, 1), largestBurst)), now: now}
	r.meters = newTable(r.fresh, r.forget)
	return r
}

func (r *rate) fresh(key string) *meter {
	m := &meter{key: key}
	m.due.Store(int64(r.now()))
	return m
}

// forget drops a meter whose key has made good, and others anyway.
func (r *rate) forget(m *meter, anyway bool) bool {
	if anyway {
		m.due.Store(forgotten)
		return true
	}
	due := m.due.Load()
	return due <= int64(r.now()) && m.due.CompareAndSwap(due, forgotten)
}

// of returns a key's meter.
func (r *rate) of(key string) *meter {
	if r == nil {
		return nil
	}
	if m := r.meters.get(key); m != nil {
		return m
	}
	return r.meters.add(key)
}

// take lets a key do it once more now and returns 0, or returns how long it has to wait.
func (r *rate) take(m *meter, now time.Duration) (wait time.Duration) {
	if r == nil {
		return 0
	}
	r.change(m, func(due time.Duration) time.Duration {
		next := max(due, now) + r.interval
		if wait = next - now - r.ahead; wait > 0 {
			return due
		}
		wait = 0
		return next
	})
	return wait
}

// giveBack undoes one take.
func (r *rate) giveBack(m *meter) {
	if r != nil {
		r.change(m, func(due time.Duration) time.Duration { return due - r.interval })
	}
}

// change gives a meter what next makes of its due.
func (r *rate) change(m *meter, next func(due time.Duration) time.Duration) {
	for {
		due := m.due.Load()
		if due == forgotten {
			m = r.meters.add(m.key)
			continue
		}
		if then := int64(next(time.Duration(due))); then == due || m.due.CompareAndSwap(due, then) {
			return
		}
	}
}
