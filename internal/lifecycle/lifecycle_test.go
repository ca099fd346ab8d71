package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/lifecycle"
)

const (
	paid    = model.PurchaseKindPaid
	withPay = model.PurchaseKindTrialWithPaymentMethod
	noPay   = model.PurchaseKindTrialWithoutPaymentMethod
	active  = model.SubscriptionStatusActive
	expired = model.SubscriptionStatusExpired
	off     = model.SubscriptionStatusDisabled
	deleted = model.SubscriptionStatusDeleted
)

// TestLife is what becomes of a purchase of December 31 whose term, or trial, ends on January 31 at noon.
func TestLife(t *testing.T) {
	for _, c := range []struct {
		name       string
		kind       model.PurchaseKind
		status     model.SubscriptionStatus
		renews     bool
		canceled   string
		now        string
		mayConvert bool
		want       string // each step, then what is next
	}{
		// what is not renewed
		{"the last moment", paid, active, false, "", "2026-01-31T11:59:59.999Z", false, "; 2026-01-31 EXPIRED"},
		{"the end", paid, active, false, "", "2026-01-31T12:00:00Z", false, "2026-01-31 EXPIRED; 2026-03-02 DISABLED"},
		{"a day later", paid, active, false, "", "2026-02-01T12:00:00Z", false, "2026-01-31 EXPIRED; 2026-03-02 DISABLED"},
		{"just usable", paid, expired, false, "", "2026-03-02T11:59:59.999Z", false, "; 2026-03-02 DISABLED"},
		{"31 days later", paid, active, false, "", "2026-03-03T12:00:00Z", false, "2026-01-31 EXPIRED, 2026-03-02 DISABLED; 2026-05-31 DELETED"},
		{"121 days later", paid, active, false, "", "2026-06-01T12:00:00Z", false, "2026-01-31 EXPIRED, 2026-03-02 DISABLED, 2026-05-31 DELETED"},
		{"200 days later", paid, active, false, "", "2026-08-19T12:00:00Z", false, "2026-01-31 EXPIRED, 2026-03-02 DISABLED, 2026-05-31 DELETED"},
		{"on from EXPIRED", paid, expired, false, "", "2026-08-19T12:00:00Z", false, "2026-03-02 DISABLED, 2026-05-31 DELETED"},
		{"recurring billing is too late for what is EXPIRED", paid, expired, true, "", "2026-03-02T12:00:00Z", false, "2026-03-02 DISABLED; 2026-05-31 DELETED"},
		{"on from DISABLED", paid, off, false, "", "2026-05-31T12:00:00Z", false, "2026-05-31 DELETED"},
		{"DELETED is final", paid, deleted, true, "", "2036-01-01", true, ""},
		// what is
		{"before it renews", paid, active, true, "", "2026-01-31T11:59:59.999Z", false, "; "},
		{"renewed", paid, active, true, "", "2026-01-31T12:00:00Z", false, "2026-01-31 until 2026-02-28; "},
		{"renewed after 200 days", paid, active, true, "", "2026-08-19T12:00:00Z", false, "2026-01-31 until 2026-08-31; "},
		// what was cancelled, in its term or after it
		{"cancelled", paid, off, false, "2026-01-10T08:00:00Z", "2026-04-10T07:59:59Z", false, "; 2026-04-10 DELETED"},
		{"90 days later", paid, off, false, "2026-01-10T08:00:00Z", "2026-04-10T08:00:00Z", false, "2026-04-10 DELETED"},
		{"cancelled when it was EXPIRED", paid, off, false, "2026-02-20", "2026-05-31T12:00:00Z", false, "2026-05-21 DELETED"},
		{"a cancelled trial", noPay, off, false, "2026-01-10T08:00:00Z", "2026-02-01", false, "; 2026-04-10 DELETED"},
		// trials
		{"a trial ends", noPay, active, false, "", "2026-01-31T12:00:00Z", true, "2026-01-31 EXPIRED; 2026-03-02 DELETED"},
		{"a trial cannot renew without a payment method", noPay, active, true, "", "2026-01-31T12:00:00Z", true, "2026-01-31 EXPIRED; 2026-03-02 DELETED"},
		{"a trial is over", noPay, active, false, "", "2026-03-02T12:00:00Z", true, "2026-01-31 EXPIRED, 2026-03-02 DELETED"},
		{"a trial becomes paid", withPay, active, true, "", "2026-01-31T12:00:00Z", true, "2026-01-31 PAID until 2026-02-28; "},
		{"and renews at once after downtime", withPay, active, true, "", "2026-08-19T12:00:00Z", true, "2026-01-31 PAID until 2026-08-31; "},
		{"a trial may not become paid", withPay, active, true, "", "2026-01-31T12:00:00Z", false, "2026-01-31 EXPIRED ends; 2026-03-02 DELETED"},
		{"a trial with payment method that shall not", withPay, active, false, "", "2026-03-02T12:00:00Z", true, "2026-01-31 EXPIRED, 2026-03-02 DELETED"},
		{"it is too late for an EXPIRED trial", withPay, expired, true, "", "2026-03-02T12:00:00Z", true, "2026-03-02 DELETED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := lifecycle.Purchase{
				Kind: c.kind, Status: c.status, Term: monthly, Renews: c.renews,
				PurchasedAt: at(t, "2025-12-31T12:00:00Z"), Anchor: at(t, "2025-12-31T12:00:00Z"), ExpiresAt: at(t, "2026-01-31T12:00:00Z"),
			}
			if c.canceled != "" {
				p.CanceledAt = at(t, c.canceled)
			}
			var did []string
			for _, s := range p.Advance(at(t, c.now), c.mayConvert) {
				did = append(did, describe(s))
				p = s.After
			}
			got := strings.Join(did, ", ")
			switch next, ok := p.Next(); {
			case ok:
				got += fmt.Sprintf("; %s %s", date(next.At), next.To)
			case p.Status != deleted:
				got += "; "
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func describe(s lifecycle.Step) string {
	d := date(s.At)
	if s.Before.Status != s.After.Status {
		d += " " + string(s.After.Status)
	}
	if s.Before.Kind != s.After.Kind {
		d += " " + string(s.After.Kind)
	}
	if s.Before.ExpiresAt != s.After.ExpiresAt {
		d += " until " + date(s.After.ExpiresAt)
	}
	if s.Before.Renews != s.After.Renews {
		d += " ends"
	}
	return d
}

func date(m instant.Milli) string { return m.Time().Format("2006-01-02") }

func TestReactivate(t *testing.T) {
	for _, c := range []struct {
		name string
		kind model.PurchaseKind
		now  string
		want string
	}{
		{"in its term", paid, "2026-01-20", "PAID true 2026-01-31, noticed 7"},
		{"after it", paid, "2026-02-10", "PAID true 2026-03-10, noticed 0"},
		{"at its end", paid, "2026-01-31T12:00:00Z", "PAID true 2026-02-28, noticed 0"},
		{"a trial", noPay, "2026-01-20", "TRIAL_WITHOUT_PAYMENT_METHOD false 2026-01-31, noticed 7"},
		{"a trial with a payment method", withPay, "2026-01-20", "TRIAL_WITH_PAYMENT_METHOD true 2026-01-31, noticed 7"},
		{"and after it", withPay, "2026-02-10", "PAID true 2026-03-10, noticed 0"},
	} {
		p := lifecycle.Purchase{
			Kind: c.kind, Status: off, Term: monthly, PurchasedAt: at(t, "2026-01-01"), ExpiresAt: at(t, "2026-01-31T12:00:00Z"),
			CanceledAt: at(t, "2026-01-15"), Noticed: 7,
		}.Reactivate(at(t, c.now))
		got := fmt.Sprintf("%s %t %s, noticed %d", p.Kind, p.Renews, date(p.ExpiresAt), p.Noticed)
		if got != c.want || p.Status != active || p.CanceledAt != 0 {
			t.Errorf("%s: %s, cancelled %d: %s, want %s", c.name, p.Status, p.CanceledAt, got, c.want)
		}
	}
}
