package takeovertest

import (
	"purser/graph/model"
)

// CheckTold fails the test unless everything that happened to purchases and moves has left its events
// and its mails, each once.
func (w *World) CheckTold(tb TB) {
	tb.Helper()
	ctx, db := w.System(tb), w.DB.Client()
	events := w.tally(tb, "SELECT subject_id, action, COUNT(*) FROM audit_events WHERE tenant_id = ? GROUP BY subject_id, action")
	mails := w.tally(tb, `SELECT a.purchase_id, n.kind, COUNT(*) FROM notifications n
		JOIN notification_purchases a ON a.notification_id = n.id WHERE n.tenant_id = ? GROUP BY a.purchase_id, n.kind`)
	about := func(what, id, kind string, got, want int) {
		tb.Helper()
		if got != want {
			tb.Errorf("%s %s: %d times %s, want %d", what, id, got, kind, want)
		}
	}
	endedOf, endedTo := map[string]int{}, map[string]int{} // moves that are over, by purchase
	for _, m := range db.Move.Query().AllX(ctx) {
		want := map[string]int{"move.requested": 1}
		switch model.MoveStatus(m.Status) {
		case model.MoveStatusSucceeded:
			want["move.succeeded"] = 1
		case model.MoveStatusFailed:
			want["move.failed"] = 1
		case model.MoveStatusCanceled:
			want["move.canceled"] = 1
		case model.MoveStatusQueued, model.MoveStatusRunning:
		}
		for _, action := range []string{"move.requested", "move.succeeded", "move.failed", "move.canceled"} {
			about("move", m.ID, action, events[m.ID][action], want[action])
		}
		if over(m) {
			endedOf[m.SourceID]++
			endedTo[m.TargetID]++
		}
	}
	for _, p := range db.Purchase.Query().AllX(ctx) {
		told := events[p.ID]
		emptied, taken := 0, 0
		switch model.CancellationCause(value(p.CancellationCause)) {
		case model.CancellationCauseAdminTakeOverMove, model.CancellationCauseAdminTakeOverCancel:
			about("purchase", p.ID, "mail SUBSCRIPTION_CANCELED", mails[p.ID]["SUBSCRIPTION_CANCELED"], 1)
			if value(p.CancellationCause) == string(model.CancellationCauseAdminTakeOverMove) {
				emptied = 1
			}
		case model.CancellationCausePurchaser, model.CancellationCauseAdminCentral:
		}
		if p.OwnershipTakenAt != nil {
			taken = 1
		}
		about("purchase", p.ID, "mail OWNERSHIP_TAKEN", mails[p.ID]["OWNERSHIP_TAKEN"], taken)
		about("purchase", p.ID, "event purchase.taken", told["purchase.taken"], taken)
		about("source", p.ID, "event that its move has let it go", told["purchase.released"], endedOf[p.ID]-emptied)
		about("target", p.ID, "event that its move is over", told["purchase.received"]+told["purchase.unreserved"], endedTo[p.ID])
		about("purchase", p.ID, "mail CANCELLATION_REQUESTED", mails[p.ID]["CANCELLATION_REQUESTED"], told["purchase.asked"])
	}
}
