// Package outbox queues mail in the transaction of what it tells of, so that it is never queued for
// what did not happen and never lost for what did; and sends what is queued, at least once.
package outbox

import (
	"time"

	"purser/internal/id"
)

// Mail is a message to one person of the viewer's tenant.
type Mail struct {
	// To is the id of the user who gets it.
	To string
	// Purchases are the ids of the purchases that it speaks of.
	Purchases []string
	// About is what it says, and so of which kind it is.
	About Content
}

// Outbox queues mail.
type Outbox struct {
	ids  *id.Source
	now  func() time.Time
	wake chan struct{} // mail was queued
}

// New returns an outbox.
func New(ids *id.Source, now func() time.Time) *Outbox {
	return &Outbox{ids: ids, now: now, wake: make(chan struct{}, 1)}
}

// Wake tells the sender, if one runs in this process, that a transaction which queued mail has been
// committed. Without it the mail goes out a few seconds later.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default: // it will look anyway
	}
}
