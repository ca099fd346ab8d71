package purchasing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/auditevent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// kind makes a purchase one of the kind.
func kind(k model.PurchaseKind, renews bool) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetKind(string(k)).SetRecurringBilling(renews) }
}

// ends makes its term, or trial, end so long after now, and begin 30 days before.
func ends(w *takeovertest.World, in time.Duration) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) {
		at := instant.From(w.Clock.Now().Add(in))
		p.SetPurchasedAt(at.Add(-30 * 24 * time.Hour)).SetExpiresAt(at)
	}
}

// changesOf lists what the events on a purchase say, oldest first.
func changesOf(t *testing.T, w *takeovertest.World, purchaseID string) []string {
	t.Helper()
	var list []string
	for _, e := range w.DB.Client().AuditEvent.Query().Where(auditevent.SubjectID(purchaseID)).Order(ent.Asc("id")).AllX(w.System(t)) {
		list = append(list, e.Action+" "+e.Changes)
	}
	return list
}

func told(t *testing.T, w *takeovertest.World, purchaseID string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, changesOf(t, w, purchaseID)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestChangeRefusals asks package may, whose table is longer.
func TestChangeRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, avery := newService(w), w.User(t)
		own, frozen := w.Purchase(t, selfService, 5, nil, by(avery)), w.Purchase(t, selfService, 5, nil, by(avery))
		moveTo(t, w, frozen, w.Purchase(t, central, 9, nil))
		frozenLapsed := w.Purchase(t, selfService, 5, nil, by(avery), status("EXPIRED"))
		moveTo(t, w, frozenLapsed, w.Purchase(t, central, 9, nil))
		member, admin := w.As(t, avery, viewer.Member), w.As(t, w.Admin, viewer.GlobalAdmin)
		for _, c := range []struct {
			name     string
			ctx      context.Context
			purchase string
			want     [3]string // quantity, recurring billing, reactivation; all at purchaseId
		}{
			{"unknown", admin, "pur_x\x00", [3]string{"NOT_FOUND", "NOT_FOUND", "NOT_FOUND"}},
			{"another tenant's", admin, takeovertest.New(t, db, "en").Purchase(t, central, 5, nil), [3]string{"NOT_FOUND", "NOT_FOUND", "NOT_FOUND"}},
			{"another's", w.As(t, w.User(t), viewer.Member), own, [3]string{"NOT_FOUND", "NOT_FOUND", "NOT_FOUND"}},
			{"a license admin", w.As(t, w.Admin, viewer.LicenseAdmin), own, [3]string{"FORBIDDEN", "FORBIDDEN", "FORBIDDEN"}},
			{"self-service", admin, own, [3]string{"TAKE_OVER_REQUIRED", "TAKE_OVER_REQUIRED", "WRONG_STATUS"}},
			{"self-service, EXPIRED", admin, w.Purchase(t, selfService, 5, nil, by(avery), status("EXPIRED")), [3]string{"TAKE_OVER_REQUIRED", "TAKE_OVER_REQUIRED", "TAKE_OVER_REQUIRED"}},
			{"frozen", member, frozen, [3]string{"MOVE_IN_PROGRESS", "MOVE_IN_PROGRESS", "WRONG_STATUS"}},
			{"frozen, EXPIRED", member, frozenLapsed, [3]string{"MOVE_IN_PROGRESS", "MOVE_IN_PROGRESS", "MOVE_IN_PROGRESS"}},
			{"DISABLED", member, w.Purchase(t, selfService, 5, nil, by(avery), status("DISABLED")), [3]string{"WRONG_STATUS", "WRONG_STATUS", "yes"}},
			{"DELETED", admin, w.Purchase(t, central, 5, nil, status("DELETED")), [3]string{"WRONG_STATUS", "WRONG_STATUS", "WRONG_STATUS"}},
		} {
			for i, err := range []error{s.ChangeQuantity(c.ctx, c.purchase, 7), s.SetRecurringBilling(c.ctx, c.purchase, false), s.Reactivate(c.ctx, c.purchase)} {
				want := c.want[i]
				if want != "yes" {
					want += " [purchaseId]"
				}
				if got := codeAndField(t, err); got != want {
					t.Errorf("%s: %s (%v), want %s", c.name, got, err, want)
				}
			}
		}
	})
}

