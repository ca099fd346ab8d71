package purchasing

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/notification"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/directory"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

const day = 24 * time.Hour

func sweep(t *testing.T, s *Service) {
	t.Helper()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestImported has purchases that ended long ago stand where they should after one look.
func TestImported(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		file := strings.Builder{}
		file.WriteString(`{"type":"tenant","domain":"old.example","name":"Old","country":"US"}` + "\n")
		file.WriteString(`{"type":"user","userPrincipalName":"a@old.example","displayName":"A","mail":"a@old.example","roles":["GLOBAL_ADMIN"]}` + "\n")
		file.WriteString(`{"type":"user","userPrincipalName":"b@old.example","displayName":"B","mail":"b@old.example"}` + "\n")
		want := map[string]string{}
		line := func(ref string, ago int, rest, becomes string) {
			end := w.Clock.Now().Add(-time.Duration(ago) * day)
			fmt.Fprintf(&file, `{"type":"purchase","ref":%q,"productId":%q,"purchaser":"b@old.example","quantity":3,"purchasedAt":%q,"expiresAt":%q%s}`+"\n",
				ref, w.Product, end.Add(-60*day).Format(time.RFC3339), end.Format(time.RFC3339), rest)
			if want[ref] = becomes; becomes != "DELETED" { // who holds what is gone, nobody imports
				fmt.Fprintf(&file, `{"type":"license","purchase":%q,"user":"b@old.example"}`+"\n", ref)
			}
		}
		for ago, becomes := range map[int]string{-1: "ACTIVE", 1: "EXPIRED", 29: "EXPIRED", 31: "DISABLED", 119: "DISABLED", 121: "DELETED", 200: "DELETED"} {
			line(fmt.Sprint("ends ", ago), ago, `,"recurringBilling":false`, becomes)
			line(fmt.Sprint("renews ", ago), ago, ``, "ACTIVE")
			trial := becomes
			if ago > 30 {
				trial = "DELETED"
			}
			line(fmt.Sprint("trial ", ago), ago, `,"kind":"TRIAL_WITHOUT_PAYMENT_METHOD"`, trial)
			line(fmt.Sprint("pays ", ago), ago, `,"kind":"TRIAL_WITH_PAYMENT_METHOD"`, "ACTIVE")
			line(fmt.Sprint("lapsed ", ago), ago, `,"status":"EXPIRED"`, map[bool]string{true: "EXPIRED", false: becomes}[ago < 30])
			line(fmt.Sprint("locked ", ago), ago, `,"status":"DISABLED"`, map[bool]string{true: "DISABLED", false: becomes}[ago < 120])
		}
		d := directory.New(db, w.IDs, audit.New(w.IDs, w.Clock.Now), access.NewChanges(db), w.Clock.Now)
		load := func() directory.Result {
			t.Helper()
			r, err := d.Import(t.Context(), strings.NewReader(file.String()), nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		load()
		sweep(t, newService(w))
		tenant, err := d.TenantByDomain(t.Context(), "old.example")
		if err != nil {
			t.Fatal(err)
		}
		ctx := viewer.NewContext(t.Context(), viewer.System(tenant.ID))
		got, now := map[string]string{}, instant.From(w.Clock.Now())
		for _, p := range db.Client().Purchase.Query().AllX(ctx) {
			got[*p.Ref] = p.Status
			licenses := db.Client().License.Query().Where(license.PurchaseID(p.ID)).CountX(ctx)
			if p.Status == "ACTIVE" && p.ExpiresAt <= now || p.DueAt <= now && p.Status != "DELETED" || p.Assigned != licenses || p.Releasing {
				t.Errorf("%s: %d licenses: %v", *p.Ref, licenses, p)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// where it comes from, nobody knows what time has done since
		if r := load(); r.Purchases.Updated != 0 || r.Released != 0 {
			t.Errorf("the same file once more: %+v", r)
		}
	})
}

// TestSweepTells looks once at what ended 200 days ago: each step leaves its event, in order, and
// the licenses are released.
func TestSweepTells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		gone := w.Purchase(t, central, 3, w.Users(t, 2), ends(w, -200*day), kind(paid, false))
		renewed := w.Purchase(t, central, 3, w.Users(t, 2), ends(w, -40*day), kind(paid, true))
		converted := w.Purchase(t, selfService, 3, w.Users(t, 2), ends(w, -day), kind(withPay, true))
		sweep(t, s)
		told(
			t, w, gone,
			`purchase.lapsed [["status","ACTIVE","EXPIRED"],["dueAt",null,"2025-07-15T12:00:00Z"]]`,
			`purchase.lapsed [["status","EXPIRED","DISABLED"],["dueAt",null,"2025-08-14T12:00:00Z"]]`,
			`purchase.lapsed [["status","DISABLED","DELETED"],["assignedQuantity","2","0"],["dueAt",null,"2025-11-12T12:00:00Z"]]`,
		)
		told(t, w, renewed, `purchase.renewed [["expiresAt","2025-12-22T12:00:00Z","2026-02-22T12:00:00Z"],["dueAt",null,"2025-12-22T12:00:00Z"]]`)
		told(t, w, converted, `purchase.converted [["kind","TRIAL_WITH_PAYMENT_METHOD","PAID"],["expiresAt","2026-01-30T12:00:00Z","2026-02-28T12:00:00Z"],["dueAt",null,"2026-01-30T12:00:00Z"]]`)
		for _, e := range w.DB.Client().AuditEvent.Query().AllX(w.System(t)) {
			if e.ActorID != nil || e.ActorName != "Purser" || e.At != instant.From(w.Clock.Now()) {
				t.Errorf("%s by %s at %s", e.Action, e.ActorName, e.At)
			}
		}
		w.Holders(t, gone)
		w.Check(t)
		before := w.Dump(t)
		sweep(t, s)
		if diff := cmp.Diff(before, w.Dump(t)); diff != "" {
			t.Errorf("looking once more changed something (-before +after):\n%s", diff)
		}
	})
}

