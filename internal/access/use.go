package access

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"purser/internal/instant"
	"purser/internal/store"
)

const (
	// useEvery is how often it is written down when tokens were last used: no request waits for it.
	useEvery = time.Minute
	// usesPerStatement is how many tokens one statement takes.
	usesPerStatement = 500
	// lastWrite is how long the last write may take, when the server stops.
	lastWrite = 5 * time.Second
)

// uses remembers when tokens were last used until that is written down.
type uses struct {
	at sync.Map // by token: *atomic.Int64, an instant.Milli; 0 when that is written down
}

// note remembers a use, unless a later one is known.
func (u *uses) note(token string, at instant.Milli) {
	v, ok := u.at.Load(token)
	if !ok {
		v, _ = u.at.LoadOrStore(token, new(atomic.Int64))
	}
	last, _ := v.(*atomic.Int64)
	for was := last.Load(); was < int64(at) && !last.CompareAndSwap(was, int64(at)); was = last.Load() {
	}
}

func (u *uses) take() map[string]instant.Milli {
	taken := map[string]instant.Milli{}
	u.at.Range(func(token, v any) bool {
		last, _ := v.(*atomic.Int64)
		if at := last.Swap(0); at > 0 {
			taken[fmt.Sprint(token)] = instant.Milli(at)
		}
		return true
	})
	return taken
}

// RecordUse writes down once a minute when tokens were last used, until ctx ends, and then once more.
func (s *Service) RecordUse(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(useEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.writeUses(ctx); err != nil && ctx.Err() == nil {
				log.LogAttrs(ctx, slog.LevelWarn, "writing down when tokens were used failed; trying again", slog.Any("error", err))
			}
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			return s.writeUses(ctx)
		}
	}
}

// writeUses writes down the uses that are remembered: of two processes', the later stays. What could not be
// written is remembered again.
func (s *Service) writeUses(ctx context.Context) error {
	taken := s.uses.take()
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(taken)), usesPerStatement) {
		if err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return writeSome(ctx, tx, ids, taken) }); err != nil {
			for id, at := range taken {
				s.uses.note(id, at)
			}
			return fmt.Errorf("write down when tokens were used: %w", err)
		}
	}
	return nil
}

// writeSome names tokens by their ids, in whichever tenant.
func writeSome(ctx context.Context, tx *store.Tx, ids []string, at map[string]instant.Milli) error {
	args := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		args = append(args, id, int64(at[id]))
	}
	row := "(CAST(? AS text), CAST(? AS bigint))"
	_, err := tx.Exec(ctx, `UPDATE api_tokens SET last_used_at = u.column2 FROM (VALUES `+row+strings.Repeat(", "+row, len(ids)-1)+`) AS u
		WHERE id = u.column1 AND (last_used_at IS NULL OR last_used_at < u.column2)`, args...)
	return err
}
