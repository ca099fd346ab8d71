package lifecycle_test

import (
	"testing"

	"purser/graph/model"
	"purser/internal/lifecycle"
)

// TestNotice is about a purchase of January 1 whose term ends on March 31 at noon.
func TestNotice(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    model.PurchaseKind
		status  model.SubscriptionStatus
		renews  bool
		noticed int
		now     string
		notice  int
		left    int    // days
		due     string // when to look next, before the notice is given
	}{
		{"long before", paid, active, false, 0, "2026-01-02", 0, 89, "2026-03-01T12:00:00Z"},
		{"just before", paid, active, false, 0, "2026-03-01T11:59:59.999Z", 0, 31, "2026-03-01T12:00:00Z"},
		{"30 days", paid, active, false, 0, "2026-03-01T12:00:00Z", 30, 30, "2026-03-01T12:00:00Z"},
		{"30 days, given", paid, active, false, 30, "2026-03-01T12:00:00Z", 0, 30, "2026-03-24T12:00:00Z"},
		{"7 days", paid, active, false, 30, "2026-03-24T12:00:00Z", 7, 7, "2026-03-24T12:00:00Z"},
		{"7 days, given", paid, active, false, 7, "2026-03-29", 0, 3, "2026-03-30T12:00:00Z"},
		{"1 day", paid, active, false, 7, "2026-03-30T12:00:00Z", 1, 1, "2026-03-30T12:00:00Z"},
		{"1 day, given", paid, active, false, 1, "2026-03-30T12:00:00Z", 0, 1, "2026-03-31T12:00:00Z"},
		{"the last one alone after downtime", paid, active, false, 0, "2026-03-31T11:00:00Z", 1, 1, "2026-03-01T12:00:00Z"},
		{"the last two after downtime", paid, active, false, 30, "2026-03-28T12:00:00Z", 7, 3, "2026-03-24T12:00:00Z"},
		{"too late", paid, active, false, 0, "2026-03-31T12:00:00Z", 0, 0, "2026-03-01T12:00:00Z"},
		{"it renews", paid, active, true, 0, "2026-03-30T12:00:00Z", 0, 1, "2026-03-31T12:00:00Z"},
		{"it has ended", paid, expired, false, 0, "2026-03-30T12:00:00Z", 0, 1, "2026-04-30T12:00:00Z"},
		{"a trial", noPay, active, false, 0, "2026-03-24T12:00:00Z", 7, 7, "2026-03-01T12:00:00Z"},
		{"a trial that may become paid", withPay, active, true, 30, "2026-03-24T12:00:00Z", 7, 7, "2026-03-24T12:00:00Z"},
	} {
		p := lifecycle.Purchase{
			Kind: c.kind, Status: c.status, Term: monthly, Renews: c.renews, Noticed: c.noticed,
			PurchasedAt: at(t, "2026-01-01"), ExpiresAt: at(t, "2026-03-31T12:00:00Z"),
		}
		now := at(t, c.now)
		if got := p.Notice(now); got != c.notice || p.DaysLeft(now) != c.left || p.Due() != at(t, c.due) {
			t.Errorf("%s: notice %d, %d days left, due %s, want %d, %d, %s", c.name, got, p.DaysLeft(now), p.Due(), c.notice, c.left, c.due)
		}
	}
}

// TestShortTrial is told 7 days before its end, and not the moment that it begins.
func TestShortTrial(t *testing.T) {
	begin := at(t, "2026-01-31T12:00:00Z")
	for _, c := range []struct {
		days int
		due  string
	}{{31, "2026-02-01T12:00:00Z"}, {30, "2026-02-23T12:00:00Z"}, {7, "2026-02-06T12:00:00Z"}, {1, "2026-02-01T12:00:00Z"}} {
		p := lifecycle.Purchase{Kind: noPay, Status: active, PurchasedAt: begin, ExpiresAt: lifecycle.TrialEnd(begin, c.days)}
		if p.Notice(begin) != 0 || p.Due() != at(t, c.due) {
			t.Errorf("%d days: notice %d at once, due %s, want %s", c.days, p.Notice(begin), p.Due(), c.due)
		}
	}
}
