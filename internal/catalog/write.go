package catalog

import (
	"context"

	"purser/ent"
	"purser/internal/store"
)

func same(a, b *ent.Product) bool {
	samePrice := a.ListPrice == b.ListPrice ||
		a.ListPrice != nil && b.ListPrice != nil && *a.ListPrice == *b.ListPrice
	return samePrice && a.VendorProductID == b.VendorProductID && a.FormerIds == b.FormerIds &&
		a.Name == b.Name && a.Family == b.Family && a.Kind == b.Kind &&
		a.SelfServiceEligible == b.SelfServiceEligible && a.TrialWithoutPaymentMethod == b.TrialWithoutPaymentMethod &&
		a.TrialDays == b.TrialDays && a.ExcludedCountries == b.ExcludedCountries && a.SearchKey == b.SearchKey
}

func insert(ctx context.Context, tx *store.Tx, p *ent.Product) error {
	return tx.Product.Create().SetID(p.ID).
		SetVendorProductID(p.VendorProductID).SetFormerIds(p.FormerIds).
		SetName(p.Name).SetNameKey(p.NameKey).SetFamily(p.Family).SetFamilyKey(p.FamilyKey).SetSearchKey(p.SearchKey).
		SetKind(p.Kind).SetSelfServiceEligible(p.SelfServiceEligible).
		SetTrialWithoutPaymentMethod(p.TrialWithoutPaymentMethod).SetTrialDays(p.TrialDays).
		SetNillableListPrice(p.ListPrice).SetExcludedCountries(p.ExcludedCountries).
		Exec(ctx)
}

func update(ctx context.Context, tx *store.Tx, old, p *ent.Product) error {
	u := tx.Product.UpdateOneID(p.ID).
		SetVendorProductID(p.VendorProductID).SetFormerIds(p.FormerIds).
		SetName(p.Name).SetNameKey(p.NameKey).SetFamily(p.Family).SetFamilyKey(p.FamilyKey).SetSearchKey(p.SearchKey).
		SetKind(p.Kind).SetSelfServiceEligible(p.SelfServiceEligible).
		SetTrialWithoutPaymentMethod(p.TrialWithoutPaymentMethod).SetTrialDays(p.TrialDays).
		SetExcludedCountries(p.ExcludedCountries)
	if p.ListPrice == nil {
		u.ClearListPrice()
	} else {
		u.SetListPrice(*p.ListPrice)
	}
	if err := u.Exec(ctx); err != nil || old.NameKey == p.NameKey {
		return err
	}
	return renamePurchases(ctx, tx, p)
}

// renamePurchases gives the purchases of a product, in every tenant, the keys that follow from
// its name. It is the one write that reaches across tenants: the catalogue is shared by them.
func renamePurchases(ctx context.Context, tx *store.Tx, p *ent.Product) error {
	_, err := tx.Exec(ctx, `UPDATE purchases SET product_key = ?, search_key = ? ||
		COALESCE((SELECT ? || u.search_key FROM users u WHERE u.id = purchases.purchaser_id), '')
		WHERE product_id = ?`, p.NameKey, p.NameKey, "\n", p.ID)
	return err
}
