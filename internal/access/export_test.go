package access

import (
	"context"
	"time"

	"purser/internal/instant"
	"purser/internal/viewer"
)

// What the tests reach inside for.
var (
	NewSecret  = newSecret
	WellFormed = wellFormed
)

// WriteUses is writeUses.
func (s *Service) WriteUses(ctx context.Context) error { return s.writeUses(ctx) }

// SetReread says how often counts are read: where others are not heard, and where they are. Call it before Listen.
func (c *Changes) SetReread(unheard, heard time.Duration) { c.reread, c.anyway = unheard, heard }

// Known keeps tokens without a database.
type Known struct{ *known }

// NewKnown returns one that hears nothing yet.
func NewKnown() Known { return Known{newKnown(NewChanges(nil))} }

// Hear has it hear, and something happen.
func (k Known) Hear() { k.changes.hear(true) }

// Miss has it hear nothing any more.
func (k Known) Miss() { k.changes.hear(false) }

// KeptAt tells whether what was kept at one time is found at another.
func (k Known) KeptAt(kept, found instant.Milli, c *viewer.Caller) bool {
	k.keep(k.now(), [32]byte{}, c, kept)
	return k.find([32]byte{}, found) != nil
}

// KeptThrough tells whether what is found before something happens is kept after it.
func (k Known) KeptThrough(happens func(), c *viewer.Caller) bool {
	era := k.now()
	happens()
	k.keep(era, [32]byte{1}, c, 1)
	return k.find([32]byte{1}, 1) != nil
}

// Hears tells whether other processes are heard.
func (c *Changes) Hears() bool { return c.hears.Load() }
