package policy_test

import (
	"context"
	"testing"

	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/policy"
	"purser/internal/store"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement. To set what is set already
// changes nothing, so that each may be done any number of times.
func TestEveryStatementFails(t *testing.T) {
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "Set, the first time", Ready: breakSetting(func(ctx context.Context, s *policy.Service, products []string) error {
			return s.Set(ctx, products[1], disabled)
		})},
		takeovertest.Operation{Name: "Set, another value", Ready: breakSetting(func(ctx context.Context, s *policy.Service, products []string) error {
			return s.Set(ctx, products[0], enabled)
		})},
		takeovertest.Operation{Name: "SetMany", Ready: breakSetting(func(ctx context.Context, s *policy.Service, products []string) error {
			_, wrong, err := s.SetMany(ctx, policy.Bulk{Value: enabled, Products: products})
			if wrong != nil {
				t.Errorf("wrong: %v", wrong)
			}
			return err
		})},
		takeovertest.Operation{Name: "SetDefault", Ready: breakSetting(func(ctx context.Context, s *policy.Service, _ []string) error {
			return s.SetDefault(ctx, trials)
		})},
	)
}

// breakSetting breaks what is done to two products, the first of which has a policy of its own.
func breakSetting(set func(context.Context, *policy.Service, []string) error) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s := policy.New(w.DB, audit.New(w.IDs, w.Clock.Now), w.Clock.Now)
		ctx, products := w.As(t, w.Admin, viewer.BillingAdmin), []string{w.Product, anotherProduct(t, w)}
		if err := s.Set(ctx, products[0], disabled); err != nil {
			t.Fatal(err)
		}
		do := func() error { return set(ctx, s, products) }
		return takeovertest.Steps{Do: do, Next: func(t *testing.T, _ bool) {
			t.Helper()
			if err := do(); err != nil {
				t.Errorf("once more: %v", err)
			}
			if n := w.DB.Client().SelfServicePolicy.Query().CountX(w.System(t)); n < 1 || n > len(products) {
				t.Errorf("%d policies", n)
			}
		}}
	}
}

// anotherProduct makes one that has no trial.
func anotherProduct(t *testing.T, w *takeovertest.World) string {
	t.Helper()
	p := w.IDs.New(id.Product)
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Product.Create().SetID(p).SetVendorProductID(p).SetName("Visio").SetNameKey("visio").SetSearchKey("visio").
			SetFamily("Visio").SetFamilyKey("visio").SetKind("PRODUCT").SetSelfServiceEligible(true).SetTrialWithoutPaymentMethod(false).SetTrialDays(0).Exec(ctx)
	})
	return p
}
