package takeover

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"purser/graph/model"
	"purser/internal/licensing"
	"purser/internal/viewer"
)

// wish is a request for licenses.
type wish struct {
	by    string
	users map[string]model.LicenseRequestDecision
}

func (w *wish) open() bool {
	return slices.Contains(slices.Collect(maps.Values(w.users)), model.LicenseRequestDecisionPending)
}

// eligible says what is wrong with users who are to get something.
func (l *ledger) eligible(field string, users []string, holds func(string) bool) (refusals []string) {
	for i, u := range users {
		switch at := fmt.Sprintf(" %s.%d", field, i); {
		case slices.Contains(users[:i], u):
			refusals = append(refusals, "INVALID"+at)
		case l.gone[u]:
			refusals = append(refusals, "NOT_ELIGIBLE"+at)
		case holds(u):
			refusals = append(refusals, "ALREADY_LICENSED"+at)
		}
	}
	return refusals
}

// assign gives licenses, or says why not.
func (l *ledger) assign(purchase string, a actor, users []string) []string {
	p := l.purchases[purchase]
	if len(users) == 0 {
		return []string{"INVALID userIds"}
	}
	if r := l.manage(purchase, a, active, expired); r != "" {
		return []string{r}
	}
	refusals := l.eligible("userIds", users, func(u string) bool { return p.holders[u] })
	if len(users)-len(refusals) > l.free(purchase) {
		refusals = append(refusals, "NOT_ENOUGH_SEATS userIds")
	}
	for _, u := range users {
		if refusals == nil {
			p.holders[u] = true
		}
	}
	return refusals
}

// unassign takes licenses back, or says why not.
func (l *ledger) unassign(purchase string, a actor, users []string) (refusals []string) {
	p := l.purchases[purchase]
	if len(users) == 0 {
		return []string{"INVALID userIds"}
	}
	if r := l.manage(purchase, a, active, expired, disabled); r != "" {
		return []string{r}
	}
	for i, u := range users {
		if slices.Contains(users[:i], u) {
			refusals = append(refusals, fmt.Sprintf("INVALID userIds.%d", i))
		} else if !p.holders[u] {
			refusals = append(refusals, fmt.Sprintf("NOT_LICENSED userIds.%d", i))
		}
	}
	for _, u := range users {
		if refusals == nil {
			delete(p.holders, u)
		}
	}
	return refusals
}

// uses tells whether a user holds a license that can be used.
func (l *ledger) uses(user string) bool {
	for _, p := range l.purchases {
		if p.holders[user] && (p.status == active || p.status == expired) {
			return true
		}
	}
	return false
}

// wished says why a user cannot request licenses.
func (l *ledger) wished(by string, users []string) []string {
	if len(users) == 0 {
		return []string{"INVALID userIds"}
	}
	if l.policy == model.SelfServicePolicyValueEnabled {
		return []string{"NOT_ELIGIBLE productId"}
	}
	for _, w := range l.wishes {
		if w.by == by && w.open() {
			return []string{"CONFLICT productId"}
		}
	}
	return l.eligible("userIds", users, l.uses)
}

// decide decides on a request, or says why not.
func (l *ledger) decide(d licensing.Decision, a actor) (refusals []string) {
	if len(d.Approve)+len(d.Reject) == 0 {
		return []string{"INVALID approveUserIds"}
	}
	w, named := l.wishes[d.RequestID], map[string]bool{}
	look := func(field string, users []string) {
		for i, u := range users {
			at := fmt.Sprintf(" %s.%d", field, i)
			switch decision, wished := w.users[u]; {
			case named[u]:
				refusals = append(refusals, "INVALID"+at)
			case !wished:
				refusals = append(refusals, "NOT_FOUND"+at)
			case decision != model.LicenseRequestDecisionPending:
				refusals = append(refusals, "CONFLICT"+at)
			}
			named[u] = true
		}
	}
	look("approveUserIds", d.Approve)
	look("rejectUserIds", d.Reject)
	if refusals == nil && len(d.Approve) > 0 {
		refusals = l.supply(*d.PurchaseID, a, d.Approve)
	}
	if refusals == nil {
		for _, u := range d.Approve {
			w.users[u] = model.LicenseRequestDecisionApproved
		}
		for _, u := range d.Reject {
			w.users[u] = model.LicenseRequestDecisionRejected
		}
		l.mails[model.NotificationKindLicenseRequestDecided]++
	}
	return refusals
}

// supply gives licenses to those who have none of the product, or says why not.
func (l *ledger) supply(purchase string, a actor, users []string) (refusals []string) {
	if r := l.manage(purchase, a, active, expired); r != "" {
		return []string{r}
	}
	var need []string
	for i, u := range users {
		switch {
		case l.uses(u):
		case l.gone[u]:
			refusals = append(refusals, fmt.Sprintf("NOT_ELIGIBLE approveUserIds.%d", i))
		default:
			need = append(need, u)
		}
	}
	if len(need) > l.free(purchase) {
		refusals = append(refusals, "NOT_ENOUGH_SEATS approveUserIds")
	}
	for _, u := range need {
		if refusals == nil {
			l.purchases[purchase].holders[u] = true
		}
	}
	return refusals
}

