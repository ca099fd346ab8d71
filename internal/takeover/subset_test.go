package takeover

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/ent/license"
	"purser/ent/moveuser"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// moveSome accepts a move of some users.
func (b bundle) moveSome(t *testing.T, from, to string, users ...string) string {
	t.Helper()
	answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.BillingAdmin), Request{From: from, To: to, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	return answer.MoveID
}

func TestMoveSubset(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 9)
		gone := b.User(t, removed)
		source := b.Purchase(t, selfService, 10, append(users[:9:9], gone))
		target := b.Purchase(t, central, 5, users[:2])
		named := []string{users[8], users[0], users[5], users[1], users[3], gone}
		moveID := b.moveSome(t, source, target, named...)
		if p := b.Get(t, target); p.Reserved != 3 {
			t.Errorf("reserved %d seats for the three who need one", p.Reserved)
		}
		if n := b.DB.Client().MoveUser.Query().Where(moveuser.Result("PENDING")).CountX(b.System(t)); n != len(named) {
			t.Errorf("%d recorded before it began, want %d", n, len(named))
		}
		work(t.Context(), b.s)
		if got, want := b.outcome(t, moveID), (outcomeOf{"SUCCEEDED", 6, 3, 2, 1}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		b.Check(t)
		b.Holders(t, source, users[2], users[4], users[6], users[7])
		b.Holders(t, target, users[0], users[1], users[8], users[5], users[3])
		if p := b.Get(t, source); p.Status != "ACTIVE" || p.ActiveMoveID != nil {
			t.Errorf("source %s, frozen by %v", p.Status, p.ActiveMoveID)
		}
		for subject, want := range map[string]string{
			moveID: "[move.requested move.succeeded]", source: "[purchase.frozen purchase.released]", target: "[purchase.reserved purchase.received]",
		} {
			if got := fmt.Sprint(b.Events(t, subject)); got != want {
				t.Errorf("events of %s: %s, want %s", subject, got, want)
			}
		}
		if n := b.DB.Client().Notification.Query().CountX(b.System(t)); n != 0 {
			t.Errorf("%d mails for a source that lives on", n)
		}
	})
}

// TestSubsetEmptiesSource moves the last ones.
func TestSubsetEmptiesSource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 5)
		source, target := b.Purchase(t, selfService, 5, users), b.Purchase(t, central, 5, nil)
		b.moveSome(t, source, target, users[:2]...)
		work(t.Context(), b.s)
		b.moveSome(t, source, target, users[2:]...)
		work(t.Context(), b.s)
		if p := b.Get(t, source); p.Status != "DELETED" || *p.CancellationCause != "ADMIN_TAKE_OVER_MOVE" {
			t.Errorf("source %s", p.Status)
		}
		if n := b.DB.Client().Notification.Query().CountX(b.System(t)); n != 1 {
			t.Errorf("%d mails", n)
		}
		b.Check(t)
		b.Holders(t, target, users...)
	})
}

// TestSubsetLosesLicenses is about named users whose license is gone before their turn.
func TestSubsetLosesLicenses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 6)
		source, target := b.Purchase(t, selfService, 6, users), b.Purchase(t, central, 6, nil)
		moveID := b.moveSome(t, source, target, users[:5]...)
		tasks := b.s.round(t.Context(), b.s.look(t.Context(), nil))
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Purchase.UpdateOneID(source).AddAssigned(-2).Exec(ctx); err != nil {
				return err
			}
			_, err := tx.License.Delete().Where(license.UserIDIn(users[2], users[4]), license.PurchaseID(source)).Exec(ctx)
			return err
		})
		for len(tasks) > 0 {
			tasks = b.s.round(t.Context(), tasks)
		}
		if got, want := b.outcome(t, moveID), (outcomeOf{"SUCCEEDED", 5, 3, 0, 2}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if p := b.Get(t, target); p.Assigned != 3 || p.Reserved != 0 {
			t.Errorf("target: assigned %d, reserved %d", p.Assigned, p.Reserved)
		}
		b.Check(t)
		b.Holders(t, source, users[5])
	})
}

