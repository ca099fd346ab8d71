package takeover

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"purser/graph/model"
	"purser/internal/fault"
)

// ledger is what can be done to purchases, told once more in maps: DESIGN.md section 2.
// It knows no transactions, leases are a number and an instant, and it does everything at once.
type ledger struct {
	gone      map[string]bool // users who have left
	purchases map[string]*account
	moves     map[string]*transfer
	mails     map[model.NotificationKind]int
	policy    model.SelfServicePolicyValue
	tried     map[string]bool // users who have had a trial
	wishes    map[string]*wish
}

func newLedger() ledger {
	return ledger{
		gone: map[string]bool{}, purchases: map[string]*account{}, moves: map[string]*transfer{}, mails: map[model.NotificationKind]int{},
		policy: model.SelfServicePolicyValueEnabled, tried: map[string]bool{}, wishes: map[string]*wish{},
	}
}

// account is a purchase.
type account struct {
	source    model.PurchaseSource
	status    model.SubscriptionStatus
	purchaser string
	quantity  int
	holders   map[string]bool
	life
}

// transfer is a move.
type transfer struct {
	from, to string
	subset   bool
	status   model.MoveStatus
	failure  fault.Code
	total    int
	reserved int
	users    map[string]model.MovedUserResult // of a subset all of them, else those it has come to
	fence    int
	until    time.Time // the lease's end
}

func (t *transfer) open() bool { return !final(t.status) }

// out returns the move that empties the purchase, and in tells whether one fills it.
func (l *ledger) out(purchase string) (moveID string) {
	for id, m := range l.moves {
		if m.open() && m.from == purchase {
			return id
		}
	}
	return ""
}

func (l *ledger) in(purchase string) bool {
	for _, m := range l.moves {
		if m.open() && m.to == purchase {
			return true
		}
	}
	return false
}

func (l *ledger) reserved(purchase string) (n int) {
	for _, m := range l.moves {
		if m.open() && m.to == purchase {
			n += m.reserved
		}
	}
	return n
}

func (l *ledger) free(purchase string) int {
	p := l.purchases[purchase]
	return p.quantity - len(p.holders) - l.reserved(purchase)
}

// fate is what becomes of a user when the move comes to them.
func (l *ledger) fate(m *transfer, user string) model.MovedUserResult {
	switch {
	case l.gone[user] || !l.purchases[m.from].holders[user]:
		return model.MovedUserResultGone
	case l.purchases[m.to].holders[user]:
		return model.MovedUserResultAlreadyLicensed
	}
	return model.MovedUserResultMoved
}

// seats is how many of the users need one.
func (l *ledger) seats(m *transfer, users []string) (n int) {
	for _, u := range users {
		if l.fate(m, u) == model.MovedUserResultMoved {
			n++
		}
	}
	return n
}

// left lists whom the move has not come to yet.
func (l *ledger) left(m *transfer) (users []string) {
	if !m.subset {
		return slices.Sorted(maps.Keys(l.purchases[m.from].holders))
	}
	for u, r := range m.users {
		if r == model.MovedUserResultPending {
			users = append(users, u)
		}
	}
	slices.Sort(users)
	return users
}

// request says why the move is refused; nothing when it is accepted.
func (l *ledger) request(r Request) (refusals []string) {
	from, to := l.purchases[r.From], l.purchases[r.To]
	if from == nil {
		refusals = append(refusals, "NOT_FOUND fromPurchaseId")
	}
	if to == nil {
		refusals = append(refusals, "NOT_FOUND toPurchaseId")
	}
	if len(refusals) > 0 {
		return refusals
	}
	if refusal := l.takeOver(r.From); refusal != "" {
		return []string{refusal + " fromPurchaseId"}
	}
	switch {
	case r.From == r.To:
		return []string{"SAME_SUBSCRIPTION toPurchaseId"}
	case to.status != model.SubscriptionStatusActive:
		return []string{"WRONG_STATUS toPurchaseId"}
	case to.source == model.PurchaseSourceSelfService:
		return []string{"TAKE_OVER_REQUIRED toPurchaseId"}
	case r.Users != nil && len(r.Users) == 0:
		return []string{"INVALID userIds"}
	}
	if refusals := l.named(r); len(refusals) > 0 {
		return refusals
	}
	if l.needs(r) > l.free(r.To) {
		return []string{"NOT_ENOUGH_SEATS toPurchaseId"}
	}
	return nil
}

