package demo

import (
	"cmp"
	"slices"
	"strings"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/bulk"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/money"
	"purser/internal/viewer"
)

// organization is a tenant while it is put together.
type organization struct {
	*world
	tenant    *ent.Tenant
	currency  string
	users     []*ent.User
	byName    map[string]*ent.User // by what stands before the @
	purchases []*ent.Purchase
	licenses  []*ent.License
	policies  []*ent.SelfServicePolicy
	partners  []*ent.PartnerAccess
	events    []event
}

// event is something that happened, for the history.
type event struct {
	at      instant.Milli
	by      *ent.User
	action  audit.Action
	subject string
	changes []audit.Change
}

func (w *world) organization(name, domain string, cloud model.Cloud, country, locale, currency string) *organization {
	return &organization{
		world: w, currency: currency, byName: map[string]*ent.User{},
		tenant: &ent.Tenant{
			ID: w.ids.New(id.Tenant), Name: name, NameKey: fold.Key(name), SearchKey: fold.Keys(name, domain), Domain: domain,
			Cloud: string(cloud), Segment: string(model.TenantSegmentCommercial), Country: country, Locale: locale,
			DefaultPolicy: string(model.SelfServicePolicyValueEnabled),
		},
	}
}

// user adds somebody with a sign-in name and mail address before the organization's @.
func (o *organization) user(local, name, department string, roles ...viewer.Role) *ent.User {
	address := local + "@" + o.tenant.Domain
	u := &ent.User{
		ID: o.ids.New(id.User), TenantID: o.tenant.ID, DisplayName: name, UserPrincipalName: address, Mail: &address, Department: &department,
		Locale: o.tenant.Locale, Kind: string(model.UserKindMember), AccountEnabled: true, Roles: viewer.SetOf(roles...),
	}
	bulk.KeyUser(u)
	o.users, o.byName[local] = append(o.users, u), u
	return u
}

// admins adds the people who administer, the same in every organization.
func (o *organization) admins(names [5]string) {
	o.user("admin", names[0], "IT", viewer.GlobalAdmin)
	o.user("billing", names[1], "Finance", viewer.BillingAdmin)
	o.user("license", names[2], "IT", viewer.LicenseAdmin)
	o.user("useradmin", names[3], "IT", viewer.UserAdmin)
	o.user("reader", names[4], "Audit", viewer.GlobalReader)
}

// people adds members from lines "Display Name|Department" and returns their sign-in names.
func (o *organization) people(lines ...string) []string {
	var locals []string
	for _, l := range lines {
		name, rest, _ := strings.Cut(l, "|")
		department, local, named := strings.Cut(rest, "|")
		if !named {
			local = strings.ToLower(strings.ReplaceAll(name, " ", "."))
		}
		o.user(local, name, department)
		locals = append(locals, local)
	}
	return locals
}

// offer is what a purchase is made of. The zero value of a field means the usual.
type offer struct {
	product  string
	by       string // sign-in name; "" on a central purchase that a service credential made
	source   model.PurchaseSource
	kind     model.PurchaseKind
	status   model.SubscriptionStatus
	term     model.BillingTerm
	price    string // a seat and term; the list price in dollars where left out
	currency string
	seats    int
	ago      int // days since it was bought, or, unless it is active, since its term ended
	ends     bool
	users    []string // who holds its licenses
}

// buy adds a purchase with its licenses.
func (o *organization) buy(f offer) *ent.Purchase {
	product := o.product(f.product)
	p := &ent.Purchase{
		ID: o.ids.New(id.Purchase), Quantity: f.seats, Assigned: len(f.users), Currency: cmp.Or(f.currency, o.currency),
		Source: string(cmp.Or(f.source, model.PurchaseSourceSelfService)),
		Kind:   string(cmp.Or(f.kind, model.PurchaseKindPaid)),
		Status: string(cmp.Or(f.status, model.SubscriptionStatusActive)),
	}
	term := cmp.Or(f.term, model.BillingTermMonthly)
	p.BillingTerm, p.RecurringBilling = string(term), !f.ends
	p.UnitPrice = o.price(product, f.price, term)
	o.date(p, product, f.ago)
	if f.status != "" && f.status != model.SubscriptionStatusActive {
		p.RecurringBilling = false
	}
	bulk.KeyPurchase(p, product, o.byName[f.by])
	o.purchases = append(o.purchases, p)
	for i, local := range f.users {
		o.license(p, o.byName[local], i)
	}
	return p
}

