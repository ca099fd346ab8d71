package purchasing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/notification"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/money"
	"purser/internal/policy"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// newMarket is a world whose product is sold for 14 dollars.
func newMarket(t *testing.T, db *store.DB) *takeovertest.World {
	t.Helper()
	w := takeovertest.New(t, db, "en")
	setProduct(t, w, func(p *ent.ProductUpdateOne) { p.SetListPrice(140000) })
	return w
}

func setProduct(t *testing.T, w *takeovertest.World, change func(*ent.ProductUpdateOne)) {
	t.Helper()
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Product.UpdateOneID(w.Product)
		change(u)
		return u.Exec(ctx)
	})
}

func setTenant(t *testing.T, w *takeovertest.World, change func(*ent.TenantUpdateOne)) {
	t.Helper()
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Tenant.UpdateOneID(w.Tenant)
		change(u)
		return u.Exec(ctx)
	})
}

func setPolicy(t *testing.T, w *takeovertest.World, value model.SelfServicePolicyValue) {
	t.Helper()
	s := policy.New(w.DB, audit.New(w.IDs, w.Clock.Now), w.Clock.Now)
	if err := s.Set(w.As(t, w.Admin, viewer.GlobalAdmin), w.Product, value); err != nil {
		t.Fatal(err)
	}
}

// roles lets a user hold roles in the directory.
func roles(roles ...viewer.Role) func(*ent.UserCreate) {
	return func(u *ent.UserCreate) { u.SetRoles(viewer.SetOf(roles...)) }
}

func codeAndField(t *testing.T, err error) string {
	t.Helper()
	faults, ok := fault.All(err)
	switch {
	case ok && len(faults) == 0:
		return "yes"
	case !ok || len(faults) != 1:
		t.Fatalf("not one fault: %v", err)
	}
	return said(faults[0])
}

func TestBuySelfService(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			name    string
			order   Order
			price   money.Amount
			renews  bool
			expires time.Time
			due     time.Time
		}{
			{"by the month", Order{"", 3, paid, monthly}, 140000, true, now.AddDate(0, 0, 28), now.AddDate(0, 0, 28)},
			{"by the year", Order{"", 3, paid, model.BillingTermAnnual}, 12 * 140000, true, now.AddDate(1, 0, 0), now.AddDate(1, 0, 0)},
			{"by three", Order{"", 3, paid, model.BillingTermTriennial}, 36 * 140000, true, now.AddDate(3, 0, 0), now.AddDate(3, 0, 0)},
			{"a trial", Order{"", 25, noPay, monthly}, 140000, false, now.AddDate(0, 0, 30), now.AddDate(0, 0, 23)},
			{"a trial with a payment method", Order{"", 1, withPay, model.BillingTermAnnual}, 12 * 140000, true, now.AddDate(0, 0, 30), now.AddDate(0, 0, 23)},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newMarket(t, db)
				global, billing := w.User(t, roles(viewer.GlobalAdmin)), w.User(t, roles(viewer.BillingAdmin, viewer.GlobalReader))
				w.User(t, roles(viewer.LicenseAdmin))
				w.User(t, roles(viewer.GlobalAdmin), func(u *ent.UserCreate) { u.SetAccountEnabled(false) })
				avery := w.User(t, func(u *ent.UserCreate) {
					u.SetDisplayName("Avery").SetNameKey("avery howard").SetSearchKey("avery howard\navery@")
				})
				c.order.ProductID = w.Product
				ctx := audit.WithRequestID(w.As(t, avery, viewer.Member), "req-1")
				bought, err := newService(w).BuySelfService(ctx, c.order)
				if err != nil {
					t.Fatal(err)
				}
				p := w.Get(t, bought)
				want := &ent.Purchase{
					ID: bought, TenantID: w.Tenant, ProductID: w.Product, PurchaserID: &avery, Source: "SELF_SERVICE", Kind: string(c.order.Kind), Status: "ACTIVE",
					Quantity: c.order.Quantity, UnitPrice: c.price, Currency: "USD", BillingTerm: string(c.order.Term), RecurringBilling: c.renews,
					PurchasedAt: instant.From(now), TermAnchor: instant.From(now), ExpiresAt: instant.From(c.expires), DueAt: instant.From(c.due),
					ProductKey: "power bi pro", PurchaserKey: "avery howard", SearchKey: "power bi pro\navery howard\navery@",
				}
				if c.order.trial() {
					want.TriedBy = &avery
				}
				if diff := cmp.Diff(want.String(), p.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				w.Check(t)
				e := w.DB.Client().AuditEvent.Query().OnlyX(w.System(t))
				told := fmt.Sprintf(`[["status",null,"ACTIVE"],["product",null,"%s"],["source",null,"SELF_SERVICE"],["kind",null,"%s"],["quantity",null,"%d"],["billingTerm",null,"%s"],["expiresAt",null,"%s"]]`,
					w.Product, c.order.Kind, c.order.Quantity, c.order.Term, instant.From(c.expires))
				if e.Action != "purchase.bought" || e.SubjectID != bought || *e.ActorID != avery || *e.RequestID != "req-1" || e.Changes != told {
					t.Errorf("%s of %s by %s: %s, want %s", e.Action, e.SubjectID, *e.ActorID, e.Changes, told)
				}
				mails := w.DB.Client().Notification.Query().Order(ent.Asc("id")).AllX(w.System(t))
				var to []string
				for _, m := range mails {
					if to = append(to, m.ToID); m.Kind != "SELF_SERVICE_PURCHASED" || !strings.Contains(m.Body, "Power BI Pro") {
						t.Errorf("%s: %s", m.Kind, m.Body)
					}
				}
				if diff := cmp.Diff([]string{global, billing}, to); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			})
		}
	})
}

func TestBuySelfServiceRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, avery := newService(w), w.User(t)
		member := w.As(t, avery, viewer.Member)
		nothing := func() {}
		for _, c := range []struct {
			name   string
			before func()
			ctx    context.Context
			order  Order
			want   string
		}{
			{"a service credential", nothing, w.As(t, "", viewer.Member), Order{w.Product, 1, paid, monthly}, "FORBIDDEN []"},
			{"a partner's user", nothing, w.As(t, "", viewer.GlobalAdmin), Order{w.Product, 1, paid, monthly}, "FORBIDDEN []"},
			{"an admin who is no member", nothing, w.As(t, w.Admin, viewer.GlobalAdmin), Order{w.Product, 1, paid, monthly}, "FORBIDDEN []"},
			{"quantity", nothing, member, Order{w.Product, 0, paid, monthly}, "INVALID [quantity]"},
			{"unknown", nothing, member, Order{w.IDs.New(id.Product), 1, paid, monthly}, "NOT_FOUND [productId]"},
			{"malformed", nothing, member, Order{"a\x00b", 1, paid, monthly}, "NOT_FOUND [productId]"},
			{"a guest", nothing, w.As(t, w.User(t, func(u *ent.UserCreate) { u.SetKind("GUEST") }), viewer.Member), Order{w.Product, 1, paid, monthly}, "NOT_ELIGIBLE [productId]"},
			{"default TRIALS_ONLY", func() { setTenant(t, w, func(u *ent.TenantUpdateOne) { u.SetDefaultPolicy("TRIALS_ONLY") }) }, member, Order{w.Product, 1, withPay, monthly}, "BLOCKED_BY_POLICY [productId]"},
			{"a trial under that", nothing, w.As(t, w.User(t), viewer.Member), Order{w.Product, 1, noPay, monthly}, "yes"},
			{"default TRIALS_ONLY, no such trial", func() { setProduct(t, w, func(p *ent.ProductUpdateOne) { p.SetTrialWithoutPaymentMethod(false) }) }, member, Order{w.Product, 1, noPay, monthly}, "NOT_ELIGIBLE [kind]"},
			{"default TRIALS_ONLY, so DISABLED", nothing, member, Order{w.Product, 1, paid, monthly}, "BLOCKED_BY_POLICY [productId]"},
			{"own policy ENABLED", func() { setPolicy(t, w, "ENABLED") }, member, Order{w.Product, 1, paid, monthly}, "yes"},
			{"own policy DISABLED", func() { setPolicy(t, w, "DISABLED") }, member, Order{w.Product, 1, paid, monthly}, "BLOCKED_BY_POLICY [productId]"},
			{"a school", func() { setTenant(t, w, func(u *ent.TenantUpdateOne) { u.SetSegment("EDUCATION") }) }, member, Order{w.Product, 1, paid, monthly}, "NOT_ELIGIBLE [productId]"},
		} {
			t.Run(c.name, func(t *testing.T) {
				c.before()
				before := w.DB.Client().Purchase.Query().CountX(w.System(t))
				_, err := s.BuySelfService(c.ctx, c.order)
				if got := codeAndField(t, err); got != c.want {
					t.Errorf("%s (%v), want %s", got, err, c.want)
				}
				if n := w.DB.Client().Purchase.Query().CountX(w.System(t)) - before; (n == 1) != (c.want == "yes") {
					t.Errorf("%d purchases", n)
				}
			})
		}
		if _, err := s.BuySelfService(t.Context(), Order{w.Product, 1, paid, monthly}); fault.CodeOf(err) != fault.Internal {
			t.Errorf("without a viewer: %v", err)
		}
	})
}

