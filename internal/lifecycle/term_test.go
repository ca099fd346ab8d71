package lifecycle_test

import (
	"testing"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
)

const (
	monthly   = model.BillingTermMonthly
	annual    = model.BillingTermAnnual
	triennial = model.BillingTermTriennial
)

// at reads an instant; a date alone is its midnight.
func at(t *testing.T, s string) instant.Milli {
	t.Helper()
	if len(s) == len("2026-01-31") {
		s += "T00:00:00Z"
	}
	m, err := instant.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		at   string
		n    int
		want string
	}{
		{"2026-01-31T23:59:59.999Z", 1, "2026-02-28T23:59:59.999Z"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2026-12-15T12:00:00Z", 1, "2027-01-15T12:00:00Z"},
		{"2026-08-31T12:00:00Z", 36, "2029-08-31T12:00:00Z"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-01-31", -11, "2025-02-28"},
		// where clocks are set forward and back, in UTC nothing is
		{"2026-03-08T02:30:00-05:00", 1, "2026-04-08T07:30:00Z"},
		{"2026-10-25T02:30:00+02:00", 1, "2026-11-25T00:30:00Z"},
		// what is the last of the month there is the first of the next in UTC
		{"2026-01-31T22:00:00-05:00", 1, "2026-03-01T03:00:00Z"},
	} {
		if got := lifecycle.AddMonths(at(t, c.at), c.n); got != at(t, c.want) {
			t.Errorf("%s and %d months: %s, want %s", c.at, c.n, got, c.want)
		}
	}
}

func TestTrialEnd(t *testing.T) {
	for _, c := range []struct {
		begin string
		days  int
		want  string
	}{
		{"2026-01-31T12:00:00Z", 30, "2026-03-02T12:00:00Z"},
		{"2024-01-31T12:00:00Z", 30, "2024-03-01T12:00:00Z"},
		{"2026-03-07T02:30:00-05:00", 1, "2026-03-08T07:30:00Z"}, // 24 hours, and 25 by the clock on the wall
	} {
		if got := lifecycle.TrialEnd(at(t, c.begin), c.days); got != at(t, c.want) {
			t.Errorf("%s and %d days: %s, want %s", c.begin, c.days, got, c.want)
		}
	}
}

// TestRenewal looks at the end of each of several terms, and once after all of them.
func TestRenewal(t *testing.T) {
	for _, c := range []struct {
		name   string
		anchor string
		term   model.BillingTerm
		ends   []string // of the present term, and of those that follow
	}{
		{"the last of January", "2026-01-31T09:30:00Z", monthly, []string{
			"2026-02-28T09:30:00Z", "2026-03-31T09:30:00Z", "2026-04-30T09:30:00Z", "2026-05-31T09:30:00Z",
		}},
		{"the same in a leap year", "2024-01-31", monthly, []string{"2024-02-29", "2024-03-31", "2024-04-30"}},
		{"over the end of a year", "2025-11-30", monthly, []string{"2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"}},
		{"a leap day, by the year", "2024-02-29", annual, []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"}},
		{"a leap day, by three", "2024-02-29", triennial, []string{"2027-02-28", "2030-02-28", "2033-02-28", "2036-02-29"}},
		{"a leap day, by the month", "2024-02-29", monthly, []string{"2024-03-29", "2024-04-29"}},
		{"changed from months to a year", "2026-01-31", annual, []string{"2026-04-30", "2027-04-30", "2028-04-30"}},
		{"an end that no month's count leads to", "2026-01-05", monthly, []string{"2026-01-20T17:00:00Z", "2026-02-20T17:00:00Z", "2026-03-20T17:00:00Z"}},
		{"such an end on the last of January", "2026-01-05", monthly, []string{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			renews(t, lifecycle.Purchase{
				Kind: paid, Status: active, Term: c.term, Renews: true, PurchasedAt: at(t, c.anchor), Anchor: at(t, c.anchor),
				ExpiresAt: at(t, c.ends[0]), Noticed: 7,
			}, c.ends)
		})
	}
}

// TestRenewalOfAnother is about terms whose first one began by a reactivation, or when a trial was over.
func TestRenewalOfAnother(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   model.PurchaseKind
		status model.SubscriptionStatus
		term   model.BillingTerm
		begin  string // of the term: a reactivation, or the end of the trial
		ends   []string
	}{
		{"reactivated on January 31", paid, off, monthly, "2026-01-31T09:30:00Z", []string{"2026-02-28T09:30:00Z", "2026-03-31T09:30:00Z", "2026-04-30T09:30:00Z"}},
		{"in a leap year", paid, expired, monthly, "2024-01-31", []string{"2024-02-29", "2024-03-31", "2024-04-30"}},
		{"on a leap day, by the year", paid, off, annual, "2024-02-29", []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"}},
		{"a trial reactivated", withPay, expired, monthly, "2026-08-31", []string{"2026-09-30", "2026-10-31"}},
		{"converted on January 31", withPay, active, monthly, "2026-01-31", []string{"2026-02-28", "2026-03-31", "2026-04-30"}},
		{"converted on a leap day", withPay, active, annual, "2024-02-29", []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"}},
		// December 31 and two months is February 28 as well: that the trial began then does not count
		{"converted on February 28", withPay, active, monthly, "2026-02-28", []string{"2026-03-28", "2026-04-28"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := at(t, c.begin)
			p := lifecycle.Purchase{Kind: c.kind, Status: c.status, Term: c.term, Renews: true, ExpiresAt: begin}
			p.PurchasedAt = lifecycle.AddMonths(at(t, c.begin[:8]+"01"), -2).Add(30 * day).Add(begin.Time().Sub(begin.Time().Truncate(day)))
			p.Anchor = p.PurchasedAt
			if c.status == active {
				p = p.Advance(begin, true)[0].After
			} else {
				p = p.Reactivate(begin)
			}
			if p.ExpiresAt != at(t, c.ends[0]) {
				t.Fatalf("begun %s it ends %s, want %s", c.begin, p.ExpiresAt, c.ends[0])
			}
			renews(t, p, c.ends)
		})
	}
}

// renews looks at the purchase at the ends of its terms, one after the other and after all of them.
func renews(t *testing.T, first lifecycle.Purchase, ends []string) {
	t.Helper()
	p := first
	for i, want := range ends[1:] {
		due := at(t, ends[i])
		if p.Due() != due || len(p.Advance(due-1, false)) > 0 {
			t.Fatalf("due at %s, want %s and not before", p.Due(), due)
		}
		steps := p.Advance(due, false)
		if len(steps) != 1 || steps[0].At != due || steps[0].Before != p {
			t.Fatalf("steps at %s: %+v", due, steps)
		}
		if p = steps[0].After; p.ExpiresAt != at(t, want) || p.Noticed != 0 {
			t.Fatalf("after %s it ends %s, want %s", due, p.ExpiresAt, want)
		}
	}
	late := first.Advance(p.ExpiresAt-1, false)
	if len(late) != 1 || late[0].After != p {
		t.Errorf("after all of that at once: %+v, want %+v", late, p)
	}
}
