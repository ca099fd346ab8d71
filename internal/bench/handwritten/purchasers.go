package handwritten

import (
	"context"
	"database/sql"
)

// group is who bought, with what and for whom.
type group struct {
	Purchaser named           `json:"purchaser"`
	Quantity  int             `json:"quantity"`
	Assigned  int             `json:"assignedQuantity"`
	Purchases nodes[bought]   `json:"purchases"`
	Licenses  nodes[licensed] `json:"licenses"`
}

type named struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

type bought struct {
	ID      string  `json:"id"`
	Product product `json:"product"`
}

type licensed struct {
	ID   string `json:"id"`
	User named  `json:"user"`
}

const (
	// grouped walks the index of who bought, and stops.
	grouped = `(SELECT purchaser_key, purchaser_id, SUM(quantity) AS quantity, SUM(assigned) AS assigned
		FROM purchases WHERE tenant_id = $1 AND source = 'SELF_SERVICE' AND status IN ('ACTIVE', 'EXPIRED')
		GROUP BY purchaser_key, purchaser_id ORDER BY purchaser_key, purchaser_id LIMIT $2) g`

	ofGroup = `p.tenant_id = $1 AND p.purchaser_id = g.purchaser_id AND p.source = 'SELF_SERVICE' AND p.status IN ('ACTIVE', 'EXPIRED')`

	groupsSQL = `SELECT u.id, u.display_name, g.quantity, g.assigned FROM ` + grouped + `
		JOIN users u ON u.id = g.purchaser_id ORDER BY g.purchaser_key, g.purchaser_id`

	// firstBought and firstHeld walk an index for each group, and stop. On PostgreSQL that is LATERAL; SQLite has no such
	// thing, and finds the same rows by their ids.
	firstBought = ` FROM purchases p WHERE ` + ofGroup + ` ORDER BY p.purchased_at DESC, p.id DESC LIMIT 5`
	firstHeld   = ` FROM purchases p JOIN licenses l ON l.purchase_id = p.id AND l.id <= COALESCE(
		(SELECT x.id FROM licenses x WHERE x.purchase_id = p.id ORDER BY x.id LIMIT 1 OFFSET 4), '~') WHERE ` + ofGroup + ` ORDER BY l.id LIMIT 5`

	boughtHead = `SELECT g.purchaser_id, b.id, pr.id, pr.name FROM ` + grouped
	boughtTail = ` JOIN products pr ON pr.id = b.product_id ORDER BY g.purchaser_id, b.purchased_at DESC, b.id DESC`
	heldHead   = `SELECT g.purchaser_id, h.id, u.id, u.display_name FROM ` + grouped
	heldTail   = ` JOIN users u ON u.id = h.user_id ORDER BY g.purchaser_id, h.id`
)

// perGroupSQL selects the first purchases, and the first licenses, of each group.
func perGroupSQL(driver string) (boughtSQL, heldSQL string) {
	if driver == "pgx" {
		return boughtHead + ` CROSS JOIN LATERAL (SELECT p.id, p.product_id, p.purchased_at` + firstBought + `) b` + boughtTail,
			heldHead + ` CROSS JOIN LATERAL (SELECT l.id, l.user_id` + firstHeld + `) h` + heldTail
	}
	return boughtHead + ` CROSS JOIN purchases b ON b.id IN (SELECT p.id` + firstBought + `)` + boughtTail,
		heldHead + ` CROSS JOIN licenses h ON h.id IN (SELECT l.id` + firstHeld + `)` + heldTail
}

func (h *Handler) purchasers(ctx context.Context, tenant string, first int) ([]*group, error) {
	list := make([]*group, 0, first)
	byID := make(map[string]*group, first)
	err := h.each(ctx, h.groups, tenant, first, func(rows *sql.Rows) error {
		g := &group{Purchases: nodes[bought]{[]bought{}}, Licenses: nodes[licensed]{[]licensed{}}}
		err := rows.Scan(&g.Purchaser.ID, &g.Purchaser.DisplayName, &g.Quantity, &g.Assigned)
		list = append(list, g)
		byID[g.Purchaser.ID] = g
		return err
	})
	if err != nil {
		return nil, err
	}
	err = h.each(ctx, h.groupBought, tenant, first, func(rows *sql.Rows) error {
		var of string
		var b bought
		err := rows.Scan(&of, &b.ID, &b.Product.ID, &b.Product.Name)
		byID[of].Purchases.Nodes = append(byID[of].Purchases.Nodes, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, h.each(ctx, h.groupSeat, tenant, first, func(rows *sql.Rows) error {
		var of string
		var l licensed
		err := rows.Scan(&of, &l.ID, &l.User.ID, &l.User.DisplayName)
		byID[of].Licenses.Nodes = append(byID[of].Licenses.Nodes, l)
		return err
	})
}

// each runs a statement on the first of a tenant's groups.
func (h *Handler) each(ctx context.Context, statement *sql.Stmt, tenant string, first int, scan func(*sql.Rows) error) error {
	h.Statements.Add(1)
	rows, err := statement.QueryContext(ctx, tenant, first)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
