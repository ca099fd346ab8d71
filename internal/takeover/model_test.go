package takeover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"purser/ent"
	"purser/ent/move"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/directory"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/licensing"
	"purser/internal/outbox"
	"purser/internal/pace"
	"purser/internal/policy"
	"purser/internal/purchasing"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// TestModel does whatever can be done to a few purchases, in any order, and compares after each step
// with the ledger. -rapid.checks says how many times; a failure is shrunk and can be repeated.
func TestModel(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			db, seen := storetest.Open(t, kind), map[string]int{}
			rapid.Check(t, func(rt *rapid.T) {
				m := newMachine(t, rt, db)
				m.seen = seen
				rt.Repeat(m.actions())
				m.comeToAnEnd(rt)
			})
			for _, what := range slices.Sorted(maps.Keys(seen)) {
				t.Logf("%6d %s", seen[what], what)
			}
		})
	}
}

// machine is a world with its ledger.
type machine struct {
	ledger
	w                       *takeovertest.World
	workers                 [2]*worker
	purchasing              *purchasing.Service
	licensing               *licensing.Service
	policies                *policy.Service
	directory               *directory.Directory
	users, purchases, moves []string       // ids, in the order they were made
	seen                    map[string]int // how often what came about, in all sequences
}

// worker is one process that works on moves.
type worker struct {
	s     *Service
	tasks []*task
	held  map[string]int // the fence of each move that it believes to have
}

func newMachine(t *testing.T, rt *rapid.T, db *store.DB) *machine {
	w := takeovertest.New(rt, db, "en")
	rt.Cleanup(func() { w.Remove(t) }) // else the next sequence's workers find the moves of one that failed
	trail := audit.New(w.IDs, w.Clock.Now)
	m := &machine{
		w: w, directory: directory.New(db, w.IDs, trail, access.NewChanges(db), w.Clock.Now),
		purchasing: purchasing.New(purchasing.Deps{
			DB: db, Trail: trail, Outbox: outbox.New(w.IDs, w.Clock.Now), IDs: w.IDs, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler),
		}),
		licensing: licensing.New(db, trail, outbox.New(w.IDs, w.Clock.Now), w.IDs, w.Clock.Now), policies: policy.New(db, trail, w.Clock.Now),
		ledger: newLedger(),
	}
	for i := range m.workers {
		m.start(rt, i)
	}
	m.users = w.Users(rt, many(rt, 3, 12, "users"))
	leavers := rapid.IntRange(0, 2).Draw(rt, "leavers")
	for i, u := range m.users {
		m.gone[u] = i < leavers
	}
	w.InTx(rt, func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Update().Where(user.IDIn(m.users[:leavers]...)).SetRemoved(true).Exec(ctx)
	})
	m.appoint(rt)
	for range rapid.IntRange(2, 5).Draw(rt, "purchases") {
		m.buy(rt)
	}
	return m
}

// start starts a worker in place of the one there was.
func (m *machine) start(rt *rapid.T, i int) {
	s := newService(m.w)
	s.pace = pace.New(rapid.IntRange(1, 3).Draw(rt, "batch size"))
	m.workers[i] = &worker{s: s, held: map[string]int{}}
}

// many draws a number, mostly a great one.
func many(rt *rapid.T, least, most int, label string) int {
	return most - rapid.IntRange(0, most-least).Draw(rt, label)
}

// some draws at least n of the users.
func some(rt *rapid.T, users []string, n int, label string) []string {
	return rapid.Permutation(users).Draw(rt, label)[:many(rt, n, len(users), "all but")]
}

// buy makes a purchase; the first is somebody's own, the second is central.
func (m *machine) buy(rt *rapid.T) {
	i := len(m.purchases)
	a := &account{source: selfService, status: model.SubscriptionStatusActive, purchaser: rapid.SampledFrom(m.users).Draw(rt, "purchaser"), holders: map[string]bool{}}
	holders, spare := some(rt, m.users, 0, "holders"), many(rt, 0, 2*len(m.users), "fewer")
	if i == 1 || i > 1 && rapid.IntRange(0, 2).Draw(rt, "central") == 2 {
		a.source, a.purchaser, holders = central, m.w.Admin, holders[:len(holders)/3]
	}
	for _, u := range holders {
		a.holders[u] = true
	}
	a.quantity = max(1, len(holders)+spare)
	if i > 1 {
		a.status = rapid.SampledFrom([]model.SubscriptionStatus{"ACTIVE", "ACTIVE", "ACTIVE", "EXPIRED", "DISABLED"}).Draw(rt, "status")
	}
	a.life = m.begin(rt, a.source, a.status)
	if a.kind != paid {
		m.tried[a.purchaser] = true
	}
	id := m.w.Purchase(rt, a.source, a.quantity, holders, func(p *ent.PurchaseCreate) {
		p.SetRef(ref(i)).SetStatus(string(a.status)).SetPurchaserID(a.purchaser).
			SetKind(string(a.kind)).SetRecurringBilling(a.renews).SetPurchasedAt(instant.From(a.purchased)).SetExpiresAt(instant.From(a.expires)).SetTermAnchor(instant.From(a.anchor))
	})
	m.purchases = append(m.purchases, id)
	m.ledger.purchases[id] = a
}

