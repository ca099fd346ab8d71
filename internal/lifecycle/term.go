package lifecycle

import (
	"time"

	"purser/graph/model"
	"purser/internal/instant"
)

// Months returns the length of a billing term in calendar months.
func Months(term model.BillingTerm) int {
	switch term {
	case model.BillingTermAnnual:
		return 12
	case model.BillingTermTriennial:
		return 36
	case model.BillingTermMonthly:
	}
	return 1
}

// AddMonths returns the instant n calendar months later; where that month has no such day, on its last one.
func AddMonths(at instant.Milli, n int) instant.Milli {
	t := at.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return instant.From(first.AddDate(0, 0, min(t.Day(), last)-1).Add(t.Sub(midnight)))
}

// TermEnd returns the end of a paid term that begins at an instant.
func TermEnd(begin instant.Milli, term model.BillingTerm) instant.Milli {
	return AddMonths(begin, Months(term))
}

// TrialEnd returns the end of a trial of so many days. A day has 24 hours.
func TrialEnd(begin instant.Milli, days int) instant.Milli {
	return begin.Add(time.Duration(days) * day)
}

// renewed returns the end of the term in which now lies. The terms follow on the present one; those
// that are over are skipped.
func (p Purchase) renewed(now instant.Milli) instant.Milli {
	end := p.ExpiresAt
	for end <= now {
		end = p.following(end)
	}
	return end
}

// following returns the end of the term that follows one. Terms are counted from the purchase, so that
// one made on January 31 ends them on February 28, March 31 and April 30. Where the term began at
// another time (after a trial, or a reactivation) the next one is counted from its end.
func (p Purchase) following(end instant.Milli) instant.Milli {
	if gone := monthsBetween(p.PurchasedAt, end); AddMonths(p.PurchasedAt, gone) == end {
		return AddMonths(p.PurchasedAt, gone+Months(p.Term))
	}
	return TermEnd(end, p.Term)
}

// monthsBetween returns how many calendar months later b is, whatever its day.
func monthsBetween(a, b instant.Milli) int {
	from, to := a.Time(), b.Time()
	return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
}