// TestSubsetCrash loses the worker after each batch.
func TestSubsetCrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 9)
		source, target := b.Purchase(t, selfService, 9, users), b.Purchase(t, central, 9, nil)
		moveID := b.moveSome(t, source, target, users[1:8]...)
		for lives := 0; b.get(t, moveID).Status != "SUCCEEDED" && lives < 20; lives++ {
			s := newService(b.World)
			s.round(t.Context(), s.look(t.Context(), nil))
			b.Check(t)
			b.Clock.Advance(lease)
		}
		b.Holders(t, source, users[0], users[8])
		b.Holders(t, target, users[1:8]...)
	})
}

func TestSubsetRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		foreign := takeovertest.New(t, db, "en").Users(t, 1)[0]
		users, stranger := b.Users(t, 3), b.User(t)
		source := b.Purchase(t, selfService, 3, users)
		target := b.Purchase(t, central, 1, nil)
		many := make([]string, 5001)
		for i := range many {
			many[i] = fmt.Sprint(i)
		}
		for _, c := range []struct {
			name  string
			users []string
			want  string
		}{
			{"none", []string{}, "INVALID userIds"},
			{"too many", many, "INVALID userIds"},
			{"twice", []string{users[0], users[1], users[0]}, "INVALID userIds.2"},
			{"unknown, foreign and unlicensed", []string{users[0], b.IDs.New(id.User), foreign, stranger}, "NOT_FOUND userIds.1, NOT_FOUND userIds.2, NOT_LICENSED userIds.3"},
			{"too few seats", users[1:], "NOT_ENOUGH_SEATS toPurchaseId"},
		} {
			t.Run(c.name, func(t *testing.T) {
				for _, dry := range []bool{true, false} {
					answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.GlobalAdmin), Request{From: source, To: target, Users: c.users, DryRun: dry})
					if diff := cmp.Diff(c.want, paths(t, err)); diff != "" {
						t.Errorf("dry run %t (-want +got):\n%s", dry, diff)
					}
					if answer.Plan == nil || answer.Plan.Refusal == nil || answer.MoveID != "" {
						t.Errorf("the answer is %+v", answer)
					}
				}
			})
		}
		if p := b.Get(t, source); p.ActiveMoveID != nil {
			t.Error("a refusal froze the source")
		}
		b.Check(t)
	})
}

// paths returns the faults with the whole path of each.
func paths(t *testing.T, err error) string {
	t.Helper()
	faults, ok := fault.All(err)
	if !ok {
		t.Fatalf("not only faults: %v", err)
	}
	var list []string
	for _, f := range faults {
		list = append(list, string(f.Code)+" "+strings.Join(f.Field, "."))
	}
	return strings.Join(list, ", ")
}

// TestDryRun says what the real call then does, and changes nothing.
func TestDryRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 5)
		gone := b.User(t, removed)
		source := b.Purchase(t, selfService, 6, append(users[:5:5], gone))
		target := b.Purchase(t, central, 5, append(users[:2:2], gone))
		ask := Request{From: source, To: target, DryRun: true}
		for range 2 {
			answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.BillingAdmin), ask)
			if p := answer.Plan; paths(t, err) != "NOT_ENOUGH_SEATS toPurchaseId" || p.Users != 6 || p.AlreadyLicensed != 2 || p.Needed != 3 || p.Available != 2 || p.Missing() != 1 {
				t.Fatalf("%+v: %v", p, err)
			}
		}
		b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Purchase.UpdateOneID(target).SetQuantity(6).Exec(ctx)
		})
		answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.BillingAdmin), ask)
		if err != nil || answer.MoveID != "" || answer.Plan.Refusal != nil || answer.Plan.Available != 3 {
			t.Fatalf("%+v: %v", answer.Plan, err)
		}
		if n := b.DB.Client().Move.Query().CountX(b.System(t)) + b.DB.Client().AuditEvent.Query().CountX(b.System(t)); n != 0 {
			t.Errorf("a dry run left %d rows", n)
		}
		moveID := b.move(t, source, target)
		if m := b.get(t, moveID); m.Reserved != answer.Plan.Needed || m.Total != answer.Plan.Users {
			t.Errorf("reserved %d for %d", m.Reserved, m.Total)
		}
		again, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.BillingAdmin), ask)
		if paths(t, err) != "MOVE_IN_PROGRESS fromPurchaseId" || again.MoveID != moveID || again.Plan == nil {
			t.Errorf("%+v: %v", again, err)
		}
	})
}
