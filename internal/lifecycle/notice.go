package lifecycle

import (
	"time"

	"purser/graph/model"
	"purser/internal/instant"
)

// notices are when the owner of what ends is told, in days before, the last one first.
var notices = [...]int{1, 7, 30}

// Notice returns which expiry notice is to be given now, in days before the end of the term; 0 for
// none. Of several that are due only the last one is. It is for the caller to know whether a trial
// that Converts may: then its owner need not be told.
func (p Purchase) Notice(now instant.Milli) int {
	if !p.noticeable() || now >= p.ExpiresAt {
		return 0
	}
	for _, days := range notices {
		if at := p.noticeAt(days); at <= now && at > p.PurchasedAt {
			if p.given(days) {
				return 0
			}
			return days
		}
	}
	return 0
}

// nextNotice returns when the first notice is due that has not been given.
func (p Purchase) nextNotice() (instant.Milli, bool) {
	if !p.noticeable() {
		return 0, false
	}
	for i := range notices {
		days := notices[len(notices)-1-i]
		if at := p.noticeAt(days); at > p.PurchasedAt && !p.given(days) {
			return at, true
		}
	}
	return 0, false
}

// noticeable tells whether it ends, or may.
func (p Purchase) noticeable() bool {
	return p.Status == model.SubscriptionStatusActive && (p.Trial() || !p.Renews)
}

func (p Purchase) noticeAt(days int) instant.Milli {
	return p.ExpiresAt.Add(-time.Duration(days) * day)
}

// given tells whether the notice, or a later one, has been given.
func (p Purchase) given(days int) bool { return p.Noticed != 0 && p.Noticed <= days }

// DaysLeft returns how many days of the term are left, begun ones included.
func (p Purchase) DaysLeft(now instant.Milli) int {
	ms := instant.Milli(day.Milliseconds())
	return int((p.ExpiresAt - now + ms - 1) / ms)
}