// license does one of the things that change who holds what.
func (m *machine) license(rt *rapid.T) {
	m.oneOf(rt, m.assignSome, m.assignSome, m.unassignSome, m.unassignSome, m.wishFor, m.decideWish, m.decideWish)
}

// assigner draws who does what LICENSE_ADMIN may.
func (m *machine) assigner(rt *rapid.T, purchase string) actor {
	return m.actor(rt, purchase, []viewer.Role{viewer.GlobalAdmin, viewer.LicenseAdmin, viewer.UserAdmin}, []viewer.Role{viewer.BillingAdmin, viewer.GlobalReader})
}

// few draws users, mostly of those who are wanted, and seldom nobody or somebody twice.
func (m *machine) few(rt *rapid.T, wanted func(string) bool) []string {
	from := slices.DeleteFunc(slices.Clone(m.users), func(u string) bool { return !wanted(u) })
	if len(from) == 0 || rapid.IntRange(0, 3).Draw(rt, "anybody") == 3 {
		return rapid.SliceOfN(rapid.SampledFrom(m.users), 0, 4).Draw(rt, "any users")
	}
	return rapid.Permutation(from).Draw(rt, "users")[:rapid.IntRange(1, min(3, len(from))).Draw(rt, "of them")]
}

func (m *machine) assignSome(rt *rapid.T) {
	p := m.purchases[m.busy(rt)]
	a, users := m.assigner(rt, p), m.few(rt, func(u string) bool { return !m.gone[u] && !m.ledger.purchases[p].holders[u] })
	want := m.assign(p, a, users)
	_, err := m.licensing.Assign(m.as(rt, a), p, users)
	m.refusedWith(rt, "assigning "+p, want, err)
}

func (m *machine) unassignSome(rt *rapid.T) {
	p := m.purchases[m.busy(rt)]
	a, users := m.assigner(rt, p), m.few(rt, func(u string) bool { return m.ledger.purchases[p].holders[u] })
	want := m.unassign(p, a, users)
	m.refusedWith(rt, "unassigning "+p, want, m.licensing.Unassign(m.as(rt, a), p, users))
}

func (m *machine) wishFor(rt *rapid.T) {
	for n := 0; n < 3 && m.policy == model.SelfServicePolicyValueEnabled; n++ { // then they can buy it
		m.setPolicy(rt)
	}
	by, users := rapid.SampledFrom(m.users).Draw(rt, "by"), m.few(rt, func(u string) bool { return !m.gone[u] && !m.uses(u) })
	want := m.wished(by, users)
	id, err := m.licensing.RequestLicenses(m.w.As(rt, by, viewer.Member), licensing.Wish{ProductID: m.w.Product, UserIDs: users})
	m.refusedWith(rt, "wishing", want, err)
	if want != nil {
		return
	}
	w := &wish{by: by, users: map[string]model.LicenseRequestDecision{}}
	for _, u := range users {
		w.users[u] = model.LicenseRequestDecisionPending
	}
	m.wishes[id] = w
	m.mails[model.NotificationKindLicenseRequested]++
}

// spare is how many licenses of a purchase an admin can give.
func (m *machine) spare(purchase string) int {
	p := m.ledger.purchases[purchase]
	if p.source != central || p.status != active || m.out(purchase) != "" {
		return 0
	}
	return m.free(purchase)
}

func (m *machine) decideWish(rt *rapid.T) {
	if len(m.wishes) == 0 {
		m.wishFor(rt)
		return
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.wishes))).Draw(rt, "wish")
	p := m.purchases[m.busy(rt)]
	if rapid.IntRange(0, 3).Draw(rt, "from what is left") < 3 {
		p = slices.MaxFunc(m.purchases, func(a, b string) int { return m.spare(a) - m.spare(b) })
	}
	a := actor{m.w.Admin, []viewer.Role{rapid.SampledFrom([]viewer.Role{viewer.GlobalAdmin, viewer.LicenseAdmin, viewer.UserAdmin}).Draw(rt, "role")}, true}
	pending := func(u string) bool { return m.wishes[id].users[u] == model.LicenseRequestDecisionPending }
	d := licensing.Decision{RequestID: id, PurchaseID: &p}
	for _, u := range m.few(rt, pending) {
		if rapid.IntRange(0, 2).Draw(rt, "no") == 2 {
			d.Reject = append(d.Reject, u)
		} else {
			d.Approve = append(d.Approve, u)
		}
	}
	want := m.decide(d, a)
	m.refusedWith(rt, "deciding", want, m.licensing.DecideLicenseRequest(m.as(rt, a), d))
}
