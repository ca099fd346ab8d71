package policy

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/tenant"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

// standard is what a tenant's products get that have no policy of their own.
type standard model.SelfServicePolicyValue

// forProduct returns what the default means for a product: TRIALS_ONLY is DISABLED where there is
// no such trial.
func (d standard) forProduct(p *ent.Product) model.SelfServicePolicyValue {
	value := model.SelfServicePolicyValue(d)
	if value == model.SelfServicePolicyValueTrialsOnly && !HasTrial(p) {
		return model.SelfServicePolicyValueDisabled
	}
	return value
}

func defaultOf(ctx context.Context, tx *store.Tx) (standard, error) {
	v, _ := viewer.From(ctx)
	value, err := tx.Tenant.Query().Where(tenant.ID(v.Tenant)).Select(tenant.FieldDefaultPolicy).String(ctx)
	if err != nil {
		return "", fmt.Errorf("read the default policy: %w", err)
	}
	return standard(value), nil
}

// SetDefault sets what the products get that have no policy of their own, those that do not exist
// yet included (R7). GLOBAL_ADMIN and BILLING_ADMIN may; else it is fault.Forbidden. In one transaction: the
// default and its event, whose subject is the tenant; setting what is set already changes nothing.
func (s *Service) SetDefault(ctx context.Context, value model.SelfServicePolicyValue) error {
	v, _ := viewer.From(ctx)
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return fault.New(fault.Forbidden, "Your roles do not allow setting policies.")
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, "tenants", v.Tenant); err != nil {
			return fmt.Errorf("set the default policy: %w", err)
		}
		was, err := defaultOf(ctx, tx)
		if err != nil || model.SelfServicePolicyValue(was) == value {
			return err
		}
		if err := tx.Tenant.Update().Where(tenant.ID(v.Tenant)).SetDefaultPolicy(string(value)).Exec(ctx); err != nil {
			return fmt.Errorf("set the default policy: %w", err)
		}
		return s.trail.Record(ctx, tx, audit.Event{Action: audit.DefaultPolicySet, Subject: v.Tenant, Changes: []audit.Change{
			audit.Changed("defaultSelfServicePolicy", string(was), string(value)),
		}})
	})
}