func TestChangeQuantity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, admin, avery := newService(w), w.As(t, w.Admin, viewer.BillingAdmin), w.User(t)
		p := w.Purchase(t, central, 10, w.Users(t, 3))
		w.Set(t, p, func(u *ent.PurchaseUpdate) { u.SetReserved(2) })
		trial := w.Purchase(t, selfService, 10, nil, by(avery), kind(noPay, false))
		for _, c := range []struct {
			ctx      context.Context
			purchase string
			quantity int
			want     string
		}{
			{admin, p, 12, "yes"},
			{admin, p, 12, "yes"}, // and nothing is changed
			{admin, p, 5, "yes"},
			{admin, p, 4, "QUANTITY_BELOW_ASSIGNED [quantity]"},
			{admin, p, 0, "INVALID [quantity]"},
			{admin, p, MostSeats, "yes"},
			{admin, p, MostSeats + 1, "INVALID [quantity]"},
			{w.As(t, avery, viewer.Member), trial, MostTrialSeats, "yes"},
			{w.As(t, avery, viewer.Member), trial, MostTrialSeats + 1, "INVALID [quantity]"},
		} {
			before := w.Get(t, c.purchase).Quantity
			if got := codeAndField(t, s.ChangeQuantity(c.ctx, c.purchase, c.quantity)); got != c.want {
				t.Errorf("%d: %s, want %s", c.quantity, got, c.want)
			}
			if n := w.Get(t, c.purchase).Quantity; c.want == "yes" && n != c.quantity || c.want != "yes" && n != before {
				t.Errorf("%d: %d seats", c.quantity, n)
			}
		}
		told(t, w, p, `purchase.resized [["quantity","10","12"]]`, `purchase.resized [["quantity","12","5"]]`, `purchase.resized [["quantity","5","1000000"]]`)
	})
}

// TestSeatRace has admins change the quantity while others take seats: neither breaks what the
// other counts on, and each change begins where the one before ended.
func TestSeatRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, admin, system := newService(w), w.As(t, w.Admin, viewer.GlobalAdmin), w.System(t)
		p := w.Purchase(t, central, 20, nil)
		errs := inParallel(12, func(i int) error {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			for range 25 {
				if i%2 == 0 {
					if err := takeSeat(system, db, p, 1-2*dice.IntN(2)); err != nil {
						return err
					}
				} else if err := s.ChangeQuantity(admin, p, 1+dice.IntN(30)); err != nil && fault.CodeOf(err) != fault.BelowAssigned {
					return err
				}
			}
			return nil
		})
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		was := "20"
		for _, e := range w.DB.Client().AuditEvent.Query().Where(auditevent.SubjectID(p)).Order(ent.Asc("id")).AllX(w.System(t)) {
			var from, to string
			if _, err := fmt.Sscanf(e.Changes, `[["quantity",%q,%q]]`, &from, &to); err != nil || from != was {
				t.Fatalf("after %s seats: %s: %v", was, e.Changes, err)
			}
			was = to
		}
		if n := w.Get(t, p).Quantity; fmt.Sprint(n) != was {
			t.Errorf("%d seats, and the last event says %s", n, was)
		}
	})
}

// takeSeat takes a seat, or gives one back, if there is one.
func takeSeat(ctx context.Context, db *store.DB, p string, n int) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE purchases SET assigned = assigned + ? WHERE id = ? AND assigned + reserved + ? <= quantity AND assigned + ? >= 0", n, p, n, n)
		return err
	})
}

func TestSetRecurringBilling(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, admin := newService(w), w.As(t, w.Admin, viewer.BillingAdmin)
		p := w.Purchase(t, central, 10, nil, ends(w, 20*24*time.Hour))
		for _, c := range []struct {
			enabled bool
			due     time.Duration // before the end
		}{{false, 7 * 24 * time.Hour}, {false, 7 * 24 * time.Hour}, {true, 0}} {
			if err := s.SetRecurringBilling(admin, p, c.enabled); err != nil {
				t.Fatal(err)
			}
			got := w.Get(t, p)
			if got.RecurringBilling != c.enabled || got.DueAt != got.ExpiresAt.Add(-c.due) {
				t.Errorf("%t: %t, due %s", c.enabled, got.RecurringBilling, got.DueAt)
			}
		}
		told(t, w, p, `purchase.renewal_set [["recurringBilling","true","false"]]`, `purchase.renewal_set [["recurringBilling","false","true"]]`)
		trial := w.Purchase(t, central, 10, nil, kind(noPay, false))
		for enabled, want := range map[bool]string{true: "NOT_ELIGIBLE [purchaseId]", false: "yes"} {
			if got := codeAndField(t, s.SetRecurringBilling(admin, trial, enabled)); got != want {
				t.Errorf("a trial, %t: %s, want %s", enabled, got, want)
			}
		}
	})
}

