package takeovertest

import (
	"context"
	"slices"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/lifecycle"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// Check fails the test unless every seat of the tenant is accounted for, totals are right, every move has
// done to its users what it says, and the sweeper will come to each purchase when it is due.
func (w *World) Check(tb TB) {
	tb.Helper()
	ctx, db := w.System(tb), w.DB.Client()
	recorded := w.tally(tb, "SELECT move_id, result, COUNT(*) FROM move_users WHERE tenant_id = ? GROUP BY move_id, result")
	reserved, active := map[string]int{}, map[string]string{}
	for _, m := range db.Move.Query().AllX(ctx) {
		checkMove(tb, m, recorded[m.ID])
		if !over(m) {
			reserved[m.TargetID] += m.Reserved
			active[m.SourceID] = m.ID
		}
	}
	licenses := w.tally(tb, "SELECT purchase_id, '', COUNT(*) FROM licenses WHERE tenant_id = ? GROUP BY purchase_id")
	for _, p := range db.Purchase.Query().AllX(ctx) {
		rows := licenses[p.ID][""]
		if p.Releasing && p.Status == string(model.SubscriptionStatusDeleted) {
			rows = 0 // to be cleared away, and seen by nobody
		}
		if p.Assigned != rows {
			tb.Errorf("purchase %s (%s): assigned %d, but %d licenses", p.ID, p.Status, p.Assigned, rows)
		}
		if p.Reserved != reserved[p.ID] {
			tb.Errorf("purchase %s: reserved %d, but its moves hold %d", p.ID, p.Reserved, reserved[p.ID])
		}
		if p.Status == string(model.SubscriptionStatusDeleted) && p.Assigned > 0 {
			tb.Errorf("purchase %s is DELETED with %d licenses", p.ID, p.Assigned)
		}
		if want := lifecycle.Of(p).Due(); p.DueAt != want && p.DueAt != 0 && p.Status != string(model.SubscriptionStatusDeleted) {
			tb.Errorf("purchase %s (%s): due at %s, want %s", p.ID, p.Status, p.DueAt, want)
		}
		if frozen := value(p.ActiveMoveID); frozen != active[p.ID] {
			tb.Errorf("purchase %s: frozen by %q, but its move is %q", p.ID, frozen, active[p.ID])
		}
	}
	storetest.CheckTotals(tb, w.DB)
}

// tally runs a query for counts of something, by id and kind.
func (w *World) tally(tb TB, query string) map[string]map[string]int {
	tb.Helper()
	rows, err := w.DB.QueryUnwalled(tb.Context(), query, w.Tenant)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	counts := map[string]map[string]int{}
	for rows.Next() {
		var id, kind string
		var n int
		if err := rows.Scan(&id, &kind, &n); err != nil {
			tb.Fatal(err)
		}
		if counts[id] == nil {
			counts[id] = map[string]int{}
		}
		counts[id][kind] = n
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return counts
}

// checkMove compares a move's counts with what it recorded of each user; that is one row a user by the primary key.
func checkMove(tb TB, m *ent.Move, recorded map[string]int) {
	tb.Helper()
	moved, already, gone := recorded[string(model.MovedUserResultMoved)], recorded[string(model.MovedUserResultAlreadyLicensed)], recorded[string(model.MovedUserResultGone)]
	pending, succeeded := recorded[string(model.MovedUserResultPending)], m.Status == string(model.MoveStatusSucceeded)
	// somebody may lose the license before the move comes to them: of a move of everyone, nothing is recorded of them
	if m.Moved != moved || m.AlreadyLicensed != already || m.Gone < gone || gone < m.Gone && (!succeeded || m.Subset) {
		tb.Errorf("move %s (%s): says %d moved, %d already licensed, %d gone, but recorded %v", m.ID, m.Status, m.Moved, m.AlreadyLicensed, m.Gone, recorded)
	}
	if succeeded && m.Moved+m.AlreadyLicensed+m.Gone != m.Total {
		tb.Errorf("move %s SUCCEEDED with %d+%d+%d of %d", m.ID, m.Moved, m.AlreadyLicensed, m.Gone, m.Total)
	}
	if m.Subset && moved+already+gone+pending != m.Total || !m.Subset && pending > 0 || succeeded && pending > 0 {
		tb.Errorf("move %s (%s) of %d users: recorded %v", m.ID, m.Status, m.Total, recorded)
	}
	if over(m) != (m.FinishedAt != nil) || over(m) && m.Reserved != 0 {
		tb.Errorf("move %s is %s: finished %v, still reserves %d", m.ID, m.Status, m.FinishedAt, m.Reserved)
	}
}

func over(m *ent.Move) bool {
	return m.Status != string(model.MoveStatusQueued) && m.Status != string(model.MoveStatusRunning)
}

// Holders fails the test unless exactly these users hold a license of the purchase, each one.
func (w *World) Holders(tb TB, purchaseID string, users ...string) {
	tb.Helper()
	var got []string
	for _, l := range w.DB.Client().License.Query().Where(license.PurchaseID(purchaseID)).AllX(w.System(tb)) {
		got = append(got, l.UserID)
	}
	want := slices.Clone(users)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("holders of %s (-want +got):\n%.2000s", purchaseID, diff)
	}
}

// Get returns a purchase.
func (w *World) Get(tb TB, purchaseID string) *ent.Purchase {
	tb.Helper()
	return w.DB.Client().Purchase.GetX(w.System(tb), purchaseID)
}

// Set changes a purchase behind everybody's back.
func (w *World) Set(tb TB, purchaseID string, change func(*ent.PurchaseUpdate)) {
	tb.Helper()
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Purchase.Update().Where(purchase.ID(purchaseID))
		change(u)
		return u.Exec(ctx)
	})
}

// Events lists the actions on a subject, oldest first.
func (w *World) Events(tb TB, subject string) []string {
	tb.Helper()
	var actions []string
	for _, e := range w.DB.Client().AuditEvent.Query().Order(ent.Asc("id")).AllX(w.System(tb)) {
		if e.SubjectID == subject {
			actions = append(actions, e.Action)
		}
	}
	return actions
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
