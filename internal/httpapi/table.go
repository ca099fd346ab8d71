package httpapi

import (
	"hash/maphash"
	"sync"
)

const (
	tableParts = 64
	partSize   = 1024 // entries, at most
)

// table is a map that holds only so much, in parts that each have a lock of their own.
type table[V any] struct {
	stale func(V) bool // tells what may be dropped without loss
	seed  maphash.Seed
	parts [tableParts]struct {
		mu sync.Mutex
		m  map[string]V
	}
}

func newTable[V any](stale func(V) bool) *table[V] {
	return &table[V]{stale: stale, seed: maphash.MakeSeed()}
}

// change gives a key the value that do makes of the one it has; the zero value where it has none.
func (t *table[V]) change(key string, do func(V) V) {
	part := &t.parts[maphash.String(t.seed, key)%tableParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	v, ok := part.m[key]
	switch {
	case part.m == nil:
		part.m = map[string]V{}
	case !ok && len(part.m) >= partSize:
		t.makeRoom(part.m)
	}
	part.m[key] = do(v)
}

// get returns a key's value; the zero value where it has none.
func (t *table[V]) get(key string) V {
	part := &t.parts[maphash.String(t.seed, key)%tableParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	return part.m[key]
}

func (t *table[V]) drop(key string) {
	part := &t.parts[maphash.String(t.seed, key)%tableParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	delete(part.m, key)
}

// makeRoom drops what is stale and, where that is little, some of the rest, so that it is not done
// for each new key.
func (t *table[V]) makeRoom(m map[string]V) {
	for key, v := range m {
		if t.stale(v) {
			delete(m, key)
		}
	}
	for key := range m {
		if len(m) <= partSize*7/8 {
			return
		}
		delete(m, key)
	}
}