func TestReactivate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const day = 24 * time.Hour
		for _, c := range []struct {
			name   string
			source model.PurchaseSource
			change []func(*ent.PurchaseCreate)
			ends   time.Duration
			policy model.SelfServicePolicyValue
			want   string
			kind   model.PurchaseKind
			until  string
			event  string
		}{
			{
				"EXPIRED", central,
				[]func(*ent.PurchaseCreate){status("EXPIRED"), kind(paid, false)},
				-2 * day, "DISABLED", "yes", paid, "2026-02-28T12:00:00Z",
				`[["status","EXPIRED","ACTIVE"],["expiresAt","2026-01-29T12:00:00Z","2026-02-28T12:00:00Z"],["recurringBilling","false","true"]]`,
			},
			{
				"DISABLED, by its purchaser, in its term", selfService,
				[]func(*ent.PurchaseCreate){status("DISABLED"), kind(paid, false)},
				10 * day, "DISABLED", "yes", paid, "2026-02-10T12:00:00Z",
				`[["status","DISABLED","ACTIVE"],["recurringBilling","false","true"]]`,
			},
			{
				"a trial in time", selfService,
				[]func(*ent.PurchaseCreate){status("DISABLED"), kind(noPay, false)},
				day, "DISABLED", "yes", noPay, "2026-02-01T12:00:00Z",
				`[["status","DISABLED","ACTIVE"]]`,
			},
			{"a trial that has ended", selfService, []func(*ent.PurchaseCreate){status("EXPIRED"), kind(noPay, false)}, -day, "ENABLED", "NOT_ELIGIBLE [purchaseId]", "", "", ""},
			{
				"a trial with a payment method", selfService,
				[]func(*ent.PurchaseCreate){status("EXPIRED"), kind(withPay, false)},
				-day, "ENABLED", "yes", paid, "2026-02-28T12:00:00Z",
				`[["status","EXPIRED","ACTIVE"],["kind","TRIAL_WITH_PAYMENT_METHOD","PAID"],["expiresAt","2026-01-30T12:00:00Z","2026-02-28T12:00:00Z"],["recurringBilling","false","true"]]`,
			},
			{"that may not", selfService, []func(*ent.PurchaseCreate){status("EXPIRED"), kind(withPay, true)}, -day, "TRIALS_ONLY", "BLOCKED_BY_POLICY [purchaseId]", "", "", ""},
			{
				"whatever users may, the organization may", central,
				[]func(*ent.PurchaseCreate){status("EXPIRED"), kind(withPay, true)},
				-day, "DISABLED", "yes", paid, "2026-02-28T12:00:00Z",
				`[["status","EXPIRED","ACTIVE"],["kind","TRIAL_WITH_PAYMENT_METHOD","PAID"],["expiresAt","2026-01-30T12:00:00Z","2026-02-28T12:00:00Z"]]`,
			},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newMarket(t, db)
				setPolicy(t, w, c.policy)
				canceled := func(p *ent.PurchaseCreate) {
					p.SetCanceledAt(instant.From(w.Clock.Now())).SetCanceledBy(w.Admin).SetCancellationCause("PURCHASER").SetCancellationReason("OTHER").SetCancellationFeedback("x")
				}
				p := w.Purchase(t, c.source, 3, w.Users(t, 2), slices.Concat([]func(*ent.PurchaseCreate){ends(w, c.ends), canceled}, c.change)...)
				ctx := w.As(t, w.Admin, viewer.Member, viewer.GlobalAdmin)
				before := w.Get(t, p)
				if got := codeAndField(t, newService(w).Reactivate(ctx, p)); got != c.want {
					t.Fatalf("%s, want %s", got, c.want)
				}
				got := w.Get(t, p)
				if c.want != "yes" {
					if got.String() != before.String() {
						t.Errorf("a refusal changed it: %v", got)
					}
					return
				}
				if got.Status != "ACTIVE" || got.Kind != string(c.kind) || got.ExpiresAt.String() != c.until || got.RecurringBilling != (c.kind == paid) {
					t.Errorf("%v", got)
				}
				if got.CanceledAt != nil || got.CanceledBy != nil || got.CancellationCause != nil || got.CancellationReason != nil || got.CancellationFeedback != nil {
					t.Errorf("it is still cancelled: %v", got)
				}
				if wantDue := (c.kind == paid); (got.DueAt == got.ExpiresAt) != wantDue {
					t.Errorf("due %s", got.DueAt)
				}
				told(t, w, p, "purchase.reactivated "+c.event)
				w.Check(t)
			})
		}
	})
}

// TestOrdinaryCancellation is reactivated, or DELETED 90 days later.
func TestOrdinaryCancellation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, avery := newService(w), w.User(t)
		p := w.Purchase(t, selfService, 3, w.Users(t, 2), by(avery))
		ctx := w.As(t, avery, viewer.Member)
		if _, err := s.Cancel(ctx, Cancellation{PurchaseID: p, Reason: "OTHER"}); err != nil {
			t.Fatal(err)
		}
		got := w.Get(t, p)
		if want := instant.From(w.Clock.Now()).Add(90 * 24 * time.Hour); got.DueAt != want || got.RecurringBilling {
			t.Errorf("due %s, want %s; renews %t", got.DueAt, want, got.RecurringBilling)
		}
		told(t, w, p, `purchase.canceled [["status","ACTIVE","DISABLED"],["recurringBilling","true","false"],["reason",null,"OTHER"]]`)
		w.Clock.Advance(90*24*time.Hour - 1)
		if err := s.Sweep(t.Context()); err != nil || w.Get(t, p).Status != "DISABLED" {
			t.Fatalf("before its time: %v, %v", w.Get(t, p), err)
		}
		w.Clock.Advance(1)
		if err := s.Sweep(t.Context()); err != nil || w.Get(t, p).Status != "DELETED" {
			t.Fatalf("in time: %v, %v", w.Get(t, p), err)
		}
		w.Holders(t, p)
		w.Check(t)
	})
}
