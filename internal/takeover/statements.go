package takeover

import (
	"context"
	"fmt"
	"strings"

	"purser/ent"
	"purser/internal/instant"
	"purser/internal/moveplan"
	"purser/internal/store"
)

// The statements that ent cannot say, or not as fast. Each names the tenant. Where a row is
// reached by its key, the tenant stands in COALESCE, so that no planner takes an index of the
// tenant's for the key's.

// lockEnds reads source and target, and on PostgreSQL locks them in the order of their ids.
func lockEnds(ctx context.Context, tx *store.Tx, tenant, from, to string) (ends, error) {
	q := `SELECT id, source, status, quantity, assigned, reserved, COALESCE(active_move_id, '')
		FROM purchases WHERE id IN (?, ?) AND COALESCE(tenant_id = ?, FALSE) ORDER BY id`
	if tx.Postgres() {
		q += " FOR NO KEY UPDATE"
	}
	var list []*moveplan.End
	err := tx.Read(ctx, q, []any{from, to, tenant}, func(r *store.Rows) error {
		p := new(moveplan.End)
		list = append(list, p)
		return r.Scan(&p.ID, &p.Source, &p.Status, &p.Quantity, &p.Assigned, &p.Reserved, &p.ActiveMove)
	})
	if err != nil {
		return ends{}, fmt.Errorf("lock source and target: %w", err)
	}
	return pick(list, from, to), nil
}

// reserve holds n seats of the target, and tells whether there were as many.
func reserve(ctx context.Context, tx *store.Tx, tenant, target string, n int) (bool, error) {
	done, err := tx.Exec(ctx, `UPDATE purchases SET reserved = reserved + ?
		WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND status = 'ACTIVE' AND assigned + reserved + ? <= quantity`, n, target, tenant, n)
	return done == 1, err
}

// freeze keeps everybody but the move from changing the source, and tells whether nobody else had.
func freeze(ctx context.Context, tx *store.Tx, tenant, source, move string) (bool, error) {
	done, err := tx.Exec(ctx, `UPDATE purchases SET active_move_id = ?
		WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND active_move_id IS NULL AND status <> 'DELETED'`, move, source, tenant)
	return done == 1, err
}

// unfreeze undoes freeze.
func unfreeze(ctx context.Context, tx *store.Tx, tenant, source, move string) error {
	_, err := tx.Exec(ctx, "UPDATE purchases SET active_move_id = NULL WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND active_move_id = ?",
		source, tenant, move)
	return err
}

// recordSubset records the users of a move before it begins, and fails with errStale unless each
// holds a license of the source.
func recordSubset(ctx context.Context, tx *store.Tx, m *ent.Move, users []string) error {
	args := []any{m.ID, m.SourceID, m.TenantID}
	for _, u := range users {
		args = append(args, u)
	}
	n, err := tx.Exec(ctx, `INSERT INTO move_users (tenant_id, move_id, license_id, user_id, result)
		SELECT l.tenant_id, ?, l.id, l.user_id, 'PENDING' FROM licenses l
		WHERE l.purchase_id = ? AND COALESCE(l.tenant_id = ?, FALSE) AND l.user_id IN (?`+strings.Repeat(", ?", len(users)-1)+")", args...)
	if err != nil {
		return fmt.Errorf("record the users to be moved: %w", err)
	}
	if n != len(users) {
		return errStale
	}
	return nil
}

// release gives back n reserved seats of the target.
func release(ctx context.Context, tx *store.Tx, tenant, target string, n int) error {
	_, err := tx.Exec(ctx, "UPDATE purchases SET reserved = reserved - ? WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)", n, target, tenant)
	return err
}

// bury cancels the emptied source for good, and tells whether it was still the move's.
func bury(ctx context.Context, tx *store.Tx, tenant, source, move string, at instant.Milli, by *string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE purchases SET status = 'DELETED', assigned = 0, active_move_id = NULL,
			canceled_at = ?, canceled_by = ?, cancellation_reason = 'CENTRALIZED', cancellation_feedback = NULL,
			cancellation_cause = 'ADMIN_TAKE_OVER_MOVE'
		WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND active_move_id = ?`, at, by, source, tenant, move)
	return n == 1, err
}
