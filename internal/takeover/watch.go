package takeover

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"purser/ent/move"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// reread is how often the rows of followed moves are read where other processes' announcements are
	// not heard: on SQLite never, on PostgreSQL while the connection for them is down.
	reread = time.Second
	// rereadAnyway is how often they are read where announcements are heard.
	rereadAnyway = 15 * time.Second
	// readTimeout ends a read that hangs.
	readTimeout = 5 * time.Second
	// atOnce is how many rows one statement reads.
	atOnce = 500
)

// Listen hears how far the moves come that other processes work on, until ctx ends. Followers
// get along without it: then their moves' rows are read each second.
func (s *Service) Listen(ctx context.Context) error {
	defer s.hub.deafen()
	return s.db.Listen(ctx, store.Listener{
		Channel: channel,
		Message: func(payload string) {
			p, err := understand(payload)
			if err != nil {
				s.log.LogAttrs(ctx, slog.LevelWarn, "ignoring what another process announced", slog.Any("error", err))
				return
			}
			s.hub.publish(p)
		},
		Connected: func() {
			if s.db.Postgres() {
				s.hub.hear()
			}
		},
		Lost: func(err error) {
			s.hub.deafen()
			s.log.LogAttrs(ctx, slog.LevelWarn, "listening for the progress of moves failed; trying again", slog.Any("error", err))
		},
	})
}

// watch sees to it that the rows of followed moves are read now and then, as long as there are any.
func (s *Service) watch() {
	if s.hub.beginWatch() {
		go s.readNowAndThen(context.Background())
	}
}

func (s *Service) readNowAndThen(ctx context.Context) {
	tick := time.NewTicker(reread)
	defer tick.Stop()
	for since := reread; ; since += reread {
		missed := false
		select {
		case <-tick.C:
		case <-s.hub.missed:
			missed = true
		}
		moves, hearing, ok := s.hub.followed()
		if !ok {
			return
		}
		if missed || !hearing || since >= s.hub.anyway {
			s.readAll(ctx, moves)
			since = 0
		}
	}
}

// readAll reads the rows of moves, by tenant, and passes on what is new.
func (s *Service) readAll(ctx context.Context, moves map[string][]string) {
	for tenant, all := range moves {
		for ids := range slices.Chunk(all, atOnce) {
			if err := s.read(viewer.NewContext(ctx, viewer.System(tenant)), ids); err != nil {
				s.log.LogAttrs(ctx, slog.LevelWarn, "reading moves for their followers failed; trying again", slog.Any("error", err))
			}
		}
	}
}

func (s *Service) read(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	rows, err := s.db.Client().Move.Query().Where(move.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range rows {
		s.hub.publish(progressOf(m))
	}
	return nil
}

// hear notes that announcements are heard from now on; earlier ones may have been missed.
func (h *hub) hear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hearing = true
	select {
	case h.missed <- struct{}{}:
	default:
	}
}

// deafen notes that announcements are not heard any more.
func (h *hub) deafen() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hearing = false
}

// beginWatch tells whether somebody has to begin to watch what is followed.
func (h *hub) beginWatch() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	begin := !h.watched && len(h.topics) > 0
	h.watched = h.watched || begin
	return begin
}

// followed returns the moves that are followed, by tenant, and whether announcements about them are
// heard. It is not ok when there are none: the watch is over.
func (h *hub) followed() (moves map[string][]string, hearing, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.topics) == 0 {
		h.watched = false
		return nil, false, false
	}
	moves = make(map[string][]string)
	for _, t := range h.topics {
		if t.tenant != "" {
			moves[t.tenant] = append(moves[t.tenant], t.move)
		}
	}
	return moves, h.hearing, true
}
