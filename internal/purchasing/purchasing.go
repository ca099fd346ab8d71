// Package purchasing is the life of a purchase: who may end it, and what becomes of its licenses.
package purchasing

import (
	"context"
	"log/slog"
	"time"

	"purser/internal/audit"
	"purser/internal/outbox"
	"purser/internal/pace"
	"purser/internal/store"
)

// Deps are what the service works with.
type Deps struct {
	DB     *store.DB
	Trail  *audit.Trail
	Outbox *outbox.Outbox
	Now    func() time.Time
	Log    *slog.Logger
}

// Service cancels purchases. It is safe for concurrent use, by several processes on one database too.
type Service struct {
	db     *store.DB
	trail  *audit.Trail
	outbox *outbox.Outbox
	now    func() time.Time
	log    *slog.Logger
	pace   *pace.Pace
	wake   chan struct{}
}

// New returns the service. Its Run must be running, or the licenses of large purchases that were
// taken over stay behind (nobody sees them).
func New(d Deps) *Service {
	return &Service{db: d.DB, trail: d.Trail, outbox: d.Outbox, now: d.Now, log: d.Log, pace: pace.New(releasedAtOnce), wake: make(chan struct{}, 1)}
}

// poll is how often to look for what another process, or one that crashed, has left to do.
const poll = 5 * time.Second

// Run clears away the licenses of large purchases that were taken over, until the context ends.
// Failures are logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := s.Release(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "clearing away licenses failed; trying again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
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
