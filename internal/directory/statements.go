package directory

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"slices"
	"strings"

	"purser/ent"
	"purser/internal/instant"
	"purser/internal/store"

	entlicense "purser/ent/license"
)

// The raw statements of an import. Each names the tenant.

// perStatement is how many rows one of them is about at most.
const perStatement = 400

// places returns n groups of bind variables, parted by commas.
func places(group string, n int) string {
	return strings.TrimSuffix(strings.Repeat(group+", ", n), ", ")
}

func anys(first []any, texts []string) []any {
	for _, s := range texts {
		first = append(first, s)
	}
	return first
}

// lock keeps rows from being changed by others. SQLite has one writer anyway.
func (im *importer) lock(ctx context.Context, query string, args ...any) error {
	if !im.tx.Postgres() {
		return nil
	}
	_, err := im.tx.Exec(ctx, query, args...)
	return err
}

// planAnew lets PostgreSQL, which plans a statement once and for what the tables held then, see
// how they have grown in this transaction: else it goes on reading whole tables for each batch.
func (im *importer) planAnew(ctx context.Context) error {
	if n := im.result.changes(); !im.tx.Postgres() || n < 4*max(im.plannedFor, batch) {
		return nil
	}
	im.plannedFor = im.result.changes()
	if _, err := im.tx.Exec(ctx, "ANALYZE users, purchases, licenses"); err != nil {
		return fmt.Errorf("renew the statistics: %w", err)
	}
	return nil
}

func (im *importer) lockPurchases(ctx context.Context, refs []string) error {
	query := "SELECT id FROM purchases WHERE tenant_id = ? AND ref IN (" + places("?", len(refs)) + ") ORDER BY id FOR NO KEY UPDATE"
	return im.lock(ctx, query, anys([]any{im.tenant.ID}, refs)...)
}

// renamePurchases gives the purchases of users the keys that follow from their names.
func (im *importer) renamePurchases(ctx context.Context, userIDs []string) error {
	for ids := range slices.Chunk(userIDs, perStatement) {
		_, err := im.tx.Exec(ctx, `UPDATE purchases SET
			purchaser_key = (SELECT u.name_key FROM users u WHERE u.id = purchases.purchaser_id),
			search_key = product_key || ? || (SELECT u.search_key FROM users u WHERE u.id = purchases.purchaser_id)
			WHERE tenant_id = ? AND purchaser_id IN (`+places("?", len(ids))+`)`, anys([]any{"\n", im.tenant.ID}, ids)...)
		if err != nil {
			return fmt.Errorf("rename purchasers: %w", err)
		}
	}
	return nil
}

// release takes the licenses of purchases away.
func (im *importer) release(ctx context.Context, purchaseIDs []string) error {
	for ids := range slices.Chunk(purchaseIDs, perStatement) {
		in := "(" + places("?", len(ids)) + ")"
		n, err := im.tx.Exec(ctx, "DELETE FROM licenses WHERE COALESCE(tenant_id = ?, FALSE) AND purchase_id IN "+in, anys([]any{im.tenant.ID}, ids)...)
		if err == nil {
			_, err = im.tx.Exec(ctx, "UPDATE purchases SET assigned = 0 WHERE COALESCE(tenant_id = ?, FALSE) AND id IN "+in, anys([]any{im.tenant.ID}, ids)...)
		}
		if err != nil {
			return fmt.Errorf("release licenses: %w", err)
		}
		im.result.Released += n
	}
	return nil
}

// addAssigned adds to the purchases' numbers of licenses.
func (im *importer) addAssigned(ctx context.Context, seats map[string]int) error {
	for ids := range slices.Chunk(keysOf(seats), perStatement) {
		var args []any
		for _, purchaseID := range ids {
			args = append(args, purchaseID, seats[purchaseID])
		}
		_, err := im.tx.Exec(ctx, `UPDATE purchases SET assigned = assigned + v.column2
			FROM (VALUES `+places("(?, CAST(? AS integer))", len(ids))+`) AS v
			WHERE purchases.id = v.column1 AND COALESCE(purchases.tenant_id = ?, FALSE)`, append(args, im.tenant.ID)...)
		if err != nil {
			return fmt.Errorf("count licenses: %w", err)
		}
	}
	return nil
}

// held returns the licenses that the waiting lines speak of and that are there already.
func (im *importer) held(ctx context.Context, purchases map[string]*ent.Purchase, users map[string]*ent.User) (map[pair]*ent.License, error) {
	found := map[pair]*ent.License{}
	args := []any{}
	for _, l := range im.licenses {
		if p, u := purchases[*l.ref], users[l.key]; p != nil && u != nil && p.Assigned > 0 {
			args = append(args, p.ID, u.ID)
		}
	}
	for chunk := range slices.Chunk(args, 2*perStatement) {
		if err := im.readHeld(ctx, chunk, found); err != nil {
			return nil, fmt.Errorf("find licenses: %w", err)
		}
	}
	return found, nil
}

// readHeld looks each pair up among the user's licenses: as a join, planners would rather read the whole table, and
// of a purchase PostgreSQL may not know yet how many it has.
func (im *importer) readHeld(ctx context.Context, pairs []any, found map[pair]*ent.License) error {
	one := "(SELECT l.%s FROM licenses l WHERE l.user_id = v.column2 AND COALESCE(l.purchase_id = v.column1, FALSE) AND COALESCE(l.tenant_id = ?, FALSE))"
	query := fmt.Sprintf("SELECT v.column1, v.column2, "+one+", "+one+" FROM (VALUES ", entlicense.FieldID, entlicense.FieldAssignedAt) +
		places("(?, ?)", len(pairs)/2) + ") AS v"
	return im.tx.Read(ctx, query, append([]any{im.tenant.ID, im.tenant.ID}, pairs...), func(r *store.Rows) error {
		var p pair
		var licenseID stdsql.NullString
		var at stdsql.NullInt64
		if err := r.Scan(&p.purchase, &p.user, &licenseID, &at); err != nil {
			return err
		}
		if licenseID.Valid {
			found[p] = &ent.License{ID: licenseID.String, PurchaseID: p.purchase, UserID: p.user, AssignedAt: instant.Milli(at.Int64)}
		}
		return nil
	})
}