// named says what is wrong with the users of a request.
func (l *ledger) named(r Request) (refusals []string) {
	for i, u := range r.Users {
		if slices.Contains(r.Users[:i], u) {
			refusals = append(refusals, fmt.Sprintf("INVALID userIds.%d", i))
		} else if _, known := l.gone[u]; !known {
			refusals = append(refusals, fmt.Sprintf("NOT_FOUND userIds.%d", i))
		} else if !l.purchases[r.From].holders[u] {
			refusals = append(refusals, fmt.Sprintf("NOT_LICENSED userIds.%d", i))
		}
	}
	return refusals
}

func (l *ledger) asked(r Request) []string {
	if r.Users != nil {
		return r.Users
	}
	return slices.Sorted(maps.Keys(l.purchases[r.From].holders))
}

func (l *ledger) needs(r Request) int {
	return l.seats(&transfer{from: r.From, to: r.To}, l.asked(r))
}

// accept accepts the move.
func (l *ledger) accept(moveID string, r Request) {
	m := &transfer{
		from: r.From, to: r.To, subset: r.Users != nil, status: model.MoveStatusQueued,
		total: len(l.asked(r)), reserved: l.needs(r), users: map[string]model.MovedUserResult{},
	}
	for _, u := range r.Users {
		m.users[u] = model.MovedUserResultPending
	}
	l.moves[moveID] = m
}

// step has the move come to the users, the next ones of at most size.
func (l *ledger) step(m *transfer, users []string, size int, now time.Time) {
	for _, u := range users {
		m.users[u] = l.fate(m, u)
		delete(l.purchases[m.from].holders, u)
		if m.users[u] == model.MovedUserResultMoved {
			m.reserved = max(0, m.reserved-1)
			l.purchases[m.to].holders[u] = true
		}
	}
	if len(users) == size {
		return // whether somebody is left shows in the next one
	}
	m.status, m.reserved = model.MoveStatusSucceeded, 0
	if p := l.purchases[m.from]; len(p.holders) == 0 {
		p.status, p.canceled = model.SubscriptionStatusDeleted, now
		l.mails[model.NotificationKindSubscriptionCanceled]++
	}
}

// stop ends the move early.
func (t *transfer) stop(status model.MoveStatus, failure fault.Code) {
	t.status, t.reserved, t.failure, t.until = status, 0, failure, time.Time{}
}

// lines writes the ledger down.
func (l *ledger) lines(moves, purchases []string) []string {
	var b []string
	for _, id := range purchases {
		p := l.purchases[id]
		b = append(b, fmt.Sprintf("%s %s %s %d+%d/%d out %q holders %v", id, p.source, p.status,
			len(p.holders), l.reserved(id), p.quantity, l.out(id), slices.Sorted(maps.Keys(p.holders))))
		if p.status != model.SubscriptionStatusDeleted {
			b = append(b, id+" "+p.String())
		}
	}
	for _, id := range moves {
		m, count := l.moves[id], map[model.MovedUserResult]int{}
		var users []string
		for u, r := range m.users {
			count[r]++
			users = append(users, u+" "+string(r))
		}
		slices.Sort(users)
		b = append(b, fmt.Sprintf("%s %s to %s %s%s %d=%d+%d+%d reserved %d fence %d %s", id, m.from, m.to, m.status, m.failure, m.total,
			count[model.MovedUserResultMoved], count[model.MovedUserResultAlreadyLicensed], count[model.MovedUserResultGone], m.reserved, m.fence, strings.Join(users, ", ")))
	}
	for _, id := range slices.Sorted(maps.Keys(l.wishes)) {
		w := l.wishes[id]
		b = append(b, fmt.Sprintf("%s by %s, open %v: %v", id, w.by, w.open(), w.users))
	}
	for _, k := range slices.Sorted(maps.Keys(l.mails)) {
		b = append(b, fmt.Sprintf("%d mails %s", l.mails[k], k))
	}
	return b
}
