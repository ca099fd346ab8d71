package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"purser/internal/audit"
	"purser/internal/demo"
	"purser/internal/id"
	"purser/internal/outbox"
	"purser/internal/purchasing"
	"purser/internal/store/storetest"
)

// TestNothingIsDue leaves a demo as it was made while it is looked at: that changes nothing, and sends no mail, for
// the rest of the day.
func TestNothingIsDue(t *testing.T) {
	db := storetest.Open(t, "sqlite")
	seed(t, db, demo.Small)
	before := count(t, db, "SELECT COUNT(*) FROM audit_events")
	ids := id.NewSource(clock)
	for _, later := range []time.Duration{0, 9 * time.Minute} {
		clock := func() time.Time { return now.Add(later) }
		s := purchasing.New(purchasing.Deps{
			DB: db, Trail: audit.New(ids, clock), Outbox: outbox.New(ids, clock), IDs: ids, Now: clock, Log: slog.New(slog.DiscardHandler),
		})
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db, "SELECT COUNT(*) FROM audit_events") - before; n != 0 {
		t.Errorf("%d things happened", n)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM notifications"); n != 0 {
		t.Errorf("%d mails", n)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM purchases WHERE status <> 'DELETED' AND due_at = 0"); n != 0 {
		t.Errorf("of %d purchases nobody knows when they are due", n)
	}
}
