package licensing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"purser/ent"
	"purser/ent/notification"
	"purser/ent/product"
	"purser/ent/tenant"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/money"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// forbid sets what the tenant's users may buy.
func (b bundle) forbid(t *testing.T, value string) {
	t.Helper()
	b.DB.Client().Tenant.Update().Where(tenant.ID(b.Tenant)).SetDefaultPolicy(value).ExecX(b.System(t))
}

// sell gives the product a price, so that it can be bought.
func (b bundle) sell(t *testing.T) {
	t.Helper()
	b.DB.Client().Product.Update().Where(product.ID(b.Product)).SetListPrice(money.Amount(100_000)).ExecX(b.System(t))
}

// another makes another product.
func (b bundle) another(t *testing.T, change ...func(*ent.ProductCreate)) string {
	t.Helper()
	p := b.IDs.New(id.Product)
	c := b.DB.Client().Product.Create().SetID(p).SetVendorProductID(p).SetName("Visio").SetNameKey("visio").SetSearchKey("visio").
		SetFamily("Visio").SetFamilyKey("visio").SetKind("PRODUCT").SetSelfServiceEligible(true).SetTrialWithoutPaymentMethod(true).
		SetTrialDays(30).SetListPrice(money.Amount(50_000))
	for _, f := range change {
		f(c)
	}
	c.ExecX(b.System(t))
	return p
}

func called(name string, roles ...viewer.Role) func(*ent.UserCreate) {
	return func(u *ent.UserCreate) {
		u.SetDisplayName(name).SetNameKey(fold.Key(name)).SetRoles(viewer.SetOf(roles...))
	}
}

// TestRequestLicenses records the wish, and tells those who can decide.
func TestRequestLicenses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.forbid(t, "DISABLED")
		lena, gus := b.User(t, called("Lena")), b.User(t, guest)
		admins := []string{b.User(t, called("G", viewer.GlobalAdmin)), b.User(t, called("L", viewer.LicenseAdmin)), b.User(t, called("U", viewer.UserAdmin))}
		b.User(t, called("B", viewer.BillingAdmin))
		b.User(t, called("Gone", viewer.GlobalAdmin), func(u *ent.UserCreate) { u.SetRemoved(true) })
		message := "For the new plant.\nThank you!"
		ctx, n := store.CountStatements(b.As(t, lena, viewer.Member))
		r, err := b.s.RequestLicenses(ctx, Wish{ProductID: b.Product, UserIDs: []string{lena, gus}, Message: &message})
		if err != nil {
			t.Fatal(err)
		}
		if n.Load() > 16 {
			t.Errorf("it took %d statements", n.Load())
		}
		got := b.DB.Client().LicenseRequest.GetX(b.System(t), r)
		if got.ProductID != b.Product || got.RequestedBy != lena || got.RequestedAt != instant.From(b.Clock.Now()) || deref(got.Message) != message ||
			got.Status != "PENDING" || got.DecidedAt != nil {
			t.Errorf("%v", got)
		}
		if got := b.decisions(t, r); got != "Gus PENDING, Lena PENDING" {
			t.Errorf("for %s", got)
		}
		if got, want := b.event(t, "license_request.made"), fmt.Sprintf(`%s [["product",null,%q]]`, r, b.Product); got != want {
			t.Errorf("event %s, want %s", got, want)
		}
		var told []string
		for _, m := range b.DB.Client().Notification.Query().Where(notification.Kind("LICENSE_REQUESTED")).Order(ent.Asc("to_id")).AllX(b.System(t)) {
			told = append(told, m.ToID)
			for _, want := range []string{"2 licenses of Power BI Pro", "> For the new plant.\n> Thank you!\n", "For: Lena, Gus\n", r} {
				if !strings.Contains(m.Subject+m.Body, want) {
					t.Errorf("no %q in %s", want, m.Body)
				}
			}
		}
		if !slices.Equal(told, admins) {
			t.Errorf("told %v, want %v", told, admins)
		}
	})
}

