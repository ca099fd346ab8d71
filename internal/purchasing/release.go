package purchasing

import (
	"context"
	"fmt"
	"time"

	"purser/internal/store"
	"purser/internal/viewer"
)

// Release clears away the licenses of DELETED purchases that had too many of them to delete at
// once, in short transactions. It can be stopped at any point and called again, by several
// processes at the same time too. The server itself does it, in each purchase's tenant.
func (s *Service) Release(ctx context.Context) error {
	for last, more := "", true; more; {
		due, err := s.releasing(ctx, last)
		if err != nil {
			return fmt.Errorf("look for licenses to clear away: %w", err)
		}
		for _, p := range due {
			if err := s.releaseAll(ctx, p); err != nil {
				return fmt.Errorf("clear away the licenses of %s: %w", p.id, err)
			}
			last = p.id
		}
		more = len(due) == releasingAtOnce
	}
	return nil
}

// releasingAtOnce is how many purchases are looked for at once.
const releasingAtOnce = 100

// releaseAll clears away the licenses of one purchase.
func (s *Service) releaseAll(ctx context.Context, p duePurchase) (err error) {
	ctx = viewer.NewContext(ctx, viewer.System(p.tenant))
	for done, after := false, ""; !done; {
		if done, after, err = s.releaseSome(ctx, p, after); err != nil {
			return err
		}
	}
	return nil
}

type duePurchase struct{ id, tenant string }

// releasing lists purchases, of every tenant, that have licenses to be cleared away, in the order of
// their ids after the one given. An id with nothing added keeps planners from walking all purchases by it.
func (s *Service) releasing(ctx context.Context, after string) (due []duePurchase, err error) {
	rows, err := s.db.QueryUnwalled(ctx, "SELECT id, tenant_id FROM purchases WHERE releasing AND id || '' > ? ORDER BY id LIMIT ?", after, releasingAtOnce)
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

// releaseSome deletes the next licenses after the one given, and returns the last of them. It is
// done when there are no more, and when another process is at it.
func (s *Service) releaseSome(ctx context.Context, p duePurchase, after string) (done bool, last string, err error) {
	var start time.Time
	size, n := s.pace.Size(), 0
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		start = s.now()
		done, last, n = false, after, 0
		mine, err := lockReleasing(ctx, tx, p)
		if err != nil {
			return err
		}
		if !mine {
			done = true
			return nil
		}
		if n, last, err = deleteLicenses(ctx, tx, p, after, size); err != nil {
			return err
		}
		if n == size {
			return nil
		}
		done = true
		_, err = tx.Exec(ctx, "UPDATE purchases SET releasing = ? WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)", false, p.id, p.tenant)
		return err
	})
	s.pace.Took(n, s.now().Sub(start))
	return done, last, err
}

// lockReleasing tells whether the purchase still has licenses to be cleared away and no other
// process is at it.
func lockReleasing(ctx context.Context, tx *store.Tx, p duePurchase) (bool, error) {
	q := "SELECT id FROM purchases WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND releasing"
	if tx.Postgres() {
		q += " FOR NO KEY UPDATE SKIP LOCKED"
	}
	releasing := false
	err := tx.Read(ctx, q, []any{p.id, p.tenant}, func(*store.Rows) error { releasing = true; return nil })
	return releasing, err
}

// deleteLicenses deletes the next n licenses after the one given, and returns how many there
// were, and the last. To begin after it spares PostgreSQL a walk over what is deleted already.
func deleteLicenses(ctx context.Context, tx *store.Tx, p duePurchase, after string, n int) (deleted int, last string, err error) {
	var bound *string
	err = tx.ReadRow(ctx, `SELECT MAX(b.id) FROM (
		SELECT id FROM licenses WHERE purchase_id = ? AND id > ? ORDER BY id LIMIT ?) b`, []any{p.id, after, n}, &bound)
	if err != nil || bound == nil {
		return 0, after, err
	}
	deleted, err = tx.Exec(ctx, "DELETE FROM licenses WHERE purchase_id = ? AND id > ? AND id <= ? AND COALESCE(tenant_id = ?, FALSE)",
		p.id, after, *bound, p.tenant)
	return deleted, *bound, err
}
