package takeovertest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/store"
)

// Check fails the test unless every seat of the tenant is accounted for, and every move has
// done to its users what it says.
func (w *World) Check(tb testing.TB) {
	tb.Helper()
	ctx, db := w.System(tb), w.DB.Client()
	moves := db.Move.Query().AllX(ctx)
	reserved, active := map[string]int{}, map[string]string{}
	for _, m := range moves {
		w.checkMove(tb, m)
		if !over(m) {
			reserved[m.TargetID] += m.Reserved
			active[m.SourceID] = m.ID
		}
	}
	for _, p := range db.Purchase.Query().AllX(ctx) {
		rows := db.License.Query().Where(license.PurchaseID(p.ID)).CountX(ctx)
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
		if frozen := value(p.ActiveMoveID); frozen != active[p.ID] {
			tb.Errorf("purchase %s: frozen by %q, but its move is %q", p.ID, frozen, active[p.ID])
		}
	}
}

// checkMove compares a move's counts with what it recorded of each user; that is one row a user by the primary key.
func (w *World) checkMove(tb testing.TB, m *ent.Move) {
	tb.Helper()
	recorded := map[model.MovedUserResult]int{}
	for _, u := range w.DB.Client().Move.QueryMoveUsers(m).AllX(w.System(tb)) {
		recorded[model.MovedUserResult(u.Result)]++
	}
	moved, already, gone := recorded[model.MovedUserResultMoved], recorded[model.MovedUserResultAlreadyLicensed], recorded[model.MovedUserResultGone]
	if m.Moved != moved || m.AlreadyLicensed != already || m.Gone < gone || gone < m.Gone && m.Status != string(model.MoveStatusSucceeded) {
		tb.Errorf("move %s (%s): says %d moved, %d already licensed, %d gone, but recorded %v", m.ID, m.Status, m.Moved, m.AlreadyLicensed, m.Gone, recorded)
	}
	if m.Status == string(model.MoveStatusSucceeded) && m.Moved+m.AlreadyLicensed+m.Gone != m.Total {
		tb.Errorf("move %s SUCCEEDED with %d+%d+%d of %d", m.ID, m.Moved, m.AlreadyLicensed, m.Gone, m.Total)
	}
	if over(m) && (m.FinishedAt == nil || m.Reserved != 0) {
		tb.Errorf("move %s is over: finished %v, still reserves %d", m.ID, m.FinishedAt, m.Reserved)
	}
}

func over(m *ent.Move) bool {
	return m.Status != string(model.MoveStatusQueued) && m.Status != string(model.MoveStatusRunning)
}

// Holders fails the test unless exactly these users hold a license of the purchase, each one.
func (w *World) Holders(tb testing.TB, purchaseID string, users ...string) {
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
func (w *World) Get(tb testing.TB, purchaseID string) *ent.Purchase {
	tb.Helper()
	return w.DB.Client().Purchase.GetX(w.System(tb), purchaseID)
}

// Set changes a purchase behind everybody's back.
func (w *World) Set(tb testing.TB, purchaseID string, change func(*ent.PurchaseUpdate)) {
	tb.Helper()
	w.InTx(tb, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Purchase.Update().Where(purchase.ID(purchaseID))
		change(u)
		return u.Exec(ctx)
	})
}

// Events lists the actions on a subject, oldest first.
func (w *World) Events(tb testing.TB, subject string) []string {
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
