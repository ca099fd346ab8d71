// Package policy is what a tenant lets its users buy for themselves.
package policy

import (
	"context"
	"fmt"
	"time"

	"purser/ent"
	"purser/ent/selfservicepolicy"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Service sets policies.
type Service struct {
	db    *store.DB
	trail *audit.Trail
	now   func() time.Time
}

// New returns a service.
func New(db *store.DB, trail *audit.Trail, now func() time.Time) *Service {
	return &Service{db: db, trail: trail, now: now}
}

// Set sets what users may buy of one product. GLOBAL_ADMIN and BILLING_ADMIN may. In one
// transaction: the policy and its event; setting what is set already changes nothing. It returns
// fault.Forbidden, fault.NotFound for the product, and fault.Invalid for TRIALS_ONLY where there is
// no trial without a payment method (an offer type never has one).
func (s *Service) Set(ctx context.Context, productID string, value model.SelfServicePolicyValue) error {
	v, _ := viewer.From(ctx)
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return fault.New(fault.Forbidden, "Your roles do not allow setting policies.")
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, "tenants", v.Tenant); err != nil { // one change at a time: each knows what it changes from
			return fmt.Errorf("set a policy: %w", err)
		}
		product, err := tx.Product.Get(ctx, id.Known(productID))
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such product.").At("productId")
		}
		if err != nil {
			return fmt.Errorf("set a policy: %w", err)
		}
		if value == model.SelfServicePolicyValueTrialsOnly && !HasTrial(product) {
			return fault.New(fault.Invalid, "%s has no trial without a payment method: set ENABLED or DISABLED.", product.Name).At("value")
		}
		return s.set(ctx, tx, product, value)
	})
}

// HasTrial tells whether a product has a trial that needs no payment method; an offer type never has one.
func HasTrial(p *ent.Product) bool {
	return p.Kind == string(model.ProductKindProduct) && p.TrialWithoutPaymentMethod
}

func (s *Service) set(ctx context.Context, tx *store.Tx, product *ent.Product, value model.SelfServicePolicyValue) error {
	v, _ := viewer.From(ctx)
	was, explicit, err := Current(ctx, tx, product)
	if err != nil || explicit && was == value {
		return err
	}
	policyID := id.Compose(id.Policy, id.Body(v.Tenant), id.Body(product.ID))
	err = tx.SelfServicePolicy.Create().
		SetID(policyID).SetTenantID(v.Tenant).SetProductID(product.ID).SetValue(string(value)).
		SetChangedAt(instant.From(s.now())).SetNillableChangedBy(v.Actor()).
		OnConflictColumns(selfservicepolicy.FieldID).UpdateNewValues().
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("set a policy: %w", err)
	}
	return s.trail.Record(ctx, tx, audit.Event{
		Action: audit.PolicySet, Subject: policyID,
		Changes: []audit.Change{audit.Changed("value", string(was), string(value))},
	})
}

// Current returns what holds for a product, and whether somebody set it.
func Current(ctx context.Context, tx *store.Tx, product *ent.Product) (model.SelfServicePolicyValue, bool, error) {
	set, err := tx.SelfServicePolicy.Query().Where(selfservicepolicy.ProductID(product.ID)).Only(ctx)
	if err == nil {
		return model.SelfServicePolicyValue(set.Value), true, nil
	}
	if !ent.IsNotFound(err) {
		return "", false, fmt.Errorf("read a policy: %w", err)
	}
	def, err := defaultOf(ctx, tx)
	return def.forProduct(product), false, err
}

// Allows tells whether a policy lets a user buy a product in this way (R6): ENABLED everything,
// TRIALS_ONLY the trials that need no payment method, of products that have one, DISABLED nothing.
func Allows(value model.SelfServicePolicyValue, p *ent.Product, kind model.PurchaseKind) bool {
	switch value {
	case model.SelfServicePolicyValueEnabled:
		return true
	case model.SelfServicePolicyValueTrialsOnly:
		return kind == model.PurchaseKindTrialWithoutPaymentMethod && HasTrial(p)
	case model.SelfServicePolicyValueDisabled:
	}
	return false
}
