package takeover

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/store"
)

// part is the next part of a move's users, in the order of the licenses by which they come to be
// moved: those after one and up to another. Everybody is found among the source's licenses, a subset
// among the recorded users.
type part struct {
	tenant, move, source, target string
	subset                       bool
	after, upTo                  string
	taken                        int // users
	moved, already, gone         int // what became of them
	released                     int // licenses of the source that nobody holds any more
}

func partOf(m *ent.Move, after string) part {
	return part{tenant: m.TenantID, move: m.ID, source: m.SourceID, target: m.TargetID, subset: m.Subset, after: after}
}

// next finds the next n users, and records what becomes of each.
func (p *part) next(ctx context.Context, tx *store.Tx, n int, at instant.Milli) error {
	find, record, about := nextLicenses, p.recordEveryone, p.source
	if p.subset {
		find, record, about = nextNamed, p.recordNamed, p.move
	}
	var upTo *string
	if err := tx.ReadRow(ctx, find, []any{about, p.after, n}, &upTo, &p.taken); err != nil {
		return fmt.Errorf("find the next users: %w", err)
	}
	if upTo == nil {
		return nil
	}
	p.upTo = *upTo
	if err := record(ctx, tx, at); err != nil {
		return fmt.Errorf("record the users: %w", err)
	}
	return nil
}

const (
	nextLicenses = `SELECT MAX(b.id), COUNT(*) FROM (
		SELECT id FROM licenses WHERE purchase_id = ? AND id > ? ORDER BY id LIMIT ?) b`
	// in words that the index of those who were not moved is known by
	nextNamed = `SELECT MAX(b.license_id), COUNT(*) FROM (
		SELECT license_id FROM move_users WHERE move_id = ? AND result = 'PENDING' AND result <> 'MOVED' AND license_id > ? ORDER BY license_id LIMIT ?) b`
)

// outcome decides what becomes of the user of license l. Who has left is looked up in the index of those, who are few: BETWEEN,
// since SQLite would take the primary key for an id that it equals, and read each user. A license of the target is looked for
// among the user's: the target's may be very many more than PostgreSQL's statistics know yet.
const outcome = `CASE
	WHEN EXISTS (SELECT 1 FROM users u WHERE u.tenant_id = ? AND u.id BETWEEN l.user_id AND l.user_id AND u.removed) THEN 'GONE'
	WHEN EXISTS (SELECT 1 FROM licenses t WHERE t.user_id = l.user_id AND COALESCE(t.purchase_id = ?, FALSE)) THEN 'ALREADY_LICENSED'
	ELSE 'MOVED' END`

func (p *part) recordEveryone(ctx context.Context, tx *store.Tx, at instant.Milli) error {
	return p.tally(ctx, tx, `INSERT INTO move_users (tenant_id, move_id, license_id, user_id, result, at)
		SELECT l.tenant_id, ?, l.id, l.user_id, `+outcome+`, ? FROM licenses l
		WHERE l.purchase_id = ? AND l.id > ? AND l.id <= ? AND COALESCE(l.tenant_id = ?, FALSE) ORDER BY l.id RETURNING result`,
		p.move, p.tenant, p.target, at, p.source, p.after, p.upTo, p.tenant)
}

// recordNamed records who has lost the license meanwhile as GONE too.
func (p *part) recordNamed(ctx context.Context, tx *store.Tx, at instant.Milli) error {
	return p.tally(ctx, tx, `UPDATE move_users SET at = ?, result = COALESCE((SELECT `+outcome+` FROM licenses l
			WHERE l.id = move_users.license_id AND l.purchase_id = ? AND COALESCE(l.tenant_id = ?, FALSE)), 'GONE')
		WHERE move_id = ? AND result = 'PENDING' AND result <> 'MOVED' AND license_id > ? AND license_id <= ? AND COALESCE(tenant_id = ?, FALSE) RETURNING result`,
		at, p.tenant, p.target, p.source, p.tenant, p.move, p.after, p.upTo, p.tenant)
}

// tally runs the statement, and counts the results that it returns.
func (p *part) tally(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	return tx.Read(ctx, query, args, func(r *store.Rows) error {
		var result model.MovedUserResult
		if err := r.Scan(&result); err != nil {
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
		return nil
	})
}

// take releases the licenses of those who need none, and gives the others' to the target. It
// fails when that is not what was recorded.
func (p *part) take(ctx context.Context, tx *store.Tx, at instant.Milli, by *string) error {
	where, args := p.licenses()
	var err error
	if p.already+p.gone > 0 {
		p.released, err = tx.Exec(ctx, "DELETE FROM licenses WHERE "+where+
			" AND (SELECT m.result FROM move_users m WHERE m.move_id = ? AND m.license_id = licenses.id) <> 'MOVED'", append(args, p.move)...)
		if err != nil {
			return fmt.Errorf("release licenses: %w", err)
		}
	}
	moved, err := tx.Exec(ctx, "UPDATE licenses SET purchase_id = ?, assigned_at = ?, assigned_by = ? WHERE "+where,
		append([]any{p.target, at, by}, args...)...)
	if err != nil {
		return fmt.Errorf("move licenses: %w", err)
	}
	// of those whom a subset names, some may have lost their license before
	lost := p.already + p.gone - p.released
	if moved != p.moved || lost < 0 || lost > 0 && (!p.subset || lost > p.gone) {
		return fmt.Errorf("users changed while they were moved: released %d and moved %d of %d", p.released, moved, p.taken)
	}
	return nil
}

// licenses is the condition for the part's licenses of the source.
func (p *part) licenses() (where string, args []any) {
	if p.subset {
		return `purchase_id = ? AND COALESCE(tenant_id = ?, FALSE)
			AND id IN (SELECT n.license_id FROM move_users n WHERE n.move_id = ? AND n.license_id > ? AND n.license_id <= ?)`,
			[]any{p.source, p.tenant, p.move, p.after, p.upTo}
	}
	return "purchase_id = ? AND id > ? AND id <= ? AND COALESCE(tenant_id = ?, FALSE)", []any{p.source, p.after, p.upTo, p.tenant}
}

// count changes the seats of both purchases by the part; fromReserve of those who moved take
// reserved seats.
func (p *part) count(ctx context.Context, tx *store.Tx, fromReserve int) error {
	for _, c := range []struct {
		purchase           string
		assigned, reserved int
	}{{p.source, -p.released - p.moved, 0}, {p.target, p.moved, -fromReserve}} {
		_, err := tx.Exec(ctx, "UPDATE purchases SET assigned = assigned + ?, reserved = reserved + ? WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)",
			c.assigned, c.reserved, c.purchase, p.tenant)
		if err != nil {
			return fmt.Errorf("count the seats of %s: %w", c.purchase, err)
		}
	}
	return nil
}
