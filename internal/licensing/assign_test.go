package licensing

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/ent/license"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestAssign gives licenses as everybody who may, and takes them back.
func TestAssign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		avery, gus := b.User(t), b.User(t, guest)
		for _, c := range []struct {
			name, purchase string
			user           string
			role           viewer.Role
			more           []string
		}{
			{"a purchaser", b.Purchase(t, selfService, 9, b.Users(t, 2), boughtBy(avery)), avery, viewer.Member, nil},
			{"a purchaser of what has expired", b.Purchase(t, selfService, 9, b.Users(t, 2), boughtBy(avery), status("EXPIRED")), avery, viewer.Member, nil},
			{"an admin of their own", b.Purchase(t, selfService, 9, b.Users(t, 2)), b.Admin, viewer.GlobalAdmin, nil},
			{"a license admin, a guest", b.Purchase(t, central, 9, b.Users(t, 2)), b.Admin, viewer.LicenseAdmin, []string{gus}},
			{"a user admin", b.Purchase(t, central, 6, b.Users(t, 2), status("EXPIRED")), b.Admin, viewer.UserAdmin, nil},
			{"a service", b.Purchase(t, central, 9, b.Users(t, 2)), "", viewer.GlobalAdmin, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				ctx, before := b.As(t, c.user, c.role), b.DB.Client().License.Query().Where(license.PurchaseID(c.purchase)).AllX(b.System(t))
				users := append(b.Users(t, 4), c.more...)
				slices.Reverse(users) // the order is the caller's
				licenses, err := b.s.Assign(ctx, c.purchase, users)
				if err != nil || len(licenses) != len(users) {
					t.Fatalf("%v, %v", licenses, err)
				}
				for i, l := range licenses {
					got := b.DB.Client().License.GetX(b.System(t), l)
					if got.UserID != users[i] || got.PurchaseID != c.purchase || got.AssignedAt != instant.From(b.Clock.Now()) || deref(got.AssignedBy) != c.user {
						t.Errorf("license %d: %v", i, got)
					}
					e := b.Events(t, l)
					if fmt.Sprint(e) != "[license.assigned]" {
						t.Errorf("events of license %d: %v", i, e)
					}
				}
				b.Check(t)
				if n := b.Get(t, c.purchase).Assigned; n != 2+len(users) {
					t.Errorf("assigned %d", n)
				}
				if err := b.s.Unassign(ctx, c.purchase, users[1:]); err != nil {
					t.Fatal(err)
				}
				b.Check(t)
				b.Holders(t, c.purchase, before[0].UserID, before[1].UserID, users[0])
				if e := b.Events(t, licenses[1]); fmt.Sprint(e) != "[license.assigned license.unassigned]" {
					t.Errorf("events of a license that is gone: %v", e)
				}
			})
		}
	})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestAssignIsRecorded says from what to what.
func TestAssignIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		p, u := b.Purchase(t, central, 1, nil), b.User(t)
		licenses, err := b.s.Assign(b.licenseAdmin(t), p, []string{u})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.s.Unassign(b.licenseAdmin(t), p, []string{u}); err != nil {
			t.Fatal(err)
		}
		if got, want := b.event(t, "license.assigned"), fmt.Sprintf(`%s [["purchase",null,%q],["user",null,%q]]`, licenses[0], p, u); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, want := b.event(t, "license.unassigned"), fmt.Sprintf(`%s [["purchase",%q,null],["user",%q,null]]`, licenses[0], p, u); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// TestAssignRefusals refuses both the same way: what is wrong with the purchase, then with the users.
func TestAssignRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, other := setup(t, db), takeovertest.New(t, db, "en")
		avery := b.User(t)
		holder, free, bo, ria, gus, stranger := b.User(t), b.Users(t, 4), b.User(t, blocked), b.User(t, removed), b.User(t, guest), other.User(t)
		license, member := b.licenseAdmin(t), b.As(t, avery, viewer.Member)
		roomy := b.Purchase(t, central, 9, []string{holder, bo})
		tight := b.Purchase(t, central, 3, []string{holder, bo})
		own := b.Purchase(t, selfService, 9, []string{holder, bo}, boughtBy(avery))
		moving := b.Purchase(t, central, 9, []string{holder, bo})
		b.freeze(t, moving, roomy)
		for _, c := range []struct {
			name             string
			ctx              context.Context
			purchase         string
			users            []string
			assign, unassign string
		}{
			{"unknown", license, b.IDs.New(id.Purchase), free, "NOT_FOUND purchaseId", "NOT_FOUND purchaseId"},
			{"malformed", license, "nonsense", free, "NOT_FOUND purchaseId", "NOT_FOUND purchaseId"},
			{"foreign", license, other.Purchase(t, central, 9, nil), free, "NOT_FOUND purchaseId", "NOT_FOUND purchaseId"},
			{"not a member's", member, roomy, free, "NOT_FOUND purchaseId", "NOT_FOUND purchaseId"},
			{"a billing admin", b.As(t, b.Admin, viewer.BillingAdmin), roomy, free, "FORBIDDEN purchaseId", "FORBIDDEN purchaseId"},
			{"a reader", b.As(t, b.User(t), viewer.GlobalReader), roomy, free, "FORBIDDEN purchaseId", "FORBIDDEN purchaseId"},
			{"another's self-service purchase", license, own, free, "TAKE_OVER_REQUIRED purchaseId", "TAKE_OVER_REQUIRED purchaseId"},
			{"DELETED", license, b.Purchase(t, central, 9, nil, status("DELETED")), free, "WRONG_STATUS purchaseId", "WRONG_STATUS purchaseId"},
			{"moving", license, moving, []string{holder}, "MOVE_IN_PROGRESS purchaseId", "MOVE_IN_PROGRESS purchaseId"},
			{"moving, and nobody", license, moving, []string{stranger}, "MOVE_IN_PROGRESS purchaseId", "MOVE_IN_PROGRESS purchaseId"},
			{"no users", license, roomy, nil, "INVALID userIds", "INVALID userIds"},
			{"too many users", license, roomy, make([]string, 1001), "INVALID userIds", "INVALID userIds"},
			{
				"every kind of user", license, roomy,
				[]string{free[0], "nonsense", holder, b.IDs.New(id.User), stranger, bo, ria, gus, free[0], holder},
				"NOT_FOUND userIds 1; ALREADY_LICENSED userIds 2; NOT_FOUND userIds 3; NOT_FOUND userIds 4; NOT_ELIGIBLE userIds 5; NOT_ELIGIBLE userIds 6; INVALID userIds 8; INVALID userIds 9",
				"NOT_LICENSED userIds 0; NOT_FOUND userIds 1; NOT_FOUND userIds 3; NOT_FOUND userIds 4; NOT_LICENSED userIds 6; NOT_LICENSED userIds 7; INVALID userIds 8; INVALID userIds 9",
			},
			{
				"without a repetition", license, roomy,
				[]string{free[0], holder, stranger, bo, ria},
				"ALREADY_LICENSED userIds 1; NOT_FOUND userIds 2; NOT_ELIGIBLE userIds 3; NOT_ELIGIBLE userIds 4", "NOT_LICENSED userIds 0; NOT_FOUND userIds 2; NOT_LICENSED userIds 4",
			},
			{"one who is blocked", license, roomy, []string{b.User(t, blocked)}, "NOT_ELIGIBLE userIds 0", "NOT_LICENSED userIds 0"},
			{"one who has left", license, roomy, []string{ria}, "NOT_ELIGIBLE userIds 0", "NOT_LICENSED userIds 0"},
			{"one of another tenant", license, roomy, []string{stranger}, "NOT_FOUND userIds 0", "NOT_FOUND userIds 0"},
			{"one who is nobody", license, roomy, []string{b.IDs.New(id.User)}, "NOT_FOUND userIds 0", "NOT_FOUND userIds 0"},
			{"some", license, roomy, []string{free[0], holder, free[1]}, "ALREADY_LICENSED userIds 1", "NOT_LICENSED userIds 0; NOT_LICENSED userIds 2"},
			{
				"more than hold one", license, roomy, append([]string{holder, bo}, free...), "ALREADY_LICENSED userIds 0; NOT_ELIGIBLE userIds 1",
				"NOT_LICENSED userIds 2; NOT_LICENSED userIds 3; NOT_LICENSED userIds 4; NOT_LICENSED userIds 5",
			},
			{"too few seats", license, tight, free[:2], "NOT_ENOUGH_SEATS userIds", "NOT_LICENSED userIds 0; NOT_LICENSED userIds 1"},
			{"seats enough for those who can", license, tight, []string{free[0], holder}, "ALREADY_LICENSED userIds 1", "NOT_LICENSED userIds 0"},
			{"neither seats nor users", license, tight, []string{holder, free[0], free[1]}, "ALREADY_LICENSED userIds 0; NOT_ENOUGH_SEATS userIds", "NOT_LICENSED userIds 1; NOT_LICENSED userIds 2"},
			{"a guest of a self-service purchase", member, own, []string{gus}, "NOT_ELIGIBLE userIds 0", "NOT_LICENSED userIds 0"},
		} {
			t.Run(c.name, func(t *testing.T) {
				if _, err := b.s.Assign(c.ctx, c.purchase, c.users); paths(t, err) != c.assign {
					t.Errorf("assign: %s (%v), want %s", paths(t, err), err, c.assign)
				}
				if err := b.s.Unassign(c.ctx, c.purchase, c.users); paths(t, err) != c.unassign {
					t.Errorf("unassign: %s (%v), want %s", paths(t, err), err, c.unassign)
				}
			})
		}
		for _, p := range []string{roomy, tight, own, moving} {
			b.Holders(t, p, holder, bo)
		}
		b.Check(t)
		if n := b.DB.Client().AuditEvent.Query().CountX(b.System(t)); n != 0 {
			t.Errorf("%d events of refusals", n)
		}
	})
}

