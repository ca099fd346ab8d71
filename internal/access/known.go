package access

import (
	"crypto/sha256"
	"sync"

	"purser/internal/instant"
	"purser/internal/viewer"
)

const (
	// knownFor is how long a token is taken for what it was, in milliseconds. Changes end that at once; it is for what
	// nobody tells: a connection to the database that has died and is not missed yet, or a hand at the tables.
	knownFor = 2000
	// mostKnown is how many tokens are known at once.
	mostKnown = 4096
)

// known keeps who is behind tokens, as long as each change of access is heard of: in this process before the
// change is answered, of other processes by PostgreSQL's announcements. It keeps nothing on SQLite, where the command
// line changes things unheard and a look-up is no way to go, nor while the connection for announcements is down.
type known struct {
	changes *Changes
	mu      sync.RWMutex
	callers map[[sha256.Size]byte]knownCaller
}

type knownCaller struct {
	*viewer.Caller

	era   uint64
	until instant.Milli
}

func newKnown(c *Changes) *known {
	return &known{changes: c, callers: map[[sha256.Size]byte]knownCaller{}}
}

// now is the era in which what is looked up next is kept; 0 for none.
func (k *known) now() uint64 {
	if !k.changes.hears.Load() {
		return 0
	}
	return k.changes.era.Load() + 1
}

// find returns the caller behind the token with this hash, nil where that has to be looked up.
func (k *known) find(hash [sha256.Size]byte, now instant.Milli) *viewer.Caller {
	era := k.now()
	if era == 0 {
		return nil
	}
	k.mu.RLock()
	c, ok := k.callers[hash]
	k.mu.RUnlock()
	if !ok || c.era != era || c.until <= now {
		return nil
	}
	return c.Caller
}

// keep keeps what was looked up in an era, until the first thing ends that the caller has. When the era is over
// by then, nobody finds it.
func (k *known) keep(era uint64, hash [sha256.Size]byte, c *viewer.Caller, now instant.Milli) {
	if era == 0 {
		return
	}
	until := min(now+knownFor, c.Credential.ExpiresAt)
	for _, a := range c.Reach {
		if a.ExpiresAt != 0 {
			until = min(until, a.ExpiresAt)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.callers) >= mostKnown {
		clear(k.callers)
	}
	k.callers[hash] = knownCaller{c, era, until}
}
