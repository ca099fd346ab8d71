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

// renewed returns the purchase in the paid term in which now lies. The terms follow on the present one,
// or on the trial; those that are over are skipped. They are counted from the first of them, so that
// what began on January 31 ends on February 28, March 31 and April 30.
func (p Purchase) renewed(now instant.Milli) Purchase {
	if p.Trial() || AddMonths(p.Anchor, monthsBetween(p.Anchor, p.ExpiresAt)) != p.ExpiresAt {
		p.Anchor = p.ExpiresAt // of an import's term nobody knows more than its end
	}
	for p.ExpiresAt <= now {
		p.ExpiresAt = AddMonths(p.Anchor, monthsBetween(p.Anchor, p.ExpiresAt)+Months(p.Term))
	}
	p.Kind, p.Noticed = model.PurchaseKindPaid, 0
	return p
}

// monthsBetween returns how many calendar months later b is, whatever its day.
func monthsBetween(a, b instant.Milli) int {
	from, to := a.Time(), b.Time()
	return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
}