// TestOneTrial has each person try a product once, whatever became of the trial.
func TestOneTrial(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name   string
			before func(t *testing.T, w *takeovertest.World, s *Service, trial string)
			want   string
		}{
			{"under way", func(*testing.T, *takeovertest.World, *Service, string) {}, "NOT_ELIGIBLE [kind]"},
			{"over", func(t *testing.T, w *takeovertest.World, _ *Service, trial string) {
				w.Set(t, trial, func(u *ent.PurchaseUpdate) { u.SetStatus("DELETED") })
			}, "NOT_ELIGIBLE [kind]"},
			{"paid since", func(t *testing.T, w *takeovertest.World, s *Service, trial string) {
				w.Clock.Advance(31 * 24 * time.Hour)
				if err := s.Sweep(t.Context()); err != nil || w.Get(t, trial).Kind != "PAID" {
					t.Fatal(w.Get(t, trial), err)
				}
			}, "NOT_ELIGIBLE [kind]"},
			{"another's since", func(t *testing.T, w *takeovertest.World, _ *Service, trial string) {
				blake := w.User(t)
				w.Set(t, trial, func(u *ent.PurchaseUpdate) { u.SetPurchaserID(blake) })
			}, "NOT_ELIGIBLE [kind]"},
			{"reactivated, and so paid since", func(t *testing.T, w *takeovertest.World, s *Service, trial string) {
				w.Set(t, trial, func(u *ent.PurchaseUpdate) { u.SetRecurringBilling(false).SetDueAt(0) })
				w.Clock.Advance(31 * 24 * time.Hour)
				if err := s.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				buyer := w.As(t, *w.Get(t, trial).PurchaserID, viewer.Member)
				if err := s.Reactivate(buyer, trial); err != nil || w.Get(t, trial).Kind != "PAID" {
					t.Fatal(w.Get(t, trial), err)
				}
			}, "NOT_ELIGIBLE [kind]"},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newMarket(t, db)
				s, member := newService(w), w.As(t, w.User(t), viewer.Member)
				trial, err := s.BuySelfService(member, Order{w.Product, 1, withPay, monthly})
				if err != nil {
					t.Fatal(err)
				}
				c.before(t, w, s, trial)
				_, err = s.BuySelfService(member, Order{w.Product, 1, noPay, monthly})
				if got := codeAndField(t, err); got != c.want {
					t.Errorf("%s (%v), want %s", got, err, c.want)
				}
			})
		}
	})
}

