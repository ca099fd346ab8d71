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
		name      string
		purchased string
		term      model.BillingTerm
		ends      []string // of the present term, and of those that follow
	}{
		{"the last of January", "2026-01-31T09:30:00Z", monthly, []string{
			"2026-02-28T09:30:00Z", "2026-03-31T09:30:00Z", "2026-04-30T09:30:00Z", "2026-05-31T09:30:00Z",
		}},
		{"the same in a leap year", "2024-01-31", monthly, []string{"2024-02-29", "2024-03-31", "2024-04-30"}},
		{"over the end of a year", "2025-11-30", monthly, []string{"2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"}},
		{"a leap day, by the year", "2024-02-29", annual, []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"}},
		{"a leap day, by three", "2024-02-29", triennial, []string{"2027-02-28", "2030-02-28", "2033-02-28", "2036-02-29"}},
		{"changed from months to a year", "2026-01-31", annual, []string{"2026-04-30", "2027-04-30", "2028-04-30"}},
		{"an end that no month's count leads to", "2026-01-05", monthly, []string{"2026-01-20T17:00:00Z", "2026-02-20T17:00:00Z", "2026-03-20T17:00:00Z"}},
		{"begun on the 31st by a reactivation", "2026-01-05T10:00:00Z", monthly, []string{"2026-02-28T11:00:00Z", "2026-03-28T11:00:00Z", "2026-04-28T11:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := lifecycle.Purchase{
				Kind: model.PurchaseKindPaid, Status: model.SubscriptionStatusActive, Term: c.term, Renews: true,
				PurchasedAt: at(t, c.purchased), ExpiresAt: at(t, c.ends[0]), Noticed: 7,
			}
			p := first
			for i, want := range c.ends[1:] {
				due := at(t, c.ends[i])
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
			if len(c.ends) > 1 && (len(late) != 1 || late[0].After != p) {
				t.Errorf("after all of that at once: %+v, want %+v", late, p)
			}
		})
	}
}
