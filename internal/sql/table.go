package sql

import (
	"maps"
	"sync"
	"sync/atomic"
)

// SelectTable is a table in a statement.
type SelectTable struct {
	name, as string
	columns  *kept[string] // full names
}

// Table returns a table under an alias.
func Table(name, as string) *SelectTable {
	columns, ok := aliases.get(as)
	if !ok {
		columns = aliases.put(as, new(kept[string]))
	}
	return &SelectTable{name, as, columns}
}

// C returns a column of the table.
func (t *SelectTable) C(column string) string {
	if full, ok := t.columns.get(column); ok {
		return full
	}
	return t.columns.put(column, t.as+"."+column)
}

func (t *SelectTable) write(b *Builder) {
	b.WriteString(t.name).WriteString(" AS ").WriteString(t.as)
}

// aliases keep the full names of columns. A statement asks for dozens of them, and all statements for the same few hundred:
// those in the program.
var aliases kept[*kept[string]]

// kept is a map that is read without a lock.
type kept[T any] struct {
	made atomic.Pointer[map[string]T]
	mu   sync.Mutex // one writer at a time
}

func (k *kept[T]) get(key string) (v T, ok bool) {
	if m := k.made.Load(); m != nil {
		v, ok = (*m)[key]
	}
	return v, ok
}

// find is get by a key that is no string yet.
func (k *kept[T]) find(key []byte) (v T, ok bool) {
	if m := k.made.Load(); m != nil {
		v, ok = (*m)[string(key)]
	}
	return v, ok
}

func (k *kept[T]) size() int {
	if m := k.made.Load(); m != nil {
		return len(*m)
	}
	return 0
}

// put adds a value, and returns the one that is kept: another one, where somebody else was first.
func (k *kept[T]) put(key string, v T) T {
	k.mu.Lock()
	defer k.mu.Unlock()
	if first, ok := k.get(key); ok {
		return first
	}
	m := map[string]T{}
	if old := k.made.Load(); old != nil {
		maps.Copy(m, *old)
	}
	m[key] = v
	k.made.Store(&m)
	return v
}
