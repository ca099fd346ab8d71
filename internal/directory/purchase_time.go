package directory

import (
	"purser/ent"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
)

// passOverTime forgets what a line says of the purchase's life if that has gone on from there to
// where it stands: where the data comes from, nobody knows what time has done to it since.
func (l *purchaseLine) passOverTime(old *ent.Purchase, now instant.Milli) {
	is := lifecycle.Of(old)
	was := is
	setAs(&was.Kind, l.kind)
	setAs(&was.Status, l.status)
	setAs(&was.Term, l.term)
	set(&was.Renews, l.recurring)
	set(&was.ExpiresAt, l.expiresAt)
	for _, mayConvert := range []bool{true, false} {
		for _, step := range was.Advance(now, mayConvert) {
			became := step.After
			became.Noticed, became.Anchor = is.Noticed, is.Anchor // of which a line says nothing
			if became == is {
				l.kind, l.status, l.expiresAt, l.recurring = nil, nil, nil, nil
				return
			}
		}
	}
}

// setAs sets a value of the API's to what a line says, if it says anything.
func setAs[E model.PurchaseKind | model.SubscriptionStatus | model.BillingTerm](to *E, s *string) {
	if s != nil {
		*to = E(*s)
	}
}