// ref names the i-th purchase in imports.
func ref(i int) string { return fmt.Sprint("p", i) }

// look has a worker claim what is due.
func (m *machine) look(rt *rapid.T, w *worker) {
	now := m.w.Clock.Now()
	for id, t := range m.ledger.moves {
		if _, mine := w.held[id]; t.open() && !t.until.After(now) && !mine {
			t.status, t.until = model.MoveStatusRunning, now.Add(lease)
			t.fence++
			w.held[id] = t.fence
		}
	}
	w.tasks = w.s.look(rt.Context(), w.tasks)
	got := map[string]int{}
	for _, t := range w.tasks {
		got[t.move] = t.fence
	}
	if diff := cmp.Diff(w.held, got); diff != "" {
		rt.Fatalf("claimed (-ledger +worker):\n%s", m.short(diff))
	}
}

// batch has a worker do the next batch of its i-th move.
func (m *machine) batch(rt *rapid.T, w *worker, i int) {
	task, size := w.tasks[i], w.s.pace.Size()
	t := m.ledger.moves[task.move]
	lost := !t.open() || t.fence != w.held[task.move]
	done, err := w.s.batch(rt.Context(), task)
	if errors.Is(err, errLost) != lost || err != nil && !lost {
		rt.Fatalf("a batch of %s, lost %v: %v", m.short(task.move), lost, err)
	}
	m.seen[fmt.Sprintf("batch, overtaken %v, move over %v", t.fence != w.held[task.move], !t.open())]++
	if !lost {
		m.advanced(rt, task.move, size)
		if done == t.open() {
			rt.Fatalf("a batch of %s says done %v, but it is %s", m.short(task.move), done, t.status)
		}
	}
	if lost || done {
		w.tasks = slices.Delete(w.tasks, i, i+1)
		delete(w.held, task.move)
	}
}

// advanced has the ledger follow a batch. Whom that took it learns from the database, all else it knows.
func (m *machine) advanced(rt *rapid.T, moveID string, size int) {
	t := m.ledger.moves[moveID]
	to, left := m.ledger.purchases[t.to], m.left(t)
	t.until = m.w.Clock.Now().Add(lease)
	if to.status != model.SubscriptionStatusActive && to.status != model.SubscriptionStatusExpired {
		t.stop(model.MoveStatusFailed, fault.WrongStatus)
		return
	}
	row := m.w.DB.Client().Move.Query().Where(move.ID(moveID)).WithMoveUsers().OnlyX(m.w.System(rt))
	var taken []string
	for _, u := range row.Edges.MoveUsers {
		if r := model.MovedUserResult(u.Result); r != model.MovedUserResultPending && (t.users[u.UserID] == "" || t.users[u.UserID] == model.MovedUserResultPending) {
			taken = append(taken, u.UserID)
		}
	}
	if short := m.seats(t, left) > t.reserved+m.free(t.to); short && len(taken) == 0 && len(left) > 0 {
		t.stop(model.MoveStatusFailed, fault.NotEnoughSeats)
		return
	}
	if len(taken) != min(size, len(left)) || slices.ContainsFunc(taken, func(u string) bool { return !slices.Contains(left, u) }) {
		rt.Fatalf("a batch of %d took %v, of %v", size, m.short(fmt.Sprint(taken)), m.short(fmt.Sprint(left)))
	}
	if need := m.seats(t, taken); need > t.reserved+m.free(t.to) {
		rt.Fatalf("a batch took %d seats that there were not", need)
	}
	m.step(t, taken, size, m.w.Clock.Now())
}

// leaseOver gives a move back.
func (m *machine) leaseOver(w *worker) {
	for id, fence := range w.held {
		if t := m.ledger.moves[id]; t.fence == fence {
			t.until = instant.Milli(0).Time()
		}
	}
}
