package handwritten

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"purser/internal/id"
)

// assigned is the answer to who has given a license.
type assigned struct {
	Purchase   seats      `json:"purchase"`
	Licenses   []given    `json:"licenses"`
	UserErrors []struct{} `json:"userErrors"`
}

type seats struct {
	ID        string `json:"id"`
	Quantity  int    `json:"quantity"`
	Assigned  int    `json:"assignedQuantity"`
	Available int    `json:"availableQuantity"`
}

type given struct {
	ID   string `json:"id"`
	User user   `json:"user"`
}

const (
	// takeSQL lets one through of several who race for the last seat.
	takeSQL = `UPDATE purchases SET assigned = assigned + 1
		WHERE id = $1 AND tenant_id = $2 AND source = 'CENTRAL' AND status <> 'DELETED' AND active_move_id IS NULL AND assigned + reserved < quantity
		RETURNING quantity, assigned, quantity - assigned - reserved`

	giveSQL = `INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at, assigned_by)
		SELECT $1, u.tenant_id, $2, u.id, CAST($3 AS bigint), $4 FROM users u WHERE u.id = $5 AND u.tenant_id = $6 AND u.account_enabled AND NOT u.removed
		RETURNING (SELECT u.display_name FROM users u WHERE u.id = user_id), (SELECT u.user_principal_name FROM users u WHERE u.id = user_id)`

	recordSQL = `INSERT INTO audit_events (id, tenant_id, at, actor_id, actor_name, action, subject_id, changes)
		VALUES ($1, $2, $3, $4, $5, 'license.assigned', $6, $7)`
)

// errRefused says that a license cannot be given, and not why: the API tells.
var errRefused = errors.New("refused")

func (h *Handler) assign(w http.ResponseWriter, r *http.Request) {
	var input struct{ UserID string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&input); err != nil {
		http.Error(w, "userId is missing", http.StatusBadRequest)
		return
	}
	c, err := h.whoAsks(r)
	if err != nil {
		fail(w, err)
		return
	}
	a, err := h.giveLicense(r.Context(), c, r.PathValue("id"), input.UserID)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, map[string]any{"assignLicenses": a})
}

// giveLicense takes the seat, gives the license and records that, in one transaction.
func (h *Handler) giveLicense(ctx context.Context, c who, purchaseID, userID string) (_ *assigned, err error) {
	tx, err := h.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	take, give, record := tx.StmtContext(ctx, h.take), tx.StmtContext(ctx, h.give), tx.StmtContext(ctx, h.record) //nolint:sqlclosecheck // the transaction closes them
	h.Statements.Add(3)
	a := &assigned{Purchase: seats{ID: purchaseID}, UserErrors: []struct{}{}}
	if err := take.QueryRowContext(ctx, purchaseID, c.tenant).Scan(&a.Purchase.Quantity, &a.Purchase.Assigned, &a.Purchase.Available); err != nil {
		return nil, refused(err)
	}
	l, now := given{ID: h.ids.New(id.License), User: user{ID: userID}}, h.now().UnixMilli()
	if err := give.QueryRowContext(ctx, l.ID, purchaseID, now, c.user, userID, c.tenant).Scan(&l.User.DisplayName, &l.User.UserPrincipalName); err != nil {
		return nil, refused(err)
	}
	changes := fmt.Sprintf(`[["purchase",null,%q],["user",null,%q]]`, purchaseID, userID)
	if _, err := record.ExecContext(ctx, h.ids.New(id.AuditEvent), c.tenant, now, c.user, c.name, l.ID, changes); err != nil {
		return nil, err
	}
	a.Licenses = []given{l}
	return a, tx.Commit()
}

func refused(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errRefused
	}
	return err
}
