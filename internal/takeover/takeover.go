// Package takeover moves the users of self-service purchases to central ones: durably, in short
// transactions, by whichever process has a worker running.
//
// A move is a row. MoveUsers accepts it: it reserves the seats, freezes the source and queues the
// row, all in one transaction. A worker claims the row by a lease, and takes the users batch by
// batch; each batch is one transaction that holds everything that belongs together, the lease
// included. So whatever dies at whatever moment, the database is right, and whoever claims the
// row next goes on from there. Follow tells how far a move has come.
package takeover

import (
	"log/slog"
	"time"

	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/outbox"
	"purser/internal/pace"
	"purser/internal/store"
)

// Deps are what the service works with.
type Deps struct {
	DB     *store.DB
	Trail  *audit.Trail
	Outbox *outbox.Outbox
	IDs    *id.Source
	Now    func() time.Time
	Log    *slog.Logger
}

// Service takes purchases over. It is safe for concurrent use, by several processes on one
// database too.
type Service struct {
	db     *store.DB
	trail  *audit.Trail
	outbox *outbox.Outbox
	ids    *id.Source
	now    func() time.Time
	log    *slog.Logger

	owner string        // names this worker among others in the leases
	pace  *pace.Pace    // how many users a batch has
	wake  chan struct{} // a move was queued
	hub   *hub          // who follows which move
}

// New returns the service. Moves advance while a Run runs, in this process or another.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, trail: d.Trail, outbox: d.Outbox, ids: d.IDs, now: d.Now, log: d.Log,
		owner: id.Body(d.IDs.New(id.Move)), pace: pace.New(firstBatch), wake: make(chan struct{}, 1), hub: newHub(),
	}
}

// firstBatch is how many users the first batch has, before it is known how long one takes.
const firstBatch = 500

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}
