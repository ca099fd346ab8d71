package access

import (
	"context"
	"time"

	"purser/internal/openid"
)

// What the tests reach inside for.
var (
	NewSecret  = newSecret
	WellFormed = wellFormed
)

// KeyOf is the key by which the user is looked up whom a token of the OpenID provider names.
func KeyOf(user, tenant string) string {
	return question{who: &openid.Identity{User: user, Tenant: tenant}}.Key()
}

// WriteUses is writeUses.
func (s *Service) WriteUses(ctx context.Context) error { return s.writeUses(ctx) }

// SetReread says how often counts are read: where others are not heard, and where they are. Call it before Listen.
func (c *Changes) SetReread(unheard, heard time.Duration) { c.reread, c.anyway = unheard, heard }
