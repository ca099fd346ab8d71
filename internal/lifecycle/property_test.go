package lifecycle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
)

const day = 24 * time.Hour

// drawn is any purchase of some years, dated by the half day, so that ends often meet.
func drawn(t *rapid.T) lifecycle.Purchase {
	half := func(from, to int, label string) time.Duration {
		return time.Duration(rapid.IntRange(2*from, 2*to).Draw(t, label)) * day / 2
	}
	p := lifecycle.Purchase{
		Kind:   rapid.SampledFrom(model.AllPurchaseKind).Draw(t, "kind"),
		Status: rapid.SampledFrom(model.AllSubscriptionStatus).Draw(t, "status"),
		Term:   rapid.SampledFrom(model.AllBillingTerm).Draw(t, "term"),
		Renews: rapid.Bool().Draw(t, "renews"),
	}
	p.PurchasedAt = instant.From(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).Add(half(0, 800, "purchased"))
	p.ExpiresAt = p.PurchasedAt.Add(half(1, 400, "expires") + time.Millisecond)
	p.Anchor = p.PurchasedAt
	if rapid.Bool().Draw(t, "begun anew") {
		p.Anchor = p.PurchasedAt.Add(half(0, 100, "anchor"))
	}
	if rapid.Bool().Draw(t, "whole term") {
		p.ExpiresAt = lifecycle.TermEnd(p.Anchor, p.Term)
	}
	if p.Status == off && rapid.Bool().Draw(t, "canceled") {
		p.CanceledAt = p.PurchasedAt.Add(half(1, 400, "canceled"))
	}
	p.Noticed = rapid.SampledFrom([]int{0, 1, 7, 30}).Draw(t, "noticed")
	return p
}

// look does to a purchase what a sweeper does, and tells whether there was anything to do.
func look(p lifecycle.Purchase, now instant.Milli, mayConvert bool) (lifecycle.Purchase, bool) {
	before := p
	for _, s := range p.Advance(now, mayConvert) {
		p = s.After
	}
	if n := p.Notice(now); n > 0 {
		p.Noticed = n
	}
	return p, p != before
}

// TestLookingOften comes to the same as looking once, looks at nothing twice, and misses nothing.
func TestLookingOften(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, mayConvert := drawn(t), rapid.Bool().Draw(t, "may convert")
		p, now := first, first.PurchasedAt
		for range rapid.IntRange(1, 12).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 200*24).Draw(t, "hours")) * time.Hour)
			due := p.Due()
			next, changed := look(p, now, mayConvert)
			if changed && (due == 0 || due > now) {
				t.Fatalf("at %s: %+v became %+v, and was due at %s", now, p, next, due)
			}
			if p = next; p.Due() != 0 && p.Due() <= now {
				t.Fatalf("at %s: %+v is still due at %s", now, p, p.Due())
			}
			if _, changed := look(p, p.Due()-1, mayConvert); changed && p.Due() != 0 {
				t.Fatalf("%+v changes before %s", p, p.Due())
			}
		}
		once, _ := look(first, now, mayConvert)
		once.Noticed, p.Noticed = 0, 0
		if once != p {
			t.Fatalf("at %s\nonce:  %+v\noften: %+v", now, once, p)
		}
	})
}
