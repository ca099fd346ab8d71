package takeover

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"purser/ent"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/money"
	"purser/internal/purchasing"
	"purser/internal/store"
	"purser/internal/viewer"
)

// admins is how many people are told of what users buy. One of them decides on requests for licenses.
const admins = 2

// appoint has administrators who get mails, and a product that is sold.
func (m *machine) appoint(rt *rapid.T) {
	m.w.User(rt, func(u *ent.UserCreate) { u.SetRoles(viewer.SetOf(viewer.BillingAdmin)) })
	m.w.InTx(rt, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.User.Update().Where(user.ID(m.w.Admin)).SetRoles(viewer.SetOf(viewer.GlobalAdmin)).Exec(ctx); err != nil {
			return err
		}
		return tx.Product.UpdateOneID(m.w.Product).SetListPrice(money.Amount(84000)).Exec(ctx)
	})
}

// begin draws the life of a purchase that is made as it was somewhere else: mostly paid for, and renewed.
// What has lapsed did so a day ago.
func (m *machine) begin(rt *rapid.T, source model.PurchaseSource, status model.SubscriptionStatus) life {
	now := m.w.Clock.Now()
	switch status {
	case expired:
		now = now.Add(-31 * day)
	case disabled:
		now = now.Add(-61 * day)
	case active, model.SubscriptionStatusDeleted:
	}
	f := life{kind: paid, renews: rapid.IntRange(0, 2).Draw(rt, "ends") < 2, purchased: now, anchor: now, expires: now.Add(30 * day)}
	if source == selfService {
		f.kind = rapid.SampledFrom([]model.PurchaseKind{paid, paid, paid, withPay, withoutPay}).Draw(rt, "kind")
	}
	f.renews = f.renews && f.kind != withoutPay
	return f
}

// trade does one of the things that change purchases, or what may be bought.
func (m *machine) trade(rt *rapid.T) {
	m.oneOf(rt, m.buyCentrally, m.buySelfService, m.resize, m.resize, m.setRenewal, m.reactivate, m.reactivate, m.setPolicy)
}

func (m *machine) oneOf(rt *rapid.T, actions ...func(*rapid.T)) {
	rapid.SampledFrom(actions).Draw(rt, "what")(rt)
}

// actor draws who does something, mostly one who may: roles that are right for it and roles that are not.
func (m *machine) actor(rt *rapid.T, purchase string, right, wrong []viewer.Role) actor {
	p := m.ledger.purchases[purchase]
	switch n := rapid.IntRange(0, 9).Draw(rt, "who"); {
	case n == 9:
		return actor{m.w.Admin, wrong, false}
	case n == 8:
		return actor{rapid.SampledFrom(m.users).Draw(rt, "user"), []viewer.Role{viewer.Member}, false}
	case n == 7, p.source == central:
		return actor{m.w.Admin, []viewer.Role{rapid.SampledFrom(right).Draw(rt, "role")}, true}
	}
	return actor{p.purchaser, []viewer.Role{viewer.Member}, false}
}

func (m *machine) as(rt *rapid.T, a actor) context.Context { return m.w.As(rt, a.user, a.roles...) }

// buyer draws who does what BILLING_ADMIN may.
func (m *machine) buyer(rt *rapid.T, purchase string) actor {
	return m.actor(rt, purchase, []viewer.Role{viewer.GlobalAdmin, viewer.BillingAdmin}, []viewer.Role{viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader})
}

// only makes a list of a refusal.
func only(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// bought adds what was bought to the ledger, and makes it known to imports.
func (m *machine) bought(rt *rapid.T, id string, a *account) {
	m.w.InTx(rt, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE purchases SET ref = ? WHERE id = ?", ref(len(m.purchases)), id)
		return err
	})
	m.purchases = append(m.purchases, id)
	m.ledger.purchases[id] = a
}

func (m *machine) buyCentrally(rt *rapid.T) {
	m.enough(rt)
	seats, now := rapid.IntRange(0, 2*len(m.users)).Draw(rt, "seats"), m.w.Clock.Now()
	var want []string
	if seats == 0 {
		want = []string{"INVALID quantity"}
	}
	id, err := m.purchasing.BuyCentrally(m.w.As(rt, m.w.Admin, viewer.BillingAdmin),
		purchasing.Order{ProductID: m.w.Product, Quantity: seats, Term: model.BillingTermMonthly})
	m.refusedWith(rt, "buying-centrally", want, err)
	if want == nil {
		m.bought(rt, id, &account{
			source: central, status: active, purchaser: m.w.Admin, quantity: seats, holders: map[string]bool{},
			life: life{kind: paid, renews: true, purchased: now, anchor: now, expires: monthsAfter(now, 1)},
		})
	}
}

