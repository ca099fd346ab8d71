package demo

import (
	"context"
	"fmt"
	"strings"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// figures says how much a big demo has.
type figures struct{ users, purchases, licenses, biggest int }

// writing is how many purchases, with their licenses, are made at once.
const writing = 1000

// writeBig makes one organization of the figures. Its first purchase is of biggest seats, all
// taken, by avery; its second is a central one of the same product with a quarter more, none of them taken.
func (w *world) writeBig(ctx context.Context, tx *store.Tx, f figures, progress func(done, total int)) (Result, error) {
	o := w.organization("Contoso", "contoso.example", model.CloudWorldwide, "US", "en", "USD")
	o.admins([5]string{"Adele Vance", "Bianca Pisani", "Lidia Holloway", "Isaiah Langer", "Raul Razo"})
	o.people("Avery Howard|Sales|avery")
	o.partner("fabrikam.example", "admin", 65, 300, viewer.BillingAdmin, viewer.GlobalReader)
	o.policy(powerBIFormer, "admin", 210, model.SelfServicePolicyValueDisabled)
	o.policy(powerBIFormer, "admin", 190, model.SelfServicePolicyValueEnabled)
	for n := len(o.users); n < f.users; n++ {
		o.somebody(n)
	}
	products := o.soldProducts()
	if w.missing != "" {
		return Result{}, fmt.Errorf("the catalogue has no product %s", w.missing)
	}
	if err := o.write(ctx, tx); err != nil {
		return Result{}, err
	}
	done, total := f.users, f.users+f.purchases+f.licenses
	progress(done, total)
	statuses := o.statuses(f.purchases)
	seats := o.seats(statuses, f)
	ctx = viewer.NewContext(ctx, viewer.System(o.tenant.ID))
	for from := 0; from < f.purchases; from += writing {
		o.purchases, o.licenses = o.purchases[:0], o.licenses[:0]
		for n := from; n < min(from+writing, f.purchases); n++ {
			o.deal(n, products, statuses[n], seats[n])
		}
		o.schedule()
		if err := bulk.Purchases(ctx, tx, o.purchases); err != nil {
			return Result{}, err
		}
		if err := bulk.Licenses(ctx, tx, o.licenses); err != nil {
			return Result{}, err
		}
		done += len(o.purchases) + len(o.licenses)
		progress(done, total)
	}
	return Result{Tenants: 1, Users: f.users, Purchases: f.purchases, Licenses: f.licenses}, nil
}

// soldProducts returns what is sold, most popular first.
func (o *organization) soldProducts() []*ent.Product {
	var list []*ent.Product
	for _, vendorID := range []string{
		powerBI, visio2, planner, copilot, powerApps, project, visio1, m365F3, teamsPremium, powerBIPrem,
		clipchamp, cloudPC, vivaGoals, powerAutomate,
	} {
		list = append(list, o.product(vendorID))
	}
	return list
}

// somebody adds the nth user: in a hundred, four are blocked and three are guests. Nobody has left, so that
// a move of the biggest purchase moves everybody.
func (o *organization) somebody(n int) {
	name := fmt.Sprintf("%s %s", firstNames[n%len(firstNames)], lastNames[n/len(firstNames)%len(lastNames)])
	local := fmt.Sprintf("%s.%d", strings.ToLower(strings.ReplaceAll(name, " ", ".")), n)
	u := o.user(local, name, departments[o.rand.IntN(len(departments))])
	switch k := n % 100; {
	case k < 4:
		u.AccountEnabled = false
	case k < 7:
		u.Kind = string(model.UserKindGuest)
	case k < 20:
		u.Locale = []string{"nl", "de", "zh-CN"}[k%3]
	}
}

// statuses draws the purchases' statuses: most are active. The first two are.
func (o *organization) statuses(n int) []model.SubscriptionStatus {
	list := make([]model.SubscriptionStatus, n)
	for i := range list {
		switch k := o.rand.IntN(100); {
		case i < 2 || k < 85:
			list[i] = model.SubscriptionStatusActive
		case k < 91:
			list[i] = model.SubscriptionStatusExpired
		case k < 96:
			list[i] = model.SubscriptionStatusDisabled
		default:
			list[i] = model.SubscriptionStatusDeleted
		}
	}
	return list
}

// seats draws how many licenses each purchase has, so that they add up. Most have 5 to 30, some none or over a hundred.
func (o *organization) seats(statuses []model.SubscriptionStatus, f figures) []int {
	list := make([]int, len(statuses))
	list[0] = f.biggest
	left := f.licenses - f.biggest
	for i := 2; i < len(list); i++ {
		switch k := o.rand.IntN(100); {
		case statuses[i] == model.SubscriptionStatusDeleted || k < 6:
		case k < 16:
			list[i] = 1 + o.rand.IntN(4)
		case k < 96:
			list[i] = 5 + o.rand.IntN(26)
		default:
			list[i] = 40 + o.rand.IntN(121)
		}
		left -= list[i]
	}
	for i := 2; left != 0; i++ {
		if i == len(list) {
			i = 2
		}
		if n := list[i]; n >= 5 && n < 200 {
			step := 1
			if left < 0 {
				step = -1
			}
			list[i] += step
			left -= step
		}
	}
	return list
}

// deal adds the nth purchase with its licenses.
func (o *organization) deal(n int, products []*ent.Product, status model.SubscriptionStatus, licenses int) {
	product := products[skewed(o.rand.Float64(), len(products))]
	p := &ent.Purchase{
		ID: o.ids.New(id.Purchase), Source: string(model.PurchaseSourceSelfService), Kind: string(model.PurchaseKindPaid), Status: string(status),
		Quantity: max(1, licenses+o.rand.IntN(licenses/4+2)), Assigned: licenses, Currency: "USD",
		BillingTerm: string(model.BillingTermMonthly), RecurringBilling: status == model.SubscriptionStatusActive,
	}
	if o.rand.IntN(3) == 0 {
		p.BillingTerm = string(model.BillingTermAnnual)
	}
	buyer := o.byName["avery"]
	switch {
	case n == 0:
		product = products[0]
	case n == 1:
		p.Source, p.Quantity, product, buyer = string(model.PurchaseSourceCentral), o.purchases[0].Assigned/4*5, products[0], o.byName["billing"]
	case o.rand.IntN(5) == 0:
		p.Source, buyer = string(model.PurchaseSourceCentral), o.byName["billing"]
	default:
		for buyer = o.users[skewed(o.rand.Float64(), len(o.users))]; buyer.Kind == string(model.UserKindGuest); {
			buyer = o.users[o.rand.IntN(len(o.users))]
		}
	}
	ago := 1 + o.rand.IntN(700)
	switch status {
	case model.SubscriptionStatusExpired:
		ago = 1 + ago%28
	case model.SubscriptionStatusDisabled:
		ago = 31 + ago%80
	case model.SubscriptionStatusActive, model.SubscriptionStatusDeleted:
	}
	p.UnitPrice = o.price(product, "", model.BillingTerm(p.BillingTerm))
	o.date(p, product, ago)
	// not all at nine o'clock
	shift := instant.Milli(o.rand.IntN(8 * int(hour.Milliseconds())))
	p.PurchasedAt += shift
	p.ExpiresAt += shift
	bulk.KeyPurchase(p, product, buyer)
	o.purchases = append(o.purchases, p)
	o.licensed(p)
}

// licensed gives the purchase's licenses to as many people, each one stride from the last.
func (o *organization) licensed(p *ent.Purchase) {
	at, stride := o.rand.IntN(len(o.users)), 7 // no divisor of how many users there are
	for i := range p.Assigned {
		o.license(p, o.users[(at+i*stride)%len(o.users)], i)
	}
}

// skewed picks one of n, the first ones more often.
func skewed(chance float64, n int) int { return int(chance * chance * float64(n)) }
