package takeover

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

func status(s string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetStatus(s) }
}

func TestMoveUsersRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		foreign := takeovertest.New(t, db, "en").Purchase(t, central, 9, nil)
		users := b.Users(t, 3)
		source := b.Purchase(t, selfService, 3, users)
		target := b.Purchase(t, central, 3, nil)
		unknown := b.IDs.New(id.Purchase)
		frozen := b.Purchase(t, selfService, 3, nil)
		underWay := b.move(t, frozen, target)
		from := func(code string) []refusal { return []refusal{{Code: fault.Code(code), Field: "fromPurchaseId"}} }
		to := func(code string) []refusal { return []refusal{{Code: fault.Code(code), Field: "toPurchaseId"}} }
		for _, c := range []struct {
			name, from, to string
			want           []refusal
			moveID         string
		}{
			{"neither exists", unknown, foreign, append(from("NOT_FOUND"), to("NOT_FOUND")...), ""},
			{"malformed source", "nonsense", target, from("NOT_FOUND"), ""},
			{"foreign target", source, foreign, to("NOT_FOUND"), ""},
			{"source DELETED", b.Purchase(t, selfService, 3, nil, status("DELETED")), source, from("WRONG_STATUS"), ""},
			{"source DELETED before NOT_SELF_SERVICE", b.Purchase(t, central, 3, nil, status("DELETED")), source, from("WRONG_STATUS"), ""},
			{"source central", target, target, from("NOT_SELF_SERVICE"), ""},
			{"same", source, source, to("SAME_SUBSCRIPTION"), ""},
			{"frozen and same", frozen, frozen, from("MOVE_IN_PROGRESS"), underWay},
			{"source frozen", frozen, b.Purchase(t, central, 3, nil, status("EXPIRED")), from("MOVE_IN_PROGRESS"), underWay},
			{"target EXPIRED", source, b.Purchase(t, central, 3, nil, status("EXPIRED")), to("WRONG_STATUS"), ""},
			{"target DISABLED before TAKE_OVER_REQUIRED", source, b.Purchase(t, selfService, 3, nil, status("DISABLED")), to("WRONG_STATUS"), ""},
			{"target self-service", source, b.Purchase(t, selfService, 3, nil), to("TAKE_OVER_REQUIRED"), ""},
			{"too few seats", source, b.Purchase(t, central, 3, b.Users(t, 1)), to("NOT_ENOUGH_SEATS"), ""},
			{"too few seats, some reserved", source, b.Purchase(t, central, 3, nil, func(p *ent.PurchaseCreate) { p.SetReserved(1) }), to("NOT_ENOUGH_SEATS"), ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.GlobalAdmin), Request{From: c.from, To: c.to})
				if diff := cmp.Diff(c.want, refusals(t, err)); diff != "" || answer.MoveID != c.moveID {
					t.Errorf("move %q, %v (-want +got):\n%s", answer.MoveID, err, diff)
				}
			})
		}
		_, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.GlobalAdmin), Request{From: source, To: b.Purchase(t, central, 1, nil)})
		if err == nil || !strings.Contains(err.Error(), "1 free seats, but 3 are needed: 2 are missing") {
			t.Errorf("does not say how many seats are missing: %v", err)
		}
		for _, r := range []viewer.Role{viewer.LicenseAdmin, viewer.UserAdmin, viewer.GlobalReader, viewer.Member} {
			if _, err := b.s.MoveUsers(b.As(t, b.Admin, r), Request{From: source, To: target}); fmt.Sprint(refusals(t, err)) != "[{FORBIDDEN }]" {
				t.Errorf("%s: %v", r, err)
			}
		}
		if p := b.Get(t, source); p.ActiveMoveID != nil {
			t.Error("a refusal froze the source")
		}
	})
}

func TestMoveUsersAccepts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 5)
		removed := b.User(t, func(u *ent.UserCreate) { u.SetRemoved(true) })
		source := b.Purchase(t, selfService, 6, append(users[:5:5], removed), status("DISABLED"))
		target := b.Purchase(t, central, 5, users[:2]) // exactly the three seats that are needed
		moveID := b.move(t, source, target)
		if got, want := b.outcome(t, moveID), (outcomeOf{"QUEUED", 6, 0, 0, 0}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if p := b.Get(t, target); p.Reserved != 3 || p.Assigned != 2 {
			t.Errorf("target: reserved %d, assigned %d", p.Reserved, p.Assigned)
		}
		for subject, want := range map[string]string{moveID: "[move.requested]", source: "[purchase.frozen]", target: "[purchase.reserved]"} {
			if got := fmt.Sprint(b.Events(t, subject)); got != want {
				t.Errorf("events of %s: %s, want %s", subject, got, want)
			}
		}
		b.Check(t)
	})
}

func TestMoveUsersAsService(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		source, target := b.Purchase(t, selfService, 2, b.Users(t, 2)), b.Purchase(t, central, 2, nil)
		answer, err := b.s.MoveUsers(b.As(t, "", viewer.GlobalAdmin), Request{From: source, To: target})
		if err != nil {
			t.Fatal(err)
		}
		work(t.Context(), b.s)
		if m := b.get(t, answer.MoveID); m.RequestedBy != nil || m.Status != "SUCCEEDED" {
			t.Errorf("requested by %v, %s", m.RequestedBy, m.Status)
		}
		if p := b.Get(t, source); p.CanceledBy != nil || p.CanceledAt == nil {
			t.Errorf("cancelled by %v at %v", p.CanceledBy, p.CanceledAt)
		}
		b.Check(t)
	})
}
