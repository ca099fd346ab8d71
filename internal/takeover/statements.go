package takeover

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/store"
)

// The statements that ent cannot say, or not as fast. Each names the tenant. Where a row is
// reached by its key, it is written tenant_id || '' so that no planner takes an index of the
// tenant's for the key's.

// lockEnds reads source and target, and on PostgreSQL locks them in the order of their ids.
func lockEnds(ctx context.Context, tx *store.Tx, tenant, from, to string) (ends, error) {
	q := `SELECT id, source, status, quantity, assigned, reserved, COALESCE(active_move_id, '')
		FROM purchases WHERE id IN (?, ?) AND tenant_id || '' = ? ORDER BY id`
	if tx.Postgres() {
		q += " FOR NO KEY UPDATE"
	}
	rows, err := tx.Query(ctx, q, from, to, tenant)
	if err != nil {
		return ends{}, fmt.Errorf("lock source and target: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	var list []*end
	for rows.Next() {
		p := new(end)
		if err := rows.Scan(&p.ID, &p.Source, &p.Status, &p.Quantity, &p.Assigned, &p.Reserved, &p.ActiveMove); err != nil {
			return ends{}, fmt.Errorf("lock source and target: %w", err)
		}
		list = append(list, p)
	}
	return pick(list, from, to), rows.Err()
}

// reserve holds n seats of the target, and tells whether there were as many.
func reserve(ctx context.Context, tx *store.Tx, tenant, target string, n int) (bool, error) {
	done, err := tx.Exec(ctx, `UPDATE purchases SET reserved = reserved + ?
		WHERE id = ? AND tenant_id || '' = ? AND status = 'ACTIVE' AND assigned + reserved + ? <= quantity`, n, target, tenant, n)
	return done == 1, err
}

// freeze keeps everybody but the move from changing the source, and tells whether nobody else had.
func freeze(ctx context.Context, tx *store.Tx, tenant, source, move string) (bool, error) {
	done, err := tx.Exec(ctx, `UPDATE purchases SET active_move_id = ?
		WHERE id = ? AND tenant_id || '' = ? AND active_move_id IS NULL AND status <> 'DELETED'`, move, source, tenant)
	return done == 1, err
}

// unfreeze undoes freeze.
func unfreeze(ctx context.Context, tx *store.Tx, tenant, source, move string) error {
	_, err := tx.Exec(ctx, "UPDATE purchases SET active_move_id = NULL WHERE id = ? AND tenant_id || '' = ? AND active_move_id = ?",
		source, tenant, move)
	return err
}

// countNeeded counts the source's users who are still there and do not hold the target: as many
// seats are needed. As two joins it is fast on both databases whatever the sizes.
func (s *Service) countNeeded(ctx context.Context, e ends) (int, error) {
	r, err := s.db.Reader(ctx)
	if err != nil {
		return 0, err
	}
	present := func() (*sql.Selector, *sql.SelectTable) {
		q, l := r.From("licenses", "l")
		u := r.Join(q, "users", "u", "id", l.C("user_id"))
		q.Where(sql.And(sql.EQ(l.C("purchase_id"), e.source.ID), sql.EQ(u.C("removed"), false))).Select(sql.Count("*"))
		return q, l
	}
	count := func(q *sql.Selector) (n int, err error) {
		err = r.Query(ctx, q, func(rows *store.Rows) error { return rows.Scan(&n) })
		return n, err
	}
	all, _ := present()
	total, err := count(all)
	if err != nil || total == 0 || e.target.Assigned == 0 {
		return total, err
	}
	both, l := present()
	t := r.Join(both, "licenses", "t", "user_id", l.C("user_id"))
	both.Where(sql.EQ(t.C("purchase_id"), e.target.ID))
	licensed, err := count(both)
	return total - licensed, err
}

// outcome decides what becomes of the user of license l.
const outcome = `CASE
	WHEN (SELECT u.removed FROM users u WHERE u.id = l.user_id AND u.tenant_id || '' = ?) THEN 'GONE'
	WHEN (SELECT t.id FROM licenses t WHERE t.purchase_id = ? AND t.user_id = l.user_id) IS NOT NULL THEN 'ALREADY_LICENSED'
	ELSE 'MOVED' END`

// part is the next part of a source's licenses: those after one and up to another, in the order
// of their ids, and how many of them become what.
type part struct {
	tenant, move, source, target string
	after, upTo                  string
	taken, moved, already, gone  int
}

// next finds the next n licenses after p.after, and records what becomes of the user of each.
func (p *part) next(ctx context.Context, tx *store.Tx, n int, at instant.Milli) error {
	var upTo *string
	err := tx.QueryRow(ctx, `SELECT MAX(b.id), COUNT(*) FROM (
		SELECT id FROM licenses WHERE purchase_id = ? AND id > ? ORDER BY id LIMIT ?) b`, p.source, p.after, n).Scan(&upTo, &p.taken)
	if err != nil {
		return fmt.Errorf("find the next users: %w", err)
	}
	if upTo == nil {
		p.upTo = p.after
		return nil
	}
	p.upTo = *upTo
	if err := p.record(ctx, tx, at); err != nil {
		return fmt.Errorf("record the users: %w", err)
	}
	return nil
}

func (p *part) record(ctx context.Context, tx *store.Tx, at instant.Milli) error {
	rows, err := tx.Query(ctx, `INSERT INTO move_users (tenant_id, move_id, user_id, result, at)
		SELECT l.tenant_id, ?, l.user_id, `+outcome+`, ? FROM licenses l
		WHERE l.purchase_id = ? AND l.id > ? AND l.id <= ? AND l.tenant_id || '' = ? RETURNING result`,
		p.move, p.tenant, p.target, at, p.source, p.after, p.upTo, p.tenant)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var result model.MovedUserResult
		if err := rows.Scan(&result); err != nil {
			return err
		}
		switch result {
		case model.MovedUserResultGone:
			p.gone++
		case model.MovedUserResultAlreadyLicensed:
			p.already++
		case model.MovedUserResultMoved, model.MovedUserResultPending:
			p.moved++
		}
	}
	return rows.Err()
}

// take releases the licenses of those who need none, and gives the others' to the target. It
// fails when that is not what was recorded.
func (p *part) take(ctx context.Context, tx *store.Tx, at instant.Milli, by *string) error {
	var err error
	released := 0
	if p.already+p.gone > 0 {
		released, err = tx.Exec(ctx, `DELETE FROM licenses WHERE purchase_id = ? AND id > ? AND id <= ? AND tenant_id || '' = ?
			AND (SELECT m.result FROM move_users m WHERE m.move_id = ? AND m.user_id = licenses.user_id) <> '`+string(model.MovedUserResultMoved)+`'`,
			p.source, p.after, p.upTo, p.tenant, p.move)
		if err != nil {
			return fmt.Errorf("release licenses: %w", err)
		}
	}
	moved, err := tx.Exec(ctx, `UPDATE licenses SET purchase_id = ?, assigned_at = ?, assigned_by = ?
		WHERE purchase_id = ? AND id > ? AND id <= ? AND tenant_id || '' = ?`,
		p.target, at, by, p.source, p.after, p.upTo, p.tenant)
	if err != nil {
		return fmt.Errorf("move licenses: %w", err)
	}
	if released != p.already+p.gone || moved != p.moved || released+moved != p.taken {
		return fmt.Errorf("users changed while they were moved: released %d and moved %d of %d", released, moved, p.taken)
	}
	return nil
}

// count changes the seats of both purchases by the part; fromReserve of those who moved take
// reserved seats.
func (p *part) count(ctx context.Context, tx *store.Tx, fromReserve int) error {
	for _, c := range []struct {
		purchase           string
		assigned, reserved int
	}{{p.source, -p.taken, 0}, {p.target, p.moved, -fromReserve}} {
		_, err := tx.Exec(ctx, "UPDATE purchases SET assigned = assigned + ?, reserved = reserved + ? WHERE id = ? AND tenant_id || '' = ?",
			c.assigned, c.reserved, c.purchase, p.tenant)
		if err != nil {
			return fmt.Errorf("count the seats of %s: %w", c.purchase, err)
		}
	}
	return nil
}

// release gives back n reserved seats of the target.
func release(ctx context.Context, tx *store.Tx, tenant, target string, n int) error {
	_, err := tx.Exec(ctx, "UPDATE purchases SET reserved = reserved - ? WHERE id = ? AND tenant_id || '' = ?", n, target, tenant)
	return err
}

// bury cancels the emptied source for good, and tells whether it was still the move's.
func bury(ctx context.Context, tx *store.Tx, tenant, source, move string, at instant.Milli, by *string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE purchases SET status = 'DELETED', assigned = 0, active_move_id = NULL,
			canceled_at = ?, canceled_by = ?, cancellation_reason = 'CENTRALIZED', cancellation_feedback = NULL,
			cancellation_cause = 'ADMIN_TAKE_OVER_MOVE'
		WHERE id = ? AND tenant_id || '' = ? AND active_move_id = ?`, at, by, source, tenant, move)
	return n == 1, err
}