func (o *organization) price(product *ent.Product, price string, term model.BillingTerm) money.Amount {
	if a, err := money.Parse(price); err == nil {
		return a
	}
	if product.ListPrice == nil {
		return 0
	}
	return product.ListPrice.Times(lifecycle.Months(term))
}

// date says when the purchase was made and when its term ends: after today and the time
// that the demo will be looked at if it is active, and ago days ago if it is not.
func (w *world) date(p *ent.Purchase, product *ent.Product, ago int) {
	months := lifecycle.Months(model.BillingTerm(p.BillingTerm))
	switch {
	case p.Status != string(model.SubscriptionStatusActive):
		p.ExpiresAt = w.ago(ago, 10)
		p.PurchasedAt = lifecycle.AddMonths(p.ExpiresAt, -months)
	case p.Kind != string(model.PurchaseKindPaid):
		p.PurchasedAt = w.ago(ago, 9)
		p.ExpiresAt = lifecycle.TrialEnd(p.PurchasedAt, max(product.TrialDays, ago+3))
	default:
		p.PurchasedAt = w.ago(ago, 9)
		for n := months; p.ExpiresAt < w.today.Add(3*day); n += months {
			p.ExpiresAt = lifecycle.AddMonths(p.PurchasedAt, n)
		}
	}
}

// license gives somebody a seat, the nth of the purchase.
func (o *organization) license(p *ent.Purchase, u *ent.User, n int) {
	l := &ent.License{
		ID: o.ids.New(id.License), PurchaseID: p.ID, UserID: u.ID,
		AssignedAt: min(p.PurchasedAt.Add(hour), o.today.Add(-hour)) + instant.Milli(n), AssignedBy: p.PurchaserID,
	}
	if p.Source == string(model.PurchaseSourceCentral) {
		l.AssignedBy = &o.byName["license"].ID
	}
	o.licenses = append(o.licenses, l)
}

// cancel marks a purchase as cancelled some days ago, and leaves it in the history.
func (o *organization) cancel(p *ent.Purchase, by string, ago int, reason model.CancellationReason, cause model.CancellationCause, feedback string) {
	at, why, how, who := o.ago(ago, 14), string(reason), string(cause), o.byName[by]
	p.CanceledAt, p.CanceledBy, p.CancellationReason, p.CancellationCause = &at, &who.ID, &why, &how
	if feedback != "" {
		p.CancellationFeedback = &feedback
	}
	o.events = append(o.events, event{at, who, audit.PurchaseCanceled, p.ID, []audit.Change{
		audit.Changed("status", string(model.SubscriptionStatusActive), p.Status), audit.Changed("reason", "", why),
	}})
}

// policy sets what people may buy of a product, some days ago, and leaves it in the history.
func (o *organization) policy(product, by string, ago int, value model.SelfServicePolicyValue) {
	productID := o.product(product).ID
	policyID := id.Compose(id.Policy, id.Body(o.tenant.ID), id.Body(productID))
	at, who, was := o.ago(ago, 11), o.byName[by], o.tenant.DefaultPolicy
	i := slices.IndexFunc(o.policies, func(p *ent.SelfServicePolicy) bool { return p.ID == policyID })
	if i < 0 {
		i = len(o.policies)
		o.policies = append(o.policies, &ent.SelfServicePolicy{ID: policyID, ProductID: productID})
	} else {
		was = o.policies[i].Value
	}
	o.policies[i].Value, o.policies[i].ChangedAt, o.policies[i].ChangedBy = string(value), at, &who.ID
	o.events = append(o.events, event{at, who, audit.PolicySet, policyID, []audit.Change{audit.Changed("value", was, string(value))}})
}

// partner lets the users of another tenant act in this one.
func (o *organization) partner(domain, by string, ago, days int, roles ...viewer.Role) {
	o.partners = append(o.partners, &ent.PartnerAccess{
		ID: o.ids.New(id.PartnerAccess), PartnerDomain: domain, Roles: viewer.SetOf(roles...),
		GrantedAt: o.ago(ago, 15), ExpiresAt: o.ago(-days, 0), GrantedBy: &o.byName[by].ID,
	})
}
