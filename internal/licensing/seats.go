package licensing

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"strings"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
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
}

const standing = " source, status, COALESCE(purchaser_id, ''), active_move_id IS NOT NULL, product_id, quantity - assigned - reserved "

// readSeats reads a purchase by a statement; nil where that finds none.
func readSeats(ctx context.Context, tx *store.Tx, purchaseID, query string, args ...any) (*seats, error) {
	p := &seats{id: purchaseID}
	err := tx.ReadRow(ctx, query, args, &p.Source, &p.Status, &p.Purchaser, &p.Moving, &p.product, &p.free)
	if errors.Is(err, stdsql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none, and that is no failure
	}
	return p, err
}

// lockSeats reads a purchase; nil where the tenant has none such.
func lockSeats(ctx context.Context, tx *store.Tx, tenant, purchaseID string) (*seats, error) {
	q := "SELECT" + standing + "FROM purchases WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)"
	if tx.Postgres() {
		q += " FOR NO KEY UPDATE"
	}
	p, err := readSeats(ctx, tx, purchaseID, q, purchaseID, tenant)
	if err != nil {
		return nil, fmt.Errorf("read the purchase: %w", err)
	}
	return p, nil
}

// assignSeats has n more seats of the purchase assigned, or fewer, and returns the purchase as it is
// then; nil when there are not as many, or its users are being moved, or it has ended. Of several who race
// for the last seat, this lets exactly one through (R13).
func assignSeats(ctx context.Context, tx *store.Tx, tenant, purchaseID string, n int) (*seats, error) {
	p, err := readSeats(ctx, tx, purchaseID, `UPDATE purchases SET assigned = assigned + ?
		WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) AND status <> 'DELETED' AND active_move_id IS NULL
			AND assigned + ? >= 0 AND assigned + reserved + ? <= quantity
		RETURNING`+standing, n, purchaseID, tenant, n, n)
	if err != nil {
		return nil, fmt.Errorf("take seats: %w", err)
	}
	return p, nil
}

// givenAtOnce is how many licenses one statement adds.
const givenAtOnce = 400

// giveLicenses gives a license to each of the users who can hold one and does not yet, and returns the
// licenses' ids in the order of the users, with how many were given.
func (s *Service) giveLicenses(ctx context.Context, tx *store.Tx, v viewer.Viewer, p *seats, users []string) (licenses []string, given int, err error) {
	licenses = make([]string, len(users))
	for i := range users {
		licenses[i] = s.ids.New(id.License)
	}
	at, guests := instant.From(s.now()), p.Source == model.PurchaseSourceCentral
	for from := 0; from < len(users); from += givenAtOnce {
		some := users[from:min(from+givenAtOnce, len(users))]
		args := []any{p.id, at, v.Actor()}
		for i, u := range some {
			args = append(args, licenses[from+i], u)
		}
		n, err := tx.Exec(ctx, `INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at, assigned_by)
			SELECT g.column1, u.tenant_id, ?, u.id, ?, ? FROM (VALUES (?, ?)`+strings.Repeat(", (?, ?)", len(some)-1)+`) AS g CROSS JOIN users u
			WHERE u.id = g.column2 AND COALESCE(u.tenant_id = ?, FALSE) AND u.account_enabled AND NOT u.removed AND (u.kind = 'MEMBER' OR ?)
			ON CONFLICT (purchase_id, user_id) DO NOTHING`, append(args, v.Tenant, guests)...)
		if err != nil {
			return nil, 0, fmt.Errorf("give licenses: %w", err)
		}
		given += n
	}
	return licenses, given, nil
}

// takeLicenses takes the users' licenses of a purchase back, and returns each one's.
func takeLicenses(ctx context.Context, tx *store.Tx, tenant string, p *seats, users []string) (licenses map[string]string, err error) {
	licenses = make(map[string]string, len(users))
	args := []any{p.id, tenant}
	for _, u := range users {
		args = append(args, u)
	}
	err = tx.Read(ctx, `DELETE FROM licenses WHERE COALESCE(purchase_id = ?, FALSE) AND COALESCE(tenant_id = ?, FALSE)
		AND user_id IN (?`+strings.Repeat(", ?", len(users)-1)+") RETURNING user_id, id", args, func(r *store.Rows) error {
		var u, l string
		err := r.Scan(&u, &l)
		licenses[u] = l
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take licenses back: %w", err)
	}
	return licenses, nil
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
