package handwritten

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"purser/internal/instant"
	"purser/internal/money"
)

type connection struct {
	TotalCount int         `json:"totalCount"`
	Nodes      []*purchase `json:"nodes"`
}

// overview is a purchase as both answers show it.
type overview struct {
	ID        string  `json:"id"`
	Quantity  int     `json:"quantity"`
	Status    string  `json:"status"`
	ExpiresAt string  `json:"expiresAt"`
	Price     price   `json:"price"`
	Product   product `json:"product"`
	Purchaser *user   `json:"purchaser"`
}

type purchase struct {
	overview

	Licenses nodes[license] `json:"licenses"`
}

type price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type product struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type user struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	UserPrincipalName string `json:"userPrincipalName"`
}

type nodes[T any] struct {
	Nodes []T `json:"nodes"`
}

type license struct {
	ID         string `json:"id"`
	AssignedAt string `json:"assignedAt"`
	User       user   `json:"user"`
}

const (
	columns = `p.id, p.quantity, p.status, p.expires_at, p.kind, p.unit_price, p.currency,
		pr.id, pr.name, COALESCE(u.id, ''), COALESCE(u.display_name, ''), COALESCE(u.user_principal_name, '')`

	listSQL = `SELECT ` + columns + `, (SELECT COUNT(*) FROM purchases c WHERE c.tenant_id = $1 AND c.source = 'SELF_SERVICE')
		FROM purchases p JOIN products pr ON pr.id = p.product_id LEFT JOIN users u ON u.id = p.purchaser_id
		WHERE p.tenant_id = $1 AND p.source = 'SELF_SERVICE' ORDER BY p.purchased_at DESC, p.id DESC LIMIT $2`

	// seatsSQL walks the index of each purchase's licenses to the fifth, and no further.
	seatsSQL = `SELECT p.id, l.id, l.assigned_at, u.id, u.display_name, u.user_principal_name
		FROM (SELECT id, status FROM purchases WHERE tenant_id = $1 AND source = 'SELF_SERVICE'
			ORDER BY purchased_at DESC, id DESC LIMIT $2) p
		JOIN licenses l ON l.purchase_id = p.id AND p.status <> 'DELETED' AND l.id <= COALESCE(
			(SELECT x.id FROM licenses x WHERE x.purchase_id = p.id ORDER BY x.id LIMIT 1 OFFSET 4), '~')
		JOIN users u ON u.id = l.user_id ORDER BY l.purchase_id, l.id`

	byIDSQL = `SELECT ` + columns + `
		FROM purchases p JOIN products pr ON pr.id = p.product_id LEFT JOIN users u ON u.id = p.purchaser_id
		WHERE p.id = $1 AND p.tenant_id = $2`
)

func (h *Handler) purchase(w http.ResponseWriter, r *http.Request) {
	c, err := h.whoAsks(r)
	if err != nil {
		fail(w, err)
		return
	}
	p, err := h.one(r.Context(), c.tenant, r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, map[string]any{"purchase": p})
}

func (h *Handler) purchases(ctx context.Context, tenant string, first int) (*connection, error) {
	page := &connection{Nodes: make([]*purchase, 0, first)}
	h.Statements.Add(1)
	rows, err := h.list.QueryContext(ctx, tenant, first)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	byID := make(map[string]*purchase, first)
	for rows.Next() {
		p := &purchase{Licenses: nodes[license]{[]license{}}}
		if err := p.scan(rows, &page.TotalCount); err != nil {
			return nil, err
		}
		page.Nodes = append(page.Nodes, p)
		byID[p.ID] = p
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return page, h.licenses(ctx, tenant, first, byID)
}

func (h *Handler) licenses(ctx context.Context, tenant string, first int, purchases map[string]*purchase) error {
	h.Statements.Add(1)
	rows, err := h.seats.QueryContext(ctx, tenant, first)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var of string
		var at instant.Milli
		var l license
		if err := rows.Scan(&of, &l.ID, &at, &l.User.ID, &l.User.DisplayName, &l.User.UserPrincipalName); err != nil {
			return err
		}
		l.AssignedAt = at.String()
		p := purchases[of]
		p.Licenses.Nodes = append(p.Licenses.Nodes, l)
	}
	return rows.Err()
}

func (h *Handler) one(ctx context.Context, tenant, id string) (*overview, error) {
	h.Statements.Add(1)
	var p overview
	err := p.scan(h.byID.QueryRowContext(ctx, id, tenant))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // the answer is null
	}
	return &p, err
}

// scan reads the columns, and what comes after them.
func (p *overview) scan(row interface{ Scan(dest ...any) error }, more ...any) error {
	var kind string
	var expires instant.Milli
	var unit money.Amount
	var by user
	err := row.Scan(append([]any{
		&p.ID, &p.Quantity, &p.Status, &expires, &kind, &unit, &p.Price.Currency,
		&p.Product.ID, &p.Product.Name, &by.ID, &by.DisplayName, &by.UserPrincipalName,
	}, more...)...)
	if err != nil {
		return err
	}
	total := unit.Times(p.Quantity)
	if kind != "PAID" {
		total = 0
	}
	p.ExpiresAt, p.Price.Amount = expires.String(), total.Format(p.Price.Currency)
	if by.ID != "" {
		p.Purchaser = &by
	}
	return nil
}
