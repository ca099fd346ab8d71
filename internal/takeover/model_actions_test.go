package takeover

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/purchasing"
	"purser/internal/viewer"
)

// actions are what can happen. What is repeated is there to be drawn more often.
func (m *machine) actions() map[string]func(*rapid.T) {
	request := func(rt *rapid.T) { m.moveUsers(rt, m.likely) }
	return map[string]func(*rapid.T){
		"":        m.compare,
		"request": request, "request, too": request,
		"work": m.work, "work on": m.work, "work more": m.work, "work even more": m.work, "work still more": m.work,
		"wait": m.wait, "lose a worker": m.loseWorker, "shut down": m.shutDown, "overtake": m.overtake,
		"buy": m.buyMore, "disturb": m.disturb, "disturb more": m.disturb, "disturb even more": m.disturb,
		"trade": m.trade, "trade more": m.trade, "license": m.license, "license more": m.license, "time passes": m.timePasses, "sweep": m.sweepAll,
	}
}

// disturb does one of the things that cross a move.
func (m *machine) disturb(rt *rapid.T) {
	others := []func(*rapid.T){
		m.cancelPurchase, m.cancelMove, m.takeOwnership, m.requestCancellation, func(rt *rapid.T) { m.moveUsers(rt, nil) },
		m.importUser, m.importUser, m.importUser, m.importLicense, m.importLicense, m.importPurchase, m.importPurchase, m.squeeze, m.squeeze,
	}
	rapid.SampledFrom(others).Draw(rt, "what")(rt)
}

// busy draws a purchase, mostly one that users are being moved to or from.
func (m *machine) busy(rt *rapid.T) int {
	var likely []int
	for i, id := range m.purchases {
		if m.in(id) || m.out(id) != "" {
			likely = append(likely, i)
		}
	}
	if len(likely) > 0 && rapid.Bool().Draw(rt, "busy") {
		return rapid.SampledFrom(likely).Draw(rt, "purchase")
	}
	return rapid.IntRange(0, len(m.purchases)-1).Draw(rt, "purchase")
}

// buyMore buys something, up to six things that are not DELETED.
func (m *machine) buyMore(rt *rapid.T) {
	m.enough(rt)
	m.buy(rt)
}

// likely tells whether the move of everyone would be accepted.
func (m *machine) likely(from, to string) bool { return m.request(Request{From: from, To: to}) == nil }

// moveUsers requests a move, of those that are wanted where there are any.
func (m *machine) moveUsers(rt *rapid.T, wanted func(from, to string) bool) {
	type pair struct{ from, to string }
	var pairs []pair
	for _, from := range m.purchases {
		for _, to := range m.purchases {
			if wanted == nil || wanted(from, to) {
				pairs = append(pairs, pair{from, to})
			}
		}
	}
	if wanted == nil {
		pairs = append(pairs, pair{m.w.IDs.New(id.Purchase), m.purchases[0]})
	}
	if len(pairs) == 0 {
		rt.Skip("no such move")
	}
	ends := rapid.SampledFrom(pairs).Draw(rt, "ends")
	r := Request{From: ends.from, To: ends.to, DryRun: rapid.IntRange(0, 4).Draw(rt, "dry run") == 4}
	if rapid.Bool().Draw(rt, "subset") {
		r.Users = m.subset(rt, ends.from)
	}
	want, underWay := m.request(r), ""
	if from := m.ledger.purchases[r.From]; from != nil && m.ledger.purchases[r.To] != nil {
		underWay = m.out(r.From)
	}
	answer, err := m.workers[0].s.MoveUsers(m.w.As(rt, m.w.Admin, viewer.BillingAdmin), r)
	m.refusedWith(rt, "moving users of "+r.From+" to "+r.To, want, err)
	if want != nil || r.DryRun {
		if answer.MoveID != underWay {
			rt.Fatalf("the move under way is %q, and not %q", m.short(underWay), answer.MoveID)
		}
	} else {
		m.moves = append(m.moves, answer.MoveID)
		m.accept(answer.MoveID, r)
	}
	if p := answer.Plan; p != nil && want == nil && (p.Users != len(m.asked(r)) || p.Refusal != nil) {
		rt.Fatalf("the plan %+v", p)
	}
}

// subset draws some users, mostly of those who hold the purchase.
func (m *machine) subset(rt *rapid.T, purchase string) []string {
	from := m.users
	if p := m.ledger.purchases[purchase]; p != nil && len(p.holders) > 0 && rapid.IntRange(0, 4).Draw(rt, "anybody") < 4 {
		from = slices.DeleteFunc(slices.Clone(m.users), func(u string) bool { return !p.holders[u] })
		return some(rt, from, 1, "subset")
	}
	return rapid.SliceOfN(rapid.SampledFrom(from), 0, 4).Draw(rt, "any users")
}

