package access

import (
	"context"
	"time"
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