// TestTrialRace has one person begin several trials at once: one begins, for each person.
func TestTrialRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		for range 20 {
			avery := w.User(t)
			ctx := w.As(t, avery, viewer.Member)
			errs := inParallel(8, func(int) error {
				_, err := s.BuySelfService(ctx, Order{w.Product, 1, noPay, monthly})
				return err
			})
			won := 0
			for _, err := range errs {
				switch fault.CodeOf(err) {
				case "":
					won++
				case fault.NotEligible:
				default:
					t.Error(err)
				}
			}
			if n := w.DB.Client().Purchase.Query().Where(purchase.PurchaserID(avery)).CountX(w.System(t)); won != 1 || n != 1 {
				t.Fatalf("%d say that they have begun, %d trials", won, n)
			}
		}
	})
}

// inParallel does something n times at once.
func inParallel(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func TestBuyCentrally(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		setPolicy(t, w, "DISABLED")
		setTenant(t, w, func(u *ent.TenantUpdateOne) { u.SetSegment("GOVERNMENT").SetCountry("IN") })
		setProduct(t, w, func(p *ent.ProductUpdateOne) { p.SetSelfServiceEligible(false).SetExcludedCountries("IN") })
		billing := w.As(t, w.Admin, viewer.BillingAdmin)
		for _, c := range []struct {
			name   string
			before func(*ent.ProductUpdateOne)
			ctx    context.Context
			order  Order
			want   string
		}{
			{"a billing admin", nil, billing, Order{w.Product, 100, paid, model.BillingTermAnnual}, "yes"},
			{"a service credential", nil, w.As(t, "", viewer.GlobalAdmin), Order{w.Product, 1, "", monthly}, "yes"},
			{"a license admin", nil, w.As(t, w.Admin, viewer.LicenseAdmin, viewer.Member), Order{w.Product, 1, paid, monthly}, "FORBIDDEN []"},
			{"a trial", nil, billing, Order{w.Product, 1, noPay, monthly}, "INVALID [kind]"},
			{"too many", nil, billing, Order{w.Product, MostSeats + 1, paid, monthly}, "INVALID [quantity]"},
			{"unknown", nil, billing, Order{w.IDs.New(id.Product), 1, paid, monthly}, "NOT_FOUND [productId]"},
			{"no price", func(p *ent.ProductUpdateOne) { p.ClearListPrice() }, billing, Order{w.Product, 1, paid, monthly}, "NOT_ELIGIBLE [productId]"},
			{"an offer type", func(p *ent.ProductUpdateOne) { p.SetKind("OFFER_TYPE").SetListPrice(1) }, billing, Order{w.Product, 1, paid, monthly}, "NOT_ELIGIBLE [productId]"},
		} {
			t.Run(c.name, func(t *testing.T) {
				if c.before != nil {
					setProduct(t, w, c.before)
				}
				bought, err := s.BuyCentrally(c.ctx, c.order)
				if got := codeAndField(t, err); got != c.want {
					t.Fatalf("%s (%v), want %s", got, err, c.want)
				}
				if err != nil {
					return
				}
				p := w.Get(t, bought)
				v, _ := viewer.From(c.ctx)
				if p.Source != "CENTRAL" || p.Kind != "PAID" || p.Quantity != c.order.Quantity || !p.RecurringBilling || p.DueAt != p.ExpiresAt {
					t.Errorf("%v", p)
				}
				if diff := cmp.Diff(v.Actor(), p.PurchaserID); diff != "" {
					t.Errorf("purchaser (-want +got):\n%s", diff)
				}
				if !slices.Equal(w.Events(t, bought), []string{"purchase.bought"}) {
					t.Errorf("events %v", w.Events(t, bought))
				}
			})
		}
		if n := w.DB.Client().Notification.Query().Where(notification.Kind("SELF_SERVICE_PURCHASED")).CountX(w.System(t)); n != 0 {
			t.Errorf("%d mails", n)
		}
	})
}