func (m *machine) buySelfService(rt *rapid.T) {
	m.enough(rt)
	u, now := rapid.SampledFrom(m.users).Draw(rt, "user"), m.w.Clock.Now()
	o := purchasing.Order{
		ProductID: m.w.Product, Quantity: rapid.IntRange(0, 26).Draw(rt, "seats"), Term: model.BillingTermMonthly,
		Kind: rapid.SampledFrom([]model.PurchaseKind{paid, withPay, withoutPay}).Draw(rt, "kind"),
	}
	want := only(m.sells(u, o.Kind, o.Quantity))
	id, err := m.purchasing.BuySelfService(m.w.As(rt, u, viewer.Member), o)
	m.refusedWith(rt, "buying", want, err)
	if want != nil {
		return
	}
	a := &account{
		source: selfService, status: active, purchaser: u, quantity: o.Quantity, holders: map[string]bool{},
		life: life{kind: o.Kind, renews: o.Kind != withoutPay, purchased: now, anchor: now, expires: monthsAfter(now, 1)},
	}
	if o.Kind != paid {
		a.expires, m.tried[u] = now.Add(trialDays*day), true
	}
	m.bought(rt, id, a)
	m.mails[model.NotificationKindSelfServicePurchased] += admins
}

func (m *machine) resize(rt *rapid.T) {
	p := m.purchases[m.busy(rt)]
	a, account := m.buyer(rt, p), m.ledger.purchases[p]
	least := len(account.holders) + m.reserved(p)
	seats := rapid.SampledFrom([]int{least, least - 1, least + 1, 26, 0}).Draw(rt, "seats")
	want := only(m.ledger.resize(p, a, seats))
	m.refusedWith(rt, "resizing "+p, want, m.purchasing.ChangeQuantity(m.as(rt, a), p, seats))
}

func (m *machine) setRenewal(rt *rapid.T) {
	p, on := m.purchases[m.busy(rt)], rapid.Bool().Draw(rt, "on")
	a := m.buyer(rt, p)
	want := only(m.ledger.setRenewal(p, a, on))
	m.refusedWith(rt, "renewing "+p, want, m.purchasing.SetRecurringBilling(m.as(rt, a), p, on))
}

func (m *machine) reactivate(rt *rapid.T) {
	p := m.purchases[m.busy(rt)]
	for _, id := range m.purchases { // rather one that can be
		if s := m.ledger.purchases[id].status; (s == expired || s == disabled) && rapid.Bool().Draw(rt, "this") {
			p = id
			break
		}
	}
	for _, id := range m.purchases { // rather still: the policy decides
		if account := m.ledger.purchases[id]; account.status == expired && account.kind == withPay {
			p = id
			m.setPolicy(rt)
			break
		}
	}
	a := m.buyer(rt, p)
	want := only(m.ledger.reactivate(p, a, m.w.Clock.Now()))
	m.refusedWith(rt, "reactivating "+p, want, m.purchasing.Reactivate(m.as(rt, a), p))
}

func (m *machine) setPolicy(rt *rapid.T) {
	m.policy = rapid.SampledFrom([]model.SelfServicePolicyValue{"ENABLED", "ENABLED", "TRIALS_ONLY", "DISABLED"}).Draw(rt, "value")
	m.refusedWith(rt, "allowing", nil, m.policies.Set(m.w.As(rt, m.w.Admin, viewer.BillingAdmin), m.w.Product, m.policy))
}

// timePasses lets the clock come to where something happens to a purchase, or is to be told, or a moment before or
// long after that. The sweeper may be late.
func (m *machine) timePasses(rt *rapid.T) {
	id := m.purchases[m.busy(rt)]
	for _, to := range m.purchases { // rather one whose end is the end of a move
		if m.in(to) && !m.ledger.purchases[to].renews {
			id = to
		}
	}
	p := m.ledger.purchases[id]
	if p.end().IsZero() {
		rt.Skip("nothing happens to it any more")
	}
	at := p.end()
	if p.status == active {
		at = at.Add(-rapid.SampledFrom([]time.Duration{0, 0, day, 7 * day}).Draw(rt, "before"))
	}
	at = at.Add(rapid.SampledFrom([]time.Duration{0, 0, 0, -time.Millisecond, 30 * day, 90 * day}).Draw(rt, "late"))
	if d := at.Sub(m.w.Clock.Now()); d > 0 {
		m.w.Clock.Advance(d)
	}
	if rapid.IntRange(0, 2).Draw(rt, "late sweeper") < 2 {
		m.sweepAll(rt)
	}
}

// sweepAll has the sweeper come.
func (m *machine) sweepAll(rt *rapid.T) {
	for what, n := range m.sweep(m.w.Clock.Now()) {
		m.seen[what] += n
	}
	if err := m.purchasing.Sweep(rt.Context()); err != nil {
		rt.Fatalf("sweeping: %v", err)
	}
}

// enough skips what would be the seventh purchase that is not DELETED.
func (m *machine) enough(rt *rapid.T) {
	live := slices.DeleteFunc(slices.Clone(m.purchases), func(id string) bool {
		return m.ledger.purchases[id].status == model.SubscriptionStatusDeleted
	})
	if len(live) >= 6 {
		rt.Skip("there are enough")
	}
}
