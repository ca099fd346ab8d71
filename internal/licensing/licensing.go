// Package licensing is who holds licenses: who is given one, who has it taken away, who asks for one, and
// all of them as a file.
package licensing

import (
	"time"

	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/outbox"
	"purser/internal/store"
)

// Service gives licenses and takes them back, passes wishes for them on, and exports who holds them.
type Service struct {
	db     *store.DB
	trail  *audit.Trail
	outbox *outbox.Outbox
	ids    *id.Source
	now    func() time.Time
}

// New returns a service.
func New(db *store.DB, trail *audit.Trail, mail *outbox.Outbox, ids *id.Source, now func() time.Time) *Service {
	return &Service{db: db, trail: trail, outbox: mail, ids: ids, now: now}
}
