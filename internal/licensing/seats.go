package licensing

import (
	"context"
	"fmt"
	"strings"

	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/may"
	"purser/internal/store"
	"purser/internal/viewer"
)

// The statements on seats and licenses. Each names the tenant; where a row is reached by its key, the
// tenant stands in COALESCE, so that no planner takes an index of the tenant's for the key's.

// seats are a purchase's, which nobody else changes until the transaction ends.
type seats struct {
	may.Purchase
	id, product string
	free        int
	found       bool
}

const standing = " source, status, COALESCE(purchaser_id, ''), active_move_id IS NOT NULL, product_id, quantity - assigned - reserved "

// into scans a purchase that a statement returns.
func (p *seats) into(r *store.Rows) error {
	p.found = true
	return r.Scan(&p.Source, &p.Status, &p.Purchaser, &p.Moving, &p.product, &p.free)
}

// lockSeats reads a purchase; nil where the tenant has none such.
func lockSeats(ctx context.Context, tx *store.Tx, tenant, purchaseID string) (*seats, error) {
	q := "SELECT" + standing + "FROM purchases WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)"
	if tx.Postgres() {
		q += " FOR NO KEY UPDATE"
	}
	p := &seats{id: purchaseID}
	if err := tx.Read(ctx, q, []any{purchaseID, tenant}, p.into); err != nil {
		return nil, fmt.Errorf("read the purchase: %w", err)
	}
	if !p.found {
		return nil, nil //nolint:nilnil // there is none, and that is no failure
	}
	return p, nil
}

// assign has n more seats of the purchase assigned, or fewer, and finds the purchase as it is then: not when there are
// not as many, or its users are being moved, or it has ended. Of several who race for the last seat, this lets
// exactly one through (R13).
func (p *seats) assign(tenant string, n int) store.Statement {
	return store.Statement{SQL: `UPDATE purchases SET assigned = assigned + ?
		WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND status <> 'DELETED' AND active_move_id IS NULL
			AND assigned + ? >= 0 AND assigned + reserved + ? <= quantity
		RETURNING` + standing, Args: []any{n, p.id, tenant, n, n}, Row: p.into}
}

// givenAtOnce is how many licenses one statement adds.
const givenAtOnce = 400

// giveLicenses give a license of the purchase to each of the users who can hold one, and count those given. They fail, as not
// unique, where somebody does already.
func (s *Service) giveLicenses(v viewer.Viewer, purchaseID string, users, licenses []string, given *int) []store.Statement {
	at := instant.From(s.now())
	var statements []store.Statement
	for from := 0; from < len(users); from += givenAtOnce {
		some := users[from:min(from+givenAtOnce, len(users))]
		args := []any{at, v.Actor()}
		for i, u := range some {
			args = append(args, licenses[from+i], u)
		}
		statements = append(statements, store.Statement{
			SQL: `INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at, assigned_by)
			SELECT g.column1, u.tenant_id, p.id, u.id, ?, ? FROM (VALUES (?, ?)` + strings.Repeat(", (?, ?)", len(some)-1) + `) AS g CROSS JOIN users u CROSS JOIN purchases p
			WHERE u.id = g.column2 AND COALESCE(u.tenant_id = ?, FALSE) AND u.account_enabled AND NOT u.removed
				AND p.id = ? AND COALESCE(p.tenant_id = ?, FALSE) AND (u.kind = 'MEMBER' OR p.source = 'CENTRAL')
			RETURNING 1`,
			Args: append(args, v.Tenant, purchaseID, v.Tenant),
			Row:  func(*store.Rows) error { *given++; return nil },
		})
	}
	return statements
}

// takeLicenses takes the users' licenses of a purchase back, and notes each one's.
func takeLicenses(tenant, purchaseID string, users []string, licenses map[string]string) store.Statement {
	args := []any{purchaseID, tenant}
	for _, u := range users {
		args = append(args, u)
	}
	return store.Statement{SQL: `DELETE FROM licenses WHERE COALESCE(purchase_id = ?, FALSE) AND COALESCE(tenant_id = ?, FALSE)
		AND user_id IN (?` + strings.Repeat(", ?", len(users)-1) + ") RETURNING user_id, id", Args: args, Row: func(r *store.Rows) error {
		var u, l string
		err := r.Scan(&u, &l)
		licenses[u] = l
		return err
	}}
}

// holders tells which of the users hold a license of the product that they can use.
func holders(ctx context.Context, tx *store.Tx, tenant, product string, users []string) (map[string]bool, error) {
	args := []any{product, tenant}
	for _, u := range users {
		args = append(args, u)
	}
	held := map[string]bool{}
	err := tx.Read(ctx, `SELECT l.user_id FROM licenses l CROSS JOIN purchases p
		WHERE p.id = l.purchase_id AND p.product_id = ? AND p.status IN ('ACTIVE', 'EXPIRED') AND COALESCE(l.tenant_id = ?, FALSE)
			AND l.user_id IN (?`+strings.Repeat(", ?", len(users)-1)+")", args, func(r *store.Rows) error {
		var u string
		err := r.Scan(&u)
		held[u] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for licenses of the product: %w", err)
	}
	return held, nil
}

// changed is the refusal of what somebody else has changed just now.
func changed() *fault.Error {
	return fault.New(fault.Conflict, "It was changed in the meantime; read it again and retry.")
}
