package policy_test

import (
	"context"
	"testing"

	"purser/ent"
	"purser/ent/auditevent"
	"purser/ent/product"
	"purser/ent/tenant"
	"purser/graph/model"
	"purser/internal/apitest"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

const (
	enabled  = model.SelfServicePolicyValueEnabled
	trials   = model.SelfServicePolicyValueTrialsOnly
	disabled = model.SelfServicePolicyValueDisabled
)

func TestSet(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			ctx := s.In(t, "lotus.example")
			for _, tt := range []struct {
				name, vendor string
				value        model.SelfServicePolicyValue
				code         fault.Code
				events       int
			}{
				{"disable", "CFQ7TTC0HD33", disabled, "", 1},
				{"the same again", "CFQ7TTC0HD33", disabled, "", 1},
				{"trials where there are some", "CFQ7TTC0HD33", trials, "", 2},
				{"trials where there are none", "CFQ7TTC0HD32", trials, fault.Invalid, 0},
				{"trials of an offer type", "SaaS", trials, fault.Invalid, 0},
				{"an offer type", "SaaS", disabled, "", 1},
			} {
				productID := s.DB.Client().Product.Query().Where(product.VendorProductID(tt.vendor)).OnlyIDX(ctx)
				before := set(ctx, t, s, productID)
				if err := s.Resolver.Policy.Set(ctx, productID, tt.value); fault.CodeOf(err) != tt.code {
					t.Errorf("%s: %v", tt.name, err)
				}
				want := string(tt.value)
				if tt.code != "" {
					want = before
				}
				if got := set(ctx, t, s, productID); got != want {
					t.Errorf("%s: %q is set, want %q", tt.name, got, want)
				}
				if n := len(events(ctx, t, s, productID)); n != tt.events {
					t.Errorf("%s: %d events, want %d", tt.name, n, tt.events)
				}
			}
			if err := s.Resolver.Policy.Set(ctx, "prd_nonsense", disabled); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("an unknown product: %v", err)
			}
			reader := viewer.System(s.Tenant(t, "lotus.example"))
			reader.Roles = viewer.SetOf(viewer.GlobalReader, viewer.LicenseAdmin, viewer.Member)
			productID := s.DB.Client().Product.Query().FirstIDX(ctx)
			if err := s.Resolver.Policy.Set(viewer.NewContext(ctx, reader), productID, disabled); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("by a reader: %v", err)
			}
		})
	}
}

// TestDefault sets policies where the tenant's default is not to ENABLED: the event tells what held.
func TestDefault(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			ctx := s.In(t, "lotus.example")
			s.DB.Client().Tenant.Update().Where(tenant.Domain("lotus.example")).SetDefaultPolicy(string(trials)).ExecX(ctx)
			for vendor, was := range map[string]model.SelfServicePolicyValue{"CFQ7TTC0HD33": trials, "CFQ7TTC0HD32": disabled, "SaaS": disabled} {
				productID := s.DB.Client().Product.Query().Where(product.VendorProductID(vendor)).OnlyIDX(ctx)
				if err := s.Resolver.Policy.Set(ctx, productID, enabled); err != nil {
					t.Fatal(err)
				}
				e := events(ctx, t, s, productID)
				if got, want := e[len(e)-1].Changes, `[["value","`+string(was)+`","ENABLED"]]`; got != want {
					t.Errorf("%s: %s, want %s", vendor, got, want)
				}
			}
		})
	}
}

// set returns the value that is set for a product; "" where none is.
func set(ctx context.Context, t *testing.T, s *apitest.Server, productID string) string {
	t.Helper()
	for _, p := range s.DB.Client().SelfServicePolicy.Query().AllX(ctx) {
		if p.ProductID == productID {
			return p.Value
		}
	}
	return ""
}

// events returns the events of the product's policy.
func events(ctx context.Context, t *testing.T, s *apitest.Server, productID string) []*ent.AuditEvent {
	t.Helper()
	v, _ := viewer.From(ctx)
	return s.DB.Client().AuditEvent.Query().
		Where(auditevent.Action(string(audit.PolicySet)), auditevent.SubjectID(id.Compose(id.Policy, id.Body(v.Tenant), id.Body(productID)))).
		Order(auditevent.ByID()).AllX(ctx)
}