// decisions lists the people of a request in the order of their names.
func (b bundle) decisions(t *testing.T, requestID string) string {
	t.Helper()
	var list []string
	for _, u := range b.DB.Client().LicenseRequestUser.Query().WithUser().AllX(b.System(t)) {
		if u.RequestID == requestID {
			list = append(list, u.Edges.User.DisplayName+" "+u.Decision)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// TestWhoMayRequest: whoever may not buy, for whatever reason.
func TestWhoMayRequest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name    string
			policy  string
			product func(*ent.ProductCreate)
			user    func(*ent.UserCreate)
			tenant  func(*ent.TenantUpdate)
			want    string
		}{
			{"may buy", "ENABLED", nil, nil, nil, "NOT_ELIGIBLE productId"},
			{"a nonprofit may buy", "ENABLED", nil, nil, func(u *ent.TenantUpdate) { u.SetSegment("NONPROFIT") }, "NOT_ELIGIBLE productId"},
			{"may try", "TRIALS_ONLY", nil, nil, nil, ""},
			{"may do nothing", "DISABLED", nil, nil, nil, ""},
			{"not for users to buy", "ENABLED", func(p *ent.ProductCreate) { p.SetSelfServiceEligible(false) }, nil, nil, ""},
			{"without a price", "ENABLED", func(p *ent.ProductCreate) { p.Mutation().ResetListPrice() }, nil, nil, ""},
			{"not in this country", "ENABLED", func(p *ent.ProductCreate) { p.SetExcludedCountries("IN US") }, nil, nil, ""},
			{"in another country", "ENABLED", func(p *ent.ProductCreate) { p.SetExcludedCountries("IN CN") }, nil, nil, "NOT_ELIGIBLE productId"},
			{"a government", "ENABLED", nil, nil, func(u *ent.TenantUpdate) { u.SetSegment("GOVERNMENT") }, ""},
			{"a school", "ENABLED", nil, nil, func(u *ent.TenantUpdate) { u.SetSegment("EDUCATION") }, ""},
			{"a guest", "ENABLED", nil, guest, nil, ""},
			{"an offer type", "DISABLED", func(p *ent.ProductCreate) { p.SetKind("OFFER_TYPE") }, nil, nil, "NOT_ELIGIBLE productId"},
		} {
			t.Run(c.name, func(t *testing.T) {
				b := setup(t, db)
				b.forbid(t, c.policy)
				var products []func(*ent.ProductCreate)
				if c.product != nil {
					products = append(products, c.product)
				}
				var users []func(*ent.UserCreate)
				if c.user != nil {
					users = append(users, c.user)
				}
				if c.tenant != nil {
					u := b.DB.Client().Tenant.Update().Where(tenant.ID(b.Tenant))
					c.tenant(u)
					u.ExecX(b.System(t))
				}
				user := b.User(t, users...)
				_, err := b.s.RequestLicenses(b.As(t, user, viewer.Member), Wish{ProductID: b.another(t, products...), UserIDs: []string{user}})
				if got := paths(t, err); got != c.want {
					t.Errorf("%s (%v), want %s", got, err, c.want)
				}
			})
		}
	})
}

// TestPolicyOfTheProduct goes before the default.
func TestPolicyOfTheProduct(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.sell(t)
		avery := b.User(t)
		set := func(value string) {
			b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.SelfServicePolicy.Delete().Exec(ctx); err != nil {
					return err
				}
				return tx.SelfServicePolicy.Create().SetID(id.Compose(id.Policy, id.Body(b.Tenant), id.Body(b.Product))).
					SetProductID(b.Product).SetValue(value).SetChangedAt(instant.From(b.Clock.Now())).Exec(ctx)
			})
		}
		wish := Wish{ProductID: b.Product, UserIDs: []string{avery}}
		b.forbid(t, "DISABLED")
		set("ENABLED")
		if _, err := b.s.RequestLicenses(b.As(t, avery, viewer.Member), wish); paths(t, err) != "NOT_ELIGIBLE productId" {
			t.Errorf("allowed for the product: %v", err)
		}
		b.forbid(t, "ENABLED")
		set("DISABLED")
		if _, err := b.s.RequestLicenses(b.As(t, avery, viewer.Member), wish); err != nil {
			t.Errorf("forbidden for the product: %v", err)
		}
	})
}

