package directory

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
