package purchasing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/viewer"
)

const (
	// seen is how many purchases one look finds.
	seen = 2000
	// overdue is how long to wait for what is due, and another process seems to be at.
	overdue = time.Second
	// postponed is how long a purchase waits with which something went wrong.
	postponed = time.Minute
)

// Sweep does to purchases what time has brought since the last look: they renew, lapse, or their
// owners are told that they will (R16, R18). The server itself does it, in each purchase's tenant, in
// short transactions; it can be stopped at any point and called again, by several processes at the
// same time too. It returns when nothing is due that no other process is at. A purchase with which
// something goes wrong is logged, and waits a minute; what moves are emptying waits for their end.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		due, err := s.due(ctx)
		if err != nil {
			return fmt.Errorf("look for purchases that are due: %w", err)
		}
		did := 0
		for tenant, ids := range due.each {
			n, err := s.sweepTenant(ctx, tenant, ids)
			if err != nil {
				return err
			}
			did += n
		}
		if did == 0 {
			return nil
		}
	}
}

// dueList is what is due, in the order in which it is.
type dueList []duePurchase

// each calls yield for each tenant, in the order in which something of it is due.
func (l dueList) each(yield func(tenant string, ids []string) bool) {
	var tenants []string
	ids := map[string][]string{}
	for _, p := range l {
		if ids[p.tenant] == nil {
			tenants = append(tenants, p.tenant)
		}
		ids[p.tenant] = append(ids[p.tenant], p.id)
	}
	for _, t := range tenants {
		if !yield(t, ids[t]) {
			return
		}
	}
}

// due lists purchases of every tenant that are due, those first that have been for longest.
func (s *Service) due(ctx context.Context) (due dueList, err error) {
	rows, err := s.db.QueryUnwalled(ctx, `SELECT id, tenant_id FROM purchases
		WHERE status <> 'DELETED' AND active_move_id IS NULL AND due_at <= ? ORDER BY due_at LIMIT ?`, instant.From(s.now()), seen)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var p duePurchase
		if err := rows.Scan(&p.id, &p.tenant); err != nil {
			return nil, err
		}
		due = append(due, p)
	}
	return due, rows.Err()
}

// sweepTenant sweeps purchases of one tenant, a batch at a time, and returns how many were done.
func (s *Service) sweepTenant(ctx context.Context, tenant string, ids []string) (did int, err error) {
	ctx = viewer.NewContext(ctx, viewer.System(tenant))
	for len(ids) > 0 {
		batch := ids[:min(s.sweeping.Size(), len(ids))]
		ids = ids[len(batch):]
		n, err := s.sweepSome(ctx, batch)
		if err != nil && !passing(ctx, err) {
			n, err = s.sweepSingly(ctx, batch)
		}
		if did += n; err != nil {
			return did, err
		}
	}
	return did, nil
}

// sweepSingly sweeps purchases one by one, after something went wrong with one of them, and puts that
// one off. It returns an error when that cannot be done either.
func (s *Service) sweepSingly(ctx context.Context, ids []string) (did int, err error) {
	for _, purchase := range ids {
		n, err := s.sweepSome(ctx, []string{purchase})
		if err != nil {
			if passing(ctx, err) {
				return did, err
			}
			s.log.LogAttrs(ctx, slog.LevelError, "the life of a purchase cannot go on; trying again in a minute",
				slog.String("purchase", purchase), slog.Any("error", err))
			if n, err = s.putOff(ctx, purchase); err != nil {
				return did, fmt.Errorf("put off purchase %s: %w", purchase, err)
			}
		}
		did += n
	}
	return did, nil
}

// passing tells whether an error has nothing to do with what was done: the database is busy, or the
// server stops.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.CodeOf(err) == fault.Unavailable
}

// nextDue returns when to look again: when something is due, and at the latest after poll.
func (s *Service) nextDue(ctx context.Context) (time.Duration, error) {
	rows, err := s.db.QueryUnwalled(ctx, `SELECT due_at FROM purchases
		WHERE status <> 'DELETED' AND active_move_id IS NULL ORDER BY due_at LIMIT 1`)
	if err != nil {
		return poll, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	wait := poll
	if rows.Next() {
		var at instant.Milli
		if err := rows.Scan(&at); err != nil {
			return poll, err
		}
		if wait = at.Time().Sub(s.now()); wait <= 0 {
			wait = overdue
		}
	}
	return min(wait, poll), rows.Err()
}

// live sweeps when something is due, until the context ends.
func (s *Service) live(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := s.Sweep(ctx)
		wait, err2 := s.nextDue(ctx)
		if err == nil {
			err = err2
		}
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "sweeping purchases failed; trying again", slog.Any("error", err))
		}
		timer.Reset(wait)
	}
}
