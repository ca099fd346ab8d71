package directory

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/selfservicepolicy"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/id"
)

// policy takes over a line about a policy. One that names a product by a former id is the product's.
func (im *importer) policy(ctx context.Context, r *record) error {
	productID := r.text("productId", maxRef)
	value := enum(r, "value", model.AllSelfServicePolicyValue)
	need(r, "productId", productID)
	need(r, "value", value)
	if !r.end() {
		return nil
	}
	product, ok := im.products.Find(*productID)
	switch {
	case !ok:
		r.wrong("productId", "there is no product %q", clip(*productID))
	case *value == string(model.SelfServicePolicyValueTrialsOnly) &&
		(product.Kind == string(model.ProductKindOfferType) || !product.TrialWithoutPaymentMethod):
		r.wrong("value", "%s has no trial without payment method", product.VendorProductID)
	}
	if r.failed || im.tenant == nil {
		return nil
	}
	if err := im.setPolicy(im.inTenant(ctx), product, *value); err != nil {
		return fmt.Errorf("set the policy of %s: %w", product.VendorProductID, err)
	}
	return nil
}

func (im *importer) setPolicy(ctx context.Context, product *ent.Product, value string) error {
	old, err := im.tx.SelfServicePolicy.Query().Where(selfservicepolicy.ProductID(product.ID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	changed := old != nil && old.Value != value
	im.result.Policies.count(old == nil, changed)
	was := im.tenant.DefaultPolicy
	policyID := id.Compose(id.Policy, id.Body(im.tenant.ID), id.Body(product.ID))
	switch {
	case old == nil:
		err = im.tx.SelfServicePolicy.Create().SetID(policyID).SetTenantID(im.tenant.ID).SetProductID(product.ID).
			SetValue(value).SetChangedAt(im.now).Exec(ctx)
	case changed:
		was = old.Value
		err = im.tx.SelfServicePolicy.UpdateOneID(policyID).SetValue(value).SetChangedAt(im.now).ClearChangedBy().Exec(ctx)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return im.d.trail.Record(ctx, im.tx, audit.Event{
		Action: audit.PolicySet, Subject: policyID, Changes: []audit.Change{audit.Changed("value", was, value)},
	})
}
