package takeover

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"purser/ent"
	"purser/ent/move"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/fault"
)

// compare looks whether the database holds what the ledger says, and whether that adds up.
func (m *machine) compare(rt *rapid.T) {
	want := m.lines(m.moves, m.purchases)
	if diff := cmp.Diff(want, m.stored(rt)); diff != "" {
		rt.Fatalf("the ledger and the database (-ledger +database):\n%s", m.short(diff))
	}
	m.w.Check(rt)
}

// stored reads the database as a ledger, and writes that down.
func (m *machine) stored(rt *rapid.T) []string {
	ctx, c := m.w.System(rt), m.w.DB.Client()
	l := newLedger()
	var moves, purchases []string
	for _, p := range c.Purchase.Query().Order(purchase.ByID()).AllX(ctx) {
		purchases = append(purchases, p.ID)
		l.purchases[p.ID] = &account{
			source: model.PurchaseSource(p.Source), status: model.SubscriptionStatus(p.Status),
			purchaser: *p.PurchaserID, quantity: p.Quantity, holders: map[string]bool{},
			life: life{model.PurchaseKind(p.Kind), p.RecurringBilling, p.PurchasedAt.Time(), p.ExpiresAt.Time(), p.TermAnchor.Time(), time.Time{}, p.Noticed},
		}
		if p.CanceledAt != nil {
			l.purchases[p.ID].canceled = p.CanceledAt.Time()
		}
	}
	for _, h := range c.License.Query().AllX(ctx) {
		l.purchases[h.PurchaseID].holders[h.UserID] = true
	}
	for _, s := range c.Move.Query().Order(move.ByID()).WithMoveUsers().AllX(ctx) {
		moves = append(moves, s.ID)
		t := &transfer{
			from: s.SourceID, to: s.TargetID, subset: s.Subset, status: model.MoveStatus(s.Status), total: s.Total, reserved: s.Reserved,
			users: map[string]model.MovedUserResult{}, fence: s.Fence,
		}
		if s.Failure != nil {
			t.failure = fault.Code(*s.Failure)
		}
		for _, u := range s.Edges.MoveUsers {
			t.users[u.UserID] = model.MovedUserResult(u.Result)
		}
		l.moves[s.ID] = t
	}
	for _, r := range c.LicenseRequest.Query().WithLicenseRequestUsers().AllX(ctx) {
		l.wishes[r.ID] = storedWish(rt, r)
	}
	for _, n := range c.Notification.Query().AllX(ctx) {
		l.mails[model.NotificationKind(n.Kind)]++
	}
	return l.lines(moves, purchases)
}

// storedWish reads a license request, which is PENDING as long as anybody is.
func storedWish(rt *rapid.T, r *ent.LicenseRequest) *wish {
	w := &wish{by: r.RequestedBy, users: map[string]model.LicenseRequestDecision{}}
	for _, u := range r.Edges.LicenseRequestUsers {
		w.users[u.UserID] = model.LicenseRequestDecision(u.Decision)
	}
	if w.open() != (r.Status == string(model.LicenseRequestStatusPending)) {
		rt.Fatalf("the request %s is %s: %v", r.ID, r.Status, w.users)
	}
	return w
}

// short writes short names for ids.
func (m *machine) short(s string) string {
	for prefix, ids := range map[string][]string{"u": m.users, "p": m.purchases, "m": m.moves, "r": slices.Sorted(maps.Keys(m.wishes)), "ada": {m.w.Admin}} {
		for i, id := range ids {
			s = strings.ReplaceAll(s, id, fmt.Sprint(prefix, i))
		}
	}
	return s
}

// comeToAnEnd has a new worker do what is left to do, and looks at what was told.
func (m *machine) comeToAnEnd(rt *rapid.T) {
	m.w.Clock.Advance(lease)
	m.start(rt, 0)
	m.look(rt, m.workers[0])
	for n := 0; len(m.workers[0].tasks) > 0; n++ {
		if n > 200 {
			rt.Fatalf("the moves do not end: %v", m.lines(m.moves, m.purchases))
		}
		m.batch(rt, m.workers[0], 0)
	}
	for id, t := range m.ledger.moves {
		if t.open() {
			rt.Fatalf("%s is still %s", m.short(id), t.status)
		}
		m.seen[fmt.Sprintf("move %s %s, subset %v", t.status, t.failure, t.subset)]++
	}
	m.compare(rt)
	m.w.CheckTold(rt)
}

// refusedWith compares what a call says with what the ledger does.
func (m *machine) refusedWith(rt *rapid.T, what string, want []string, err error) {
	faults, ok := fault.All(err)
	if !ok {
		rt.Fatalf("%s: %v", what, err)
	}
	var got, codes []string
	for _, f := range faults {
		got, codes = append(got, string(f.Code)+" "+strings.Join(f.Field, ".")), append(codes, string(f.Code))
	}
	name, _, _ := strings.Cut(what, " ")
	slices.Sort(codes)
	m.seen[name+" "+strings.Join(slices.Compact(codes), ", ")]++
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("%s: %v (-ledger +answer):\n%s", m.short(what), err, diff)
	}
}
