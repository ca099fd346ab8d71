package handwritten

import (
	"context"
	"database/sql"
	"net/http"
)

// productLicenses is a row of the licenses page.
type productLicenses struct {
	Product   product `json:"product"`
	Quantity  int     `json:"quantity"`
	Assigned  int     `json:"assignedQuantity"`
	Available int     `json:"availableQuantity"`
}

// scanSQL sums the purchases by product, and counts the licenses of each.
const scanSQL = `SELECT pr.id, pr.name, s.quantity, s.assigned, s.reserved
	FROM (SELECT p.product_id, SUM(p.quantity) AS quantity, SUM((SELECT COUNT(*) FROM licenses l WHERE l.purchase_id = p.id)) AS assigned, SUM(p.reserved) AS reserved
		FROM purchases p WHERE p.tenant_id = $1 AND p.status IN ('ACTIVE', 'EXPIRED') GROUP BY p.product_key, p.product_id) s
	JOIN products pr ON pr.id = s.product_id ORDER BY pr.name_key, pr.id LIMIT $2`

// countersSQL adds up the totals that the database keeps.
const countersSQL = `SELECT pr.id, pr.name, s.quantity, s.assigned, s.reserved
	FROM (SELECT t.product_key, t.product_id, SUM(t.quantity) AS quantity, SUM(t.assigned) AS assigned, SUM(t.reserved) AS reserved
		FROM product_totals t WHERE t.tenant_id = $1 AND t.status IN ('ACTIVE', 'EXPIRED') GROUP BY t.product_key, t.product_id HAVING SUM(t.purchases) > 0
		ORDER BY t.product_key, t.product_id LIMIT $2) s
	JOIN products pr ON pr.id = s.product_id ORDER BY s.product_key, s.product_id`

func (h *Handler) products(w http.ResponseWriter, r *http.Request) {
	statement := h.byScan
	if r.URL.Query().Get("by") == "counters" {
		statement = h.byCounters
	}
	h.page(func(ctx context.Context, tenant string, first int) (any, error) {
		rows, err := h.sums(ctx, statement, tenant, first)
		return map[string]any{"productLicenses": nodes[productLicenses]{rows}}, err
	})(w, r)
}

func (h *Handler) sums(ctx context.Context, statement *sql.Stmt, tenant string, first int) ([]productLicenses, error) {
	h.Statements.Add(1)
	rows, err := statement.QueryContext(ctx, tenant, first)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	list := []productLicenses{}
	for rows.Next() {
		var p productLicenses
		var reserved int
		if err := rows.Scan(&p.Product.ID, &p.Product.Name, &p.Quantity, &p.Assigned, &reserved); err != nil {
			return nil, err
		}
		p.Available = p.Quantity - p.Assigned - reserved
		list = append(list, p)
	}
	return list, rows.Err()
}
