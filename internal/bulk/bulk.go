// Package bulk writes many rows with few statements, into the viewer's tenant.
package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/store"
	"purser/internal/viewer"
)

// perStatement is how many rows one statement writes: 400 purchases are 11,600 bind variables
// of the 30,000 that both databases take.
const perStatement = 400

// table says how a kind of rows is stored.
type table[T any] struct {
	name   string
	insert []string // columns, tenant_id left out
	update []string // those of them that a row which is there already takes over
	values func(T) []any
}

// save inserts rows; of those whose id is there already it updates the columns that may change.
// It is the one place that writes past ent, so it names the tenant itself.
func (t table[T]) save(ctx context.Context, tx *store.Tx, rows []T) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "%s were written without a viewer", t.name)
	}
	for chunk := range slices.Chunk(rows, perStatement) {
		args := make([]any, 0, len(chunk)*(len(t.insert)+1))
		for _, row := range chunk {
			args = append(append(args, v.Tenant), t.values(row)...)
		}
		if _, err := tx.Exec(ctx, t.statement(len(chunk)), args...); err != nil {
			return fmt.Errorf("write %s: %w", t.name, err)
		}
	}
	return nil
}

func (t table[T]) statement(rows int) string {
	row := "(?" + strings.Repeat(", ?", len(t.insert)) + ")"
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (tenant_id, %s) VALUES %s", t.name, strings.Join(t.insert, ", "), row)
	b.WriteString(strings.Repeat(", "+row, rows-1))
	b.WriteString(" ON CONFLICT (id) DO UPDATE SET ")
	for i, c := range t.update {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = excluded." + c)
	}
	fmt.Fprintf(&b, " WHERE %s.tenant_id = excluded.tenant_id", t.name)
	return b.String()
}

// KeyUser fills in the keys by which a user is ordered, found and searched.
func KeyUser(u *ent.User) {
	u.NameKey = fold.Key(u.DisplayName)
	u.UpnKey = fold.Key(u.UserPrincipalName)
	mail := ""
	if u.Mail != nil {
		mail = *u.Mail
	}
	u.SearchKey = fold.Keys(u.DisplayName, u.UserPrincipalName, mail)
}

// KeyPurchase makes p a purchase of the product by the purchaser, who may be nil, and fills in
// the keys by which it is ordered and searched; of a new trial also who tries it.
func KeyPurchase(p *ent.Purchase, product *ent.Product, purchaser *ent.User) {
	p.ProductID, p.ProductKey, p.SearchKey = product.ID, product.NameKey, product.NameKey
	p.PurchaserID, p.PurchaserKey = nil, ""
	if purchaser != nil {
		p.PurchaserID, p.PurchaserKey = &purchaser.ID, purchaser.NameKey
		p.SearchKey += "\n" + purchaser.SearchKey
	}
	if p.TriedBy == nil && p.Kind != string(model.PurchaseKindPaid) {
		p.TriedBy = p.PurchaserID
	}
}