// TestConversion asks the policy that holds when the trial ends.
func TestConversion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name   string
			source model.PurchaseSource
			before func(t *testing.T, w *takeovertest.World)
			want   string
		}{
			{"ENABLED by default", selfService, func(*testing.T, *takeovertest.World) {}, "PAID ACTIVE true"},
			{"DISABLED by default", selfService, func(t *testing.T, w *takeovertest.World) {
				setTenant(t, w, func(u *ent.TenantUpdateOne) { u.SetDefaultPolicy("DISABLED") })
			}, "TRIAL_WITH_PAYMENT_METHOD EXPIRED false"},
			{"TRIALS_ONLY", selfService, func(t *testing.T, w *takeovertest.World) { setPolicy(t, w, "TRIALS_ONLY") }, "TRIAL_WITH_PAYMENT_METHOD EXPIRED false"},
			{"DISABLED", selfService, func(t *testing.T, w *takeovertest.World) { setPolicy(t, w, "DISABLED") }, "TRIAL_WITH_PAYMENT_METHOD EXPIRED false"},
			{"the organization's own", central, func(t *testing.T, w *takeovertest.World) { setPolicy(t, w, "DISABLED") }, "PAID ACTIVE true"},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newMarket(t, db)
				p := w.Purchase(t, c.source, 3, w.Users(t, 2), ends(w, time.Hour), kind(withPay, true))
				c.before(t, w)
				w.Clock.Advance(time.Hour)
				sweep(t, newService(w))
				got := w.Get(t, p)
				if s := fmt.Sprint(got.Kind, " ", got.Status, " ", got.RecurringBilling); s != c.want {
					t.Errorf("%s, want %s", s, c.want)
				}
				w.Check(t)
			})
		}
	})
}

// TestNotices tells who answers for a purchase 30 days, 7 days and 1 day before it ends.
func TestNotices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, avery, blake := newService(w), w.User(t), w.User(t)
		gone := w.User(t, func(u *ent.UserCreate) { u.SetRemoved(true) })
		admin := w.User(t, roles(viewer.BillingAdmin))
		long := func(p *ent.PurchaseCreate) {
			p.SetPurchasedAt(0).SetExpiresAt(instant.From(w.Clock.Now().Add(40 * day)))
		}
		own := w.Purchase(t, selfService, 3, nil, long, by(avery), kind(paid, false))
		trial := w.Purchase(t, selfService, 3, nil, long, by(blake), kind(noPay, false))
		left := w.Purchase(t, selfService, 3, nil, long, by(gone), kind(paid, false))
		ours := w.Purchase(t, central, 3, nil, long, by(avery), kind(paid, false))
		w.Purchase(t, central, 3, nil, long, kind(paid, true))        // renews
		w.Purchase(t, selfService, 3, nil, long, kind(withPay, true)) // becomes paid
		want := map[string]string{own: avery, trial: blake, left: admin, ours: admin}
		at := []time.Duration{9*day + day - 1, 1, 10 * day, 13 * day, time.Hour, 6*day - 2*time.Hour, 2 * time.Hour, time.Hour} // from the last one
		given := []int{0, 1, 1, 2, 2, 2, 3, 3}
		for i, d := range at {
			w.Clock.Advance(d)
			sweep(t, s)
			sweep(t, s)
			for p, to := range want {
				mails := w.DB.Client().Notification.Query().Where(notification.HasPurchasesWith(purchase.ID(p))).Order(ent.Asc("id")).AllX(w.System(t))
				if len(mails) != given[i] {
					t.Fatalf("after step %d: %d mails", i, len(mails))
				}
				for _, m := range mails {
					if m.Kind != "EXPIRY_NOTICE" || m.ToID != to {
						t.Errorf("%s to %s, want %s", m.Kind, m.ToID, to)
					}
				}
			}
		}
		if n := w.DB.Client().Notification.Query().CountX(w.System(t)); n != 12 {
			t.Errorf("%d mails, want 12", n)
		}
		if n := w.DB.Client().AuditEvent.Query().CountX(w.System(t)); n != 0 {
			t.Errorf("%d events", n)
		}
		// after downtime only the last one
		late := w.Purchase(t, selfService, 3, nil, by(avery), kind(paid, false), func(p *ent.PurchaseCreate) {
			p.SetPurchasedAt(0).SetExpiresAt(instant.From(w.Clock.Now().Add(5 * day)))
		})
		sweep(t, s)
		m := w.DB.Client().Notification.Query().Where(notification.HasPurchasesWith(purchase.ID(late))).OnlyX(w.System(t))
		if !strings.Contains(m.Subject+m.Body, "5 days") || w.Get(t, late).Noticed != 7 {
			t.Errorf("noticed %d: %s", w.Get(t, late).Noticed, m.Body)
		}
	})
}

