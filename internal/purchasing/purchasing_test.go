package purchasing

import (
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
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/outbox"
	"purser/internal/pace"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

const (
	selfService = model.PurchaseSourceSelfService
	central     = model.PurchaseSourceCentral
)

func newService(w *takeovertest.World) *Service {
	return New(Deps{
		DB: w.DB, Trail: audit.New(w.IDs, w.Clock.Now), Outbox: outbox.New(w.IDs, w.Clock.Now),
		IDs: w.IDs, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func status(s string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetStatus(s) }
}

func by(user string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetPurchaserID(user) }
}

// moveTo makes a move that is under way, and freezes its source.
func moveTo(t *testing.T, w *takeovertest.World, source, target string) {
	t.Helper()
	moveID, now := w.IDs.New(id.Move), instant.From(w.Clock.Now())
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Move.Create().SetID(moveID).SetSourceID(source).SetTargetID(target).SetStatus("QUEUED").SetTotal(0).SetReserved(0).
			SetRequestedByName("Ada").SetRequestedAt(now).SetChangedAt(now).Exec(ctx)
	})
	w.Set(t, source, func(u *ent.PurchaseUpdate) { u.SetActiveMoveID(moveID) })
}

func TestCancelRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		s, avery := newService(w), w.User(t)
		foreign := takeovertest.New(t, db, "en").Purchase(t, central, 1, nil)
		own := w.Purchase(t, selfService, 2, w.Users(t, 1), by(avery))
		frozen, target := w.Purchase(t, selfService, 1, nil, by(avery)), w.Purchase(t, central, 1, nil)
		moveTo(t, w, frozen, target)
		admin, member := w.As(t, w.Admin, viewer.GlobalAdmin), w.As(t, avery, viewer.Member)
		reader := w.As(t, w.User(t), viewer.Member, viewer.GlobalReader)
		long, nul := strings.Repeat("é", 2001), "a\x00b"
		for _, c := range []struct {
			name     string
			ctx      context.Context
			purchase string
			reason   model.CancellationReason
			feedback *string
			want     string
		}{
			{"unknown", admin, w.IDs.New(id.Purchase), "OTHER", nil, "NOT_FOUND [purchaseId]"},
			{"malformed", admin, "nonsense", "OTHER", nil, "NOT_FOUND [purchaseId]"},
			{"foreign", admin, foreign, "OTHER", nil, "NOT_FOUND [purchaseId]"},
			{"not a member's own", member, target, "OTHER", nil, "NOT_FOUND [purchaseId]"},
			{"a service credential with MEMBER only", w.As(t, "", viewer.Member), own, "OTHER", nil, "NOT_FOUND [purchaseId]"},
			{"seen but not theirs", reader, own, "OTHER", nil, "FORBIDDEN [purchaseId]"},
			{"license admin", w.As(t, w.User(t), viewer.LicenseAdmin), target, "OTHER", nil, "FORBIDDEN [purchaseId]"},
			{"no such reason", admin, own, "BOREDOM", nil, "INVALID [reason]"},
			{"long feedback", admin, own, "OTHER", &long, "INVALID [feedback]"},
			{"NUL in the feedback", admin, own, "OTHER", &nul, "INVALID [feedback]"},
			{"DELETED", admin, w.Purchase(t, selfService, 1, nil, by(avery), status("DELETED")), "OTHER", nil, "WRONG_STATUS [purchaseId]"},
			{"own DELETED", member, w.Purchase(t, selfService, 1, nil, by(avery), status("DELETED")), "OTHER", nil, "WRONG_STATUS [purchaseId]"},
			{"own DISABLED", member, w.Purchase(t, selfService, 1, nil, by(avery), status("DISABLED")), "OTHER", nil, "WRONG_STATUS [purchaseId]"},
			{"central DISABLED", admin, w.Purchase(t, central, 1, nil, by(avery), status("DISABLED")), "OTHER", nil, "WRONG_STATUS [purchaseId]"},
			{"frozen, by an admin", admin, frozen, "OTHER", nil, "MOVE_IN_PROGRESS [purchaseId]"},
			{"frozen, by its purchaser", member, frozen, "OTHER", nil, "MOVE_IN_PROGRESS [purchaseId]"},
			{"a move's target", admin, target, "OTHER", nil, "MOVE_IN_PROGRESS [purchaseId]"},
		} {
			t.Run(c.name, func(t *testing.T) {
				_, err := s.Cancel(c.ctx, Cancellation{PurchaseID: c.purchase, Reason: c.reason, Feedback: c.feedback})
				faults, ok := fault.All(err)
				if !ok || len(faults) != 1 {
					t.Fatalf("not one fault: %v", err)
				}
				if got := fmt.Sprint(faults[0].Code, " ", faults[0].Field); got != c.want {
					t.Errorf("%s (%v), want %s", got, err, c.want)
				}
			})
		}
		if n := w.DB.Client().AuditEvent.Query().CountX(w.System(t)); n != 0 {
			t.Errorf("%d audit events of refusals", n)
		}
		if p := w.Get(t, own); p.Status != "ACTIVE" || p.Assigned != 1 {
			t.Errorf("a refusal changed the purchase: %v", p)
		}
	})
}

func TestCancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		s, avery := newService(w), w.User(t)
		feedback, long := "too many of them", strings.Repeat("é", 2000)
		for _, c := range []struct {
			name     string
			user     string
			role     viewer.Role
			source   model.PurchaseSource
			owner    string
			before   string
			feedback *string
			status   string
			cause    string
			released int
		}{
			{"the purchaser", avery, viewer.Member, selfService, avery, "ACTIVE", nil, "DISABLED", "PURCHASER", 0},
			{"the purchaser, of an expired one", avery, viewer.Member, selfService, avery, "EXPIRED", &feedback, "DISABLED", "PURCHASER", 0},
			{"the purchaser, an admin", w.Admin, viewer.GlobalAdmin, selfService, w.Admin, "ACTIVE", nil, "DISABLED", "PURCHASER", 0},
			{"an admin, of a central one", w.Admin, viewer.GlobalAdmin, central, avery, "ACTIVE", nil, "DISABLED", "ADMIN_CENTRAL", 0},
			{"a service, of a central one", "", viewer.BillingAdmin, central, avery, "EXPIRED", nil, "DISABLED", "ADMIN_CENTRAL", 0},
			{"take over", w.Admin, viewer.BillingAdmin, selfService, avery, "ACTIVE", &long, "DELETED", "ADMIN_TAKE_OVER_CANCEL", 3},
			{"take over what is disabled", "", viewer.GlobalAdmin, selfService, avery, "DISABLED", nil, "DELETED", "ADMIN_TAKE_OVER_CANCEL", 3},
		} {
			t.Run(c.name, func(t *testing.T) {
				users := w.Users(t, 3)
				p := w.Purchase(t, c.source, 5, users, by(c.owner), status(c.before), func(p *ent.PurchaseCreate) {
					p.SetCancellationFeedback("of an earlier cancellation")
				})
				before := w.DB.Client().Notification.Query().CountX(w.System(t))
				released, err := s.Cancel(w.As(t, c.user, c.role), Cancellation{PurchaseID: p, Reason: "POLICY", Feedback: c.feedback})
				if err != nil || released != c.released {
					t.Fatalf("released %d: %v", released, err)
				}
				got := w.Get(t, p)
				if got.Status != c.status || *got.CancellationCause != c.cause || *got.CancellationReason != "POLICY" || *got.CanceledAt != instant.From(w.Clock.Now()) {
					t.Errorf("%s, cause %s, reason %s, at %s", got.Status, *got.CancellationCause, *got.CancellationReason, got.CanceledAt)
				}
				if diff := cmp.Diff(c.feedback, got.CancellationFeedback); diff != "" {
					t.Errorf("feedback (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(viewer.Viewer{User: c.user}.Actor(), got.CanceledBy); diff != "" {
					t.Errorf("cancelled by (-want +got):\n%s", diff)
				}
				if c.released > 0 {
					users = nil
				}
				w.Holders(t, p, users...)
				w.Check(t)
				if events := fmt.Sprint(w.Events(t, p)); events != "[purchase.canceled]" {
					t.Errorf("events %s", events)
				}
				mails := w.DB.Client().Notification.Query().Where(notification.ToID(c.owner)).CountX(w.System(t))
				if sent := w.DB.Client().Notification.Query().CountX(w.System(t)) - before; sent != min(c.released, 1) || sent > mails {
					t.Errorf("%d mails, %d of them to the purchaser", sent, mails)
				}
			})
		}
	})
}

func TestCancelIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		p := w.Purchase(t, selfService, 5, w.Users(t, 3), by(w.User(t)))
		ctx := audit.WithRequestID(w.As(t, w.Admin, viewer.GlobalAdmin), "req-1")
		if _, err := newService(w).Cancel(ctx, Cancellation{PurchaseID: p, Reason: "TOO_EXPENSIVE"}); err != nil {
			t.Fatal(err)
		}
		e := w.DB.Client().AuditEvent.Query().OnlyX(w.System(t))
		want := `[["status","ACTIVE","DELETED"],["reason",null,"TOO_EXPENSIVE"],["assignedQuantity","3","0"]]`
		if e.Changes != want || *e.ActorID != w.Admin || *e.RequestID != "req-1" {
			t.Errorf("by %s for %s: %s, want %s", *e.ActorID, *e.RequestID, e.Changes, want)
		}
		n := w.DB.Client().Notification.Query().OnlyX(w.System(t))
		for _, s := range []string{"Ada Admin took over", "3 users have lost their license", "It costs too much.", "Seats: 5"} {
			if !strings.Contains(n.Body, s) {
				t.Errorf("the mail does not say %q:\n%s", s, n.Body)
			}
		}
	})
}

// TestRelease takes over a purchase with more licenses than are deleted at once, and is stopped
// on the way.
func TestRelease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		s, users := newService(w), w.Users(t, releasedAtOnce+1)
		large := w.Purchase(t, selfService, releasedAtOnce+1, users, by(w.User(t)))
		limit := w.Purchase(t, selfService, releasedAtOnce, users[1:], by(w.User(t)))
		for p, want := range map[string]int{large: releasedAtOnce + 1, limit: releasedAtOnce} {
			n, err := s.Cancel(w.As(t, w.Admin, viewer.GlobalAdmin), Cancellation{PurchaseID: p, Reason: "POLICY"})
			if err != nil || n != want {
				t.Fatalf("released %d: %v", n, err)
			}
			w.Check(t)
		}
		rows := func(p string) int {
			return w.DB.Client().License.Query().Where(license.PurchaseID(p)).CountX(w.System(t))
		}
		if n := rows(limit); n != 0 || w.Get(t, limit).Releasing {
			t.Errorf("%d licenses are left of %d", n, releasedAtOnce)
		}
		if n := rows(large); n != releasedAtOnce+1 || !w.Get(t, large).Releasing {
			t.Errorf("%d licenses are left, releasing %t", n, w.Get(t, large).Releasing)
		}
		due, err := s.releasing(t.Context(), "")
		if err != nil || len(due) != 1 || due[0].id != large {
			t.Fatalf("due: %v, %v", due, err)
		}
		s.pace = pace.New(300)
		done, _, err := s.releaseSome(w.System(t), due[0], "")
		if err != nil || done || rows(large) != releasedAtOnce+1-300 {
			t.Fatalf("after one batch: done %t, %d left, %v", done, rows(large), err)
		}
		// another process goes on
		if err := newService(w).Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := rows(large); n != 0 || w.Get(t, large).Releasing {
			t.Errorf("%d licenses are left, releasing %t", n, w.Get(t, large).Releasing)
		}
		if done, _, err := s.releaseSome(w.System(t), due[0], ""); !done || err != nil {
			t.Errorf("what is done already: done %t, %v", done, err)
		}
		w.Check(t)
	})
}

// TestRun is woken by a cancellation.
func TestRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		s := newService(w)
		p := w.Purchase(t, selfService, releasedAtOnce+1, w.Users(t, releasedAtOnce+1), by(w.User(t)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		start := time.Now()
		if _, err := s.Cancel(w.As(t, w.Admin, viewer.GlobalAdmin), Cancellation{PurchaseID: p, Reason: "POLICY"}); err != nil {
			t.Fatal(err)
		}
		for w.Get(t, p).Releasing && t.Context().Err() == nil {
			continue // the test's own deadline ends it
		}
		if took := time.Since(start); took >= poll {
			t.Errorf("nobody was woken: it took %s", took)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.Holders(t, p)
		w.Check(t)
	})
}
