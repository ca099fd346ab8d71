// Package purchasing is the life of a purchase: buying, changing and cancelling it, and what time does to it.
package purchasing

import (
	"context"
	"log/slog"
	"sync"
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

// Service buys, changes, ages and cancels purchases. It is safe for concurrent use, by several processes on one database too.
type Service struct {
	db     *store.DB
	trail  *audit.Trail
	outbox *outbox.Outbox
	ids    *id.Source
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{} // there are licenses to clear away

	pace     *pace.Pace // of clearing licenses away
	sweeping *pace.Pace // of sweeping purchases
}

// New returns the service. Its Run must be running, or purchases stay as they are, and the licenses of
// large ones that were taken over stay behind (nobody sees them).
func New(d Deps) *Service {
	return &Service{
		db: d.DB, trail: d.Trail, outbox: d.Outbox, ids: d.IDs, now: d.Now, log: d.Log, wake: make(chan struct{}, 1),
		pace: pace.New(releasedAtOnce), sweeping: pace.New(sweptFirst),
	}
}

const (
	// poll is how often to look for what another process, or one that crashed, has left to do.
	poll = 5 * time.Second
	// sweptFirst is how many purchases the first batch of a sweep has.
	sweptFirst = 200
)

// Run sweeps purchases when they are due, and clears away the licenses of large ones that are DELETED,
// until the context ends. Failures are logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() { s.live(ctx) })
	both.Go(func() { s.clear(ctx) })
	both.Wait()
	return nil
}

// clear clears licenses away, when somebody says that there are some and now and then.
func (s *Service) clear(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := s.Release(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "clearing away licenses failed; trying again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}