// TestRequestRefusals refuses wishes that cannot be met.
func TestRequestRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, other := setup(t, db), takeovertest.New(t, db, "en")
		b.forbid(t, "DISABLED")
		avery, free := b.User(t), b.Users(t, 2)
		holder, lapsed, former := b.User(t), b.User(t), b.User(t)
		b.Purchase(t, selfService, 9, []string{holder}, status("EXPIRED"))
		b.Purchase(t, central, 9, []string{lapsed}, status("DISABLED"))
		b.Purchase(t, central, 9, []string{former}, status("DELETED"))
		visio := b.another(t)
		member := b.As(t, avery, viewer.Member)
		if _, err := b.s.RequestLicenses(member, Wish{ProductID: visio, UserIDs: free[:1]}); err != nil {
			t.Fatal(err)
		}
		long, nul := strings.Repeat("é", 2001), "a\x00"
		for _, c := range []struct {
			name    string
			ctx     context.Context
			product string
			users   []string
			message *string
			want    string
		}{
			{"a service", b.As(t, "", viewer.GlobalAdmin, viewer.Member), b.Product, free, nil, "FORBIDDEN"},
			{"a partner's user", b.As(t, "", viewer.GlobalAdmin), b.Product, free, nil, "FORBIDDEN"},
			{"no member", b.As(t, avery, viewer.GlobalAdmin), b.Product, free, nil, "FORBIDDEN"},
			{"unknown product", member, b.IDs.New(id.Product), free, nil, "NOT_FOUND productId"},
			{"malformed product", member, "nonsense", free, nil, "NOT_FOUND productId"},
			{"nobody", member, b.Product, nil, nil, "INVALID userIds"},
			{"too many", member, b.Product, make([]string, 101), nil, "INVALID userIds"},
			{"a long message", member, b.Product, free, &long, "INVALID message"},
			{"no text", member, b.Product, free, &nul, "INVALID message"},
			{"asked already", member, visio, free, nil, "CONFLICT productId"},
			{
				"every kind of user", member, b.Product,
				[]string{free[0], "nonsense", other.User(t), b.User(t, blocked), b.User(t, removed), holder, free[0], holder},
				nil,
				"NOT_FOUND userIds 1; NOT_FOUND userIds 2; NOT_ELIGIBLE userIds 3; NOT_ELIGIBLE userIds 4; ALREADY_LICENSED userIds 5; INVALID userIds 6; INVALID userIds 7",
			},
		} {
			t.Run(c.name, func(t *testing.T) {
				_, err := b.s.RequestLicenses(c.ctx, Wish{ProductID: c.product, UserIDs: c.users, Message: c.message})
				if got := paths(t, err); got != c.want {
					t.Errorf("%s (%v), want %s", got, err, c.want)
				}
			})
		}
		if n := b.DB.Client().LicenseRequest.Query().CountX(b.System(t)); n != 1 {
			t.Errorf("%d requests", n)
		}
		// another user asks for the same, and for those whose licenses are of no use
		if _, err := b.s.RequestLicenses(b.As(t, free[0], viewer.Member), Wish{ProductID: visio, UserIDs: free[:1]}); err != nil {
			t.Error(err)
		}
		if _, err := b.s.RequestLicenses(member, Wish{ProductID: b.Product, UserIDs: []string{lapsed, former}}); err != nil {
			t.Error(err)
		}
	})
}

// TestRequestTwiceAtOnce: one of a user's requests for a product is let in; of different users, who name each other, all are.
func TestRequestTwiceAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.forbid(t, "DISABLED")
		services, users := []*Service{b.s, b.second(t)}, b.Users(t, 4)
		var made atomic.Int32
		atOnce(16, func(i int) {
			user := users[i%4]
			switch _, err := services[i/4%2].RequestLicenses(b.As(t, user, viewer.Member), Wish{ProductID: b.Product, UserIDs: users}); {
			case err == nil:
				made.Add(1)
			case fault.CodeOf(err) != fault.Conflict:
				t.Error(err)
			}
		})
		if made.Load() != 4 {
			t.Errorf("%d requests of four users", made.Load())
		}
	})
}
