package policy

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"purser/ent"
	"purser/ent/product"
	"purser/ent/selfservicepolicy"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// MostProducts is how many products a change of many policies can name.
const MostProducts = 1000

// Bulk is a change of many policies.
type Bulk struct {
	Value    model.SelfServicePolicyValue
	Products []string // these; nil: all that users can buy for themselves
	Family   *string  // only of this family, without regard to case
	Except   []string // but these
	DryRun   bool     // tell, and change nothing
}

// Change is what became of one product.
type Change struct {
	ProductID string
	Was, Now  model.SelfServicePolicyValue
	Action    model.PolicyChangeAction
	Code      fault.Code // why it FAILED
}

// SetMany sets the policies of many products at once, and tells what became of each, in the order of
// their names. GLOBAL_ADMIN and BILLING_ADMIN may. One that cannot be set (TRIALS_ONLY where there
// is no such trial: fault.Invalid) is FAILED and keeps its policy; the others go on (R11). It is one transaction
// with an event a policy that changes. A product that is named and does not exist, or is named twice, is
// returned as wrong, fault.NotFound or Invalid at "productIds" and its index, beside the changes of the others.
// The error is fault.Forbidden; fault.Invalid for lists that are empty or too long; fault.NotFound for
// a family that there is not, and for an exception that does not exist: then nothing is done.
func (s *Service) SetMany(ctx context.Context, b Bulk) (changes []Change, wrong, err error) {
	v, _ := viewer.From(ctx)
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return nil, nil, fault.New(fault.Forbidden, "Your roles do not allow setting policies.")
	}
	if err := errors.Join(checkLength("productIds", b.Products), checkLength("exceptProductIds", b.Except)); err != nil {
		return nil, nil, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, "tenants", v.Tenant); err != nil { // one change at a time: each knows what it changes from
			return fmt.Errorf("set policies: %w", err)
		}
		var products []*ent.Product
		if products, wrong, err = b.products(ctx, tx); err != nil {
			return err
		}
		changes, err = s.setAll(ctx, tx, products, b)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return changes, wrong, nil
}

func checkLength(field string, ids []string) error {
	switch {
	case ids != nil && len(ids) == 0:
		return fault.New(fault.Invalid, "Name at least one product, or leave the list out.").At(field)
	case len(ids) > MostProducts:
		return fault.New(fault.Invalid, "At most %d products can be named; these are %d.", MostProducts, len(ids)).At(field)
	}
	return nil
}

// products returns the products that the change is about, by name, and what is wrong with any that it names.
func (b Bulk) products(ctx context.Context, tx *store.Tx) (list []*ent.Product, wrong, err error) {
	known, err := existing(ctx, tx, append(append([]string{}, b.Products...), b.Except...))
	if err != nil {
		return nil, nil, err
	}
	if err := b.checkExceptions(known); err != nil {
		return nil, nil, err
	}
	q := tx.Product.Query().Order(ent.Asc(product.FieldNameKey, product.FieldID))
	if b.Products == nil {
		q.Where(product.SelfServiceEligible(true))
	} else {
		q.Where(product.IDIn(b.Products...))
	}
	if len(b.Except) > 0 {
		q.Where(product.IDNotIn(b.Except...))
	}
	if b.Family != nil {
		key := fold.Key(*b.Family)
		some, err := tx.Product.Query().Where(product.FamilyKey(key)).Exist(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("find the family: %w", err)
		}
		if !some {
			return nil, nil, fault.New(fault.NotFound, "There is no such family of products.").At("family")
		}
		q.Where(product.FamilyKey(key))
	}
	if list, err = q.All(ctx); err != nil {
		return nil, nil, fmt.Errorf("find the products: %w", err)
	}
	return list, b.checkNamed(known), nil
}

// existing tells which of the products there are.
func existing(ctx context.Context, tx *store.Tx, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	found, err := tx.Product.Query().Where(product.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the products: %w", err)
	}
	for _, p := range found {
		known[p] = true
	}
	return known, nil
}

func (b Bulk) checkNamed(known map[string]bool) error {
	var wrong []error
	seen := make(map[string]bool, len(b.Products))
	for i, p := range b.Products {
		switch at := strconv.Itoa(i); {
		case !known[p]:
			wrong = append(wrong, fault.New(fault.NotFound, "There is no such product.").At("productIds", at))
		case seen[p]:
			wrong = append(wrong, fault.New(fault.Invalid, "This product is named twice.").At("productIds", at))
		}
		seen[p] = true
	}
	return errors.Join(wrong...)
}

// checkExceptions refuses an exception that does not exist: what was meant would be changed.
func (b Bulk) checkExceptions(known map[string]bool) error {
	var wrong []error
	for i, p := range b.Except {
		if !known[p] {
			wrong = append(wrong, fault.New(fault.NotFound, "There is no such product.").At("exceptProductIds", strconv.Itoa(i)))
		}
	}
	return errors.Join(wrong...)
}

// setAll sets the policies with a few statements, however many there are.
func (s *Service) setAll(ctx context.Context, tx *store.Tx, products []*ent.Product, b Bulk) ([]Change, error) {
	held, err := holding(ctx, tx, products)
	if err != nil {
		return nil, err
	}
	v, _ := viewer.From(ctx)
	changes := make([]Change, len(products))
	var rows []*ent.SelfServicePolicyCreate
	var events []audit.Event
	for i, p := range products {
		was := held[p.ID]
		c := Change{ProductID: p.ID, Was: was.value, Now: b.Value, Action: model.PolicyChangeActionChanged}
		switch {
		case b.Value == model.SelfServicePolicyValueTrialsOnly && !HasTrial(p):
			c.Now, c.Action, c.Code = was.value, model.PolicyChangeActionFailed, fault.Invalid
		case was.value == b.Value:
			c.Action = model.PolicyChangeActionUnchanged
		}
		changes[i] = c
		if c.Action == model.PolicyChangeActionFailed || was.explicit && was.value == b.Value || b.DryRun {
			continue
		}
		policyID := id.Compose(id.Policy, id.Body(v.Tenant), id.Body(p.ID))
		rows = append(rows, tx.SelfServicePolicy.Create().
			SetID(policyID).SetTenantID(v.Tenant).SetProductID(p.ID).SetValue(string(b.Value)).
			SetChangedAt(instant.From(s.now())).SetNillableChangedBy(v.Actor()))
		events = append(events, audit.Event{Action: audit.PolicySet, Subject: policyID, Changes: []audit.Change{
			audit.Changed("value", string(was.value), string(b.Value)),
		}})
	}
	if len(rows) == 0 {
		return changes, nil
	}
	if err := tx.SelfServicePolicy.CreateBulk(rows...).OnConflictColumns(selfservicepolicy.FieldID).UpdateNewValues().Exec(ctx); err != nil {
		return nil, fmt.Errorf("set policies: %w", err)
	}
	return changes, s.trail.Record(ctx, tx, events...)
}

// held is the policy that holds for a product, and whether somebody set it.
type held struct {
	value    model.SelfServicePolicyValue
	explicit bool
}

// holding returns the policies that hold for the products.
func holding(ctx context.Context, tx *store.Tx, products []*ent.Product) (map[string]held, error) {
	def, err := defaultOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]held, len(products))
	for _, p := range products {
		all[p.ID] = held{value: def.forProduct(p)}
	}
	set, err := tx.SelfServicePolicy.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	for _, p := range set {
		if _, ok := all[p.ProductID]; ok {
			all[p.ProductID] = held{value: model.SelfServicePolicyValue(p.Value), explicit: true}
		}
	}
	return all, nil
}