// TestWarnedOfPolicy tells a purchaser that a trial will end, because the policy has been changed.
func TestWarnedOfPolicy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		setPolicy(t, w, "DISABLED")
		w.Purchase(t, selfService, 3, nil, by(w.User(t)), ends(w, 7*day), kind(withPay, true))
		sweep(t, newService(w))
		if n := w.DB.Client().Notification.Query().CountX(w.System(t)); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// TestManyHolders releases the licenses of many purchases that are DELETED at once, few of them along
// with that and the others behind it.
func TestManyHolders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s, users := newService(w), w.Users(t, releasedAtOnce+1)
		seats := map[string]int{}
		for _, n := range []int{releasedAtOnce - 3, 3, 1, releasedAtOnce + 1} {
			seats[w.Purchase(t, central, releasedAtOnce+1, users[:n], ends(w, -121*day), kind(paid, false))] = n
		}
		for range releasingAtOnce { // more than one look finds
			seats[w.Purchase(t, central, 2, users[:2], ends(w, -121*day), kind(paid, false))] = 2
		}
		sweep(t, s)
		w.Check(t)
		along := 0
		for p, n := range seats {
			switch got := w.Get(t, p); {
			case got.Status != "DELETED" || got.Assigned != 0:
				t.Errorf("%v", got)
			case !got.Releasing:
				along += n
				w.Holders(t, p)
			}
		}
		if along != releasedAtOnce { // it is one batch
			t.Errorf("%d licenses were deleted along, want %d", along, releasedAtOnce)
		}
		if err := s.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		for p := range seats {
			w.Holders(t, p)
			if w.Get(t, p).Releasing {
				t.Errorf("%s is not done", p)
			}
		}
	})
}

// TestNotComputed finds out when purchases are due of which that was never computed.
func TestNotComputed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		p := w.Purchase(t, central, 3, nil, ends(w, 3*day))
		if w.Get(t, p).DueAt != 0 {
			t.Fatal("it was")
		}
		sweep(t, newService(w))
		if got := w.Get(t, p); got.DueAt != got.ExpiresAt || len(w.Events(t, p)) > 0 {
			t.Errorf("due %s, events %v", got.DueAt, w.Events(t, p))
		}
	})
}

// TestOneFails has something go wrong with one purchase of many.
func TestOneFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newMarket(t, db)
		s := newService(w)
		var log bytes.Buffer
		s.log = slog.New(slog.NewTextHandler(&log, nil))
		var others []string
		var broken string
		for i := range 7 {
			others = append(others, w.Purchase(t, selfService, 3, nil, ends(w, 3*day), kind(paid, false)))
			if i == 3 {
				broken = w.Purchase(t, selfService, 3, nil, ends(w, 3*day), kind(paid, false))
			}
		}
		breakNotices(t, w, broken)
		sweep(t, s)
		for _, p := range others {
			if w.Get(t, p).Noticed != 7 {
				t.Errorf("another one waits: %v", w.Get(t, p))
			}
		}
		now := instant.From(w.Clock.Now())
		if p := w.Get(t, broken); p.Noticed != 0 || p.DueAt != now.Add(postponed) {
			t.Errorf("the broken one: noticed %d, due %s", p.Noticed, p.DueAt)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), broken) {
			t.Errorf("logged:\n%s", log.String())
		}
		w.Clock.Advance(postponed)
		sweep(t, s)
		if p := w.Get(t, broken); p.DueAt != now.Add(2*postponed) {
			t.Errorf("a minute later: due %s", p.DueAt)
		}
	})
}

// breakNotices makes the database refuse that a purchase's notice is noted.
func breakNotices(t *testing.T, w *takeovertest.World, purchaseID string) {
	t.Helper()
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		when := "WHEN (NEW.noticed <> OLD.noticed AND NEW.id = '" + purchaseID + "')"
		if !tx.Postgres() {
			_, err := tx.Exec(ctx, "CREATE TRIGGER broken BEFORE UPDATE ON purchases "+when+" BEGIN SELECT RAISE(ABORT, 'broken'); END")
			return err
		}
		if _, err := tx.Exec(ctx, "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken''; END'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE TRIGGER broken BEFORE UPDATE ON purchases FOR EACH ROW "+when+" EXECUTE FUNCTION broken()")
		return err
	})
}