func (m *machine) cancelMove(rt *rapid.T) {
	if len(m.moves) == 0 {
		rt.Skip("no move yet")
	}
	moveID := rapid.SampledFrom(m.moves).Draw(rt, "move")
	t, want := m.ledger.moves[moveID], []string(nil)
	if !t.open() {
		want = []string{"WRONG_STATUS moveId"}
	}
	m.refusedWith(rt, "stopping "+moveID, want, m.workers[0].s.CancelMove(m.w.As(rt, m.w.Admin, viewer.GlobalAdmin), moveID))
	if want == nil {
		t.stop(model.MoveStatusCanceled, "")
	}
}

func (m *machine) cancelPurchase(rt *rapid.T) {
	p := m.purchases[m.busy(rt)]
	ctx, byPurchaser := m.w.As(rt, m.w.Admin, viewer.GlobalAdmin), false
	if a := m.ledger.purchases[p]; a.source == selfService && rapid.Bool().Draw(rt, "by its purchaser") {
		ctx, byPurchaser = m.w.As(rt, a.purchaser, viewer.Member), true
	}
	var want []string
	if refusal := m.cancel(p, byPurchaser, m.w.Clock.Now()); refusal != "" {
		want = []string{refusal}
	}
	_, err := m.purchasing.Cancel(ctx, purchasing.Cancellation{PurchaseID: p, Reason: model.CancellationReasonCentralized})
	m.refusedWith(rt, "cancelling "+p, want, err)
}

func (m *machine) takeOwnership(rt *rapid.T) {
	p := rapid.SampledFrom(m.purchases).Draw(rt, "purchase")
	var want []string
	if refusal := m.takeOver(p); refusal != "" {
		want = []string{refusal + " purchaseId"}
	}
	m.refusedWith(rt, "taking "+p, want, m.workers[0].s.TakeOwnership(m.w.As(rt, m.w.Admin, viewer.GlobalAdmin), p))
	if a := m.ledger.purchases[p]; want == nil {
		a.source, a.purchaser = central, m.w.Admin
		m.mails[model.NotificationKindOwnershipTaken]++
	}
}

func (m *machine) requestCancellation(rt *rapid.T) {
	purchases := rapid.SliceOfN(rapid.SampledFrom(m.purchases), 1, 3).Draw(rt, "purchases")
	want := m.ask(purchases)
	_, err := m.workers[0].s.RequestCancellation(m.w.As(rt, m.w.Admin, viewer.GlobalAdmin), purchases, nil)
	m.refusedWith(rt, "asking to cancel", want, err)
}

// work has one of the workers look for moves, if it has none, and do a batch of one.
func (m *machine) work(rt *rapid.T) {
	w := m.workers[rapid.IntRange(0, len(m.workers)-1).Draw(rt, "worker")]
	if len(m.workers[0].tasks) > 0 && len(w.tasks) == 0 && rapid.Bool().Draw(rt, "rather the other") {
		w = m.workers[0]
	}
	if len(w.tasks) == 0 || rapid.IntRange(0, 3).Draw(rt, "look") == 3 {
		m.look(rt, w)
	}
	if len(w.tasks) > 0 {
		m.batch(rt, w, rapid.IntRange(0, len(w.tasks)-1).Draw(rt, "task"))
	}
}

// loseWorker loses a worker with all that it has in memory. Its leases end by themselves.
func (m *machine) loseWorker(rt *rapid.T) {
	m.start(rt, rapid.IntRange(0, len(m.workers)-1).Draw(rt, "worker"))
}

// shutDown ends a worker that has the time to give its moves back.
func (m *machine) shutDown(rt *rapid.T) {
	i := rapid.IntRange(0, len(m.workers)-1).Draw(rt, "worker")
	w := m.workers[i]
	w.s.giveBack(rt.Context(), w.tasks)
	m.leaseOver(w)
	m.start(rt, i)
}

// overtake has one worker stand still for so long that the other one gets its moves.
func (m *machine) overtake(rt *rapid.T) {
	for i, w := range m.workers {
		if len(w.tasks) > 0 {
			m.w.Clock.Advance(lease)
			m.look(rt, m.workers[1-i])
			return
		}
	}
	rt.Skip("nobody works")
}

func (m *machine) wait(rt *rapid.T) {
	m.w.Clock.Advance(rapid.SampledFrom([]time.Duration{lease, lease - time.Millisecond, time.Second}).Draw(rt, "for"))
}
