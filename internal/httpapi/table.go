package httpapi

import "sync"

const (
	// tableSize is how many values a table holds at most.
	tableSize = 64 << 10
	// looks is at how many values a full table looks for one that can be dropped without loss, before it drops any.
	looks = 8
)

// table is a map that holds only so many values. To get one takes no lock. To add one does, and may drop another:
// that is at most some looks, however full the table is.
type table[K comparable, V any] struct {
	fresh func(K) *V
	// forget tells whether a value may be dropped, which it has to where anyway is set.
	forget func(v *V, anyway bool) bool
	size   int
	values sync.Map // by K: *V

	mu   sync.Mutex
	ring []place[K, V] // one of each value
	hand int           // where it is looked next
}

type place[K comparable, V any] struct {
	key   K
	value *V
}

func newTable[K comparable, V any](fresh func(K) *V, forget func(v *V, anyway bool) bool) *table[K, V] {
	return &table[K, V]{fresh: fresh, forget: forget, size: tableSize}
}

// get returns a key's value; nil where it has none.
func (t *table[K, V]) get(key K) *V {
	found, _ := t.values.Load(key)
	v, _ := found.(*V)
	return v
}

// add returns a key's value, a fresh one where it has none.
func (t *table[K, V]) add(key K) *V {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v := t.get(key); v != nil {
		return v
	}
	p := place[K, V]{key, t.fresh(key)}
	if len(t.ring) < t.size {
		t.ring = append(t.ring, p)
	} else {
		t.ring[t.drop()] = p
	}
	t.values.Store(key, p.value)
	return p.value
}

// drop drops a value and returns its place. The caller holds the lock.
func (t *table[K, V]) drop() int {
	for look := 1; ; look++ {
		i := t.hand
		t.hand = (i + 1) % len(t.ring)
		if p := t.ring[i]; t.forget(p.value, look >= looks) {
			t.values.Delete(p.key)
			return i
		}
	}
}