// TestWhatStatusAllows: what is DISABLED gives no licenses out, but takes them back; and those who are blocked or have
// left lose them like others.
func TestWhatStatusAllows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		bo, ria := b.User(t, blocked), b.User(t, removed)
		p := b.Purchase(t, central, 9, []string{bo, ria}, status("DISABLED"))
		if _, err := b.s.Assign(b.licenseAdmin(t), p, b.Users(t, 1)); paths(t, err) != "WRONG_STATUS purchaseId" {
			t.Errorf("assign: %v", err)
		}
		if err := b.s.Unassign(b.licenseAdmin(t), p, []string{ria, bo}); err != nil {
			t.Error(err)
		}
		b.Holders(t, p)
		b.Check(t)
	})
}

// TestMany takes as many statements for a thousand users as for one, but for the chunks.
func TestMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		users := b.Users(t, 1000)
		p := b.Purchase(t, central, 1000, nil)
		for _, c := range []struct{ users, assign, unassign, refusal int }{
			{1, 3, 3, 4},    // seats, licenses, events; and who, if anybody, is wrong
			{400, 3, 3, 4},  // as many licenses are written at once
			{1000, 6, 4, 4}, // three statements for the licenses, two for their events
		} {
			ctx, n := store.CountStatements(b.licenseAdmin(t))
			spent := func() int { return int(n.Swap(0)) }
			if _, err := b.s.Assign(ctx, p, users[:c.users]); err != nil || n.Load() != int64(c.assign) {
				t.Errorf("%d users took %d statements to assign: %v", c.users, n.Load(), err)
			}
			spent()
			_, err := b.s.Assign(ctx, p, users[:c.users])
			if faults, _ := fault.All(err); len(faults) != c.users || spent() > c.refusal+c.assign {
				t.Errorf("%d users: %d refusals", c.users, len(faults))
			}
			spent()
			if err := b.s.Unassign(ctx, p, users[:c.users]); err != nil || n.Load() != int64(c.unassign) {
				t.Errorf("%d users took %d statements to unassign: %v", c.users, n.Load(), err)
			}
		}
		b.Holders(t, p)
		b.Check(t)
	})
}

// TestNoViewer: without one nothing is done.
func TestNoViewer(t *testing.T) {
	b := setup(t, storetest.Open(t, "sqlite"))
	_, assign := b.s.Assign(t.Context(), "pur_1", []string{"usr_1"})
	_, request := b.s.RequestLicenses(t.Context(), Wish{})
	for i, err := range []error{assign, b.s.Unassign(t.Context(), "pur_1", []string{"usr_1"}), request, b.s.DecideLicenseRequest(t.Context(), Decision{})} {
		if diff := cmp.Diff(fault.Internal, fault.CodeOf(err)); diff != "" {
			t.Errorf("%d: %v", i, err)
		}
	}
}
