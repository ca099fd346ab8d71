package licensing

import (
	"testing"

	"purser/ent/licenserequest"
	"purser/internal/fault"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement.
func TestEveryStatementFails(t *testing.T) {
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "Assign", Ready: func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
			t.Helper()
			b := bundle{w, newService(w)}
			p, users, ctx := b.Purchase(t, central, 9, b.Users(t, 2)), b.Users(t, 3), b.licenseAdmin(t)
			return again(fault.AlreadyLicensed, func() error { _, err := b.s.Assign(ctx, p, users); return err })
		}},
		takeovertest.Operation{Name: "Unassign", Ready: func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
			t.Helper()
			b := bundle{w, newService(w)}
			users, ctx := b.Users(t, 3), b.licenseAdmin(t)
			p := b.Purchase(t, central, 9, users)
			return again(fault.NotLicensed, func() error { return b.s.Unassign(ctx, p, users[:2]) })
		}},
		takeovertest.Operation{Name: "RequestLicenses", Ready: func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
			t.Helper()
			b := bundle{w, newService(w)}
			b.forbid(t, "DISABLED")
			b.User(t, called("Ada", viewer.LicenseAdmin))
			avery := b.User(t)
			ctx, wish := b.As(t, avery, viewer.Member), Wish{ProductID: b.Product, UserIDs: []string{avery}}
			return again(fault.Conflict, func() error { _, err := b.s.RequestLicenses(ctx, wish); return err })
		}},
		takeovertest.Operation{Name: "DecideLicenseRequest", Ready: func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
			t.Helper()
			b := bundle{w, newService(w)}
			mona, ctx := b.User(t, called("Mona")), b.licenseAdmin(t)
			r, lena := b.wished(t, b.Product, mona)
			p := b.Purchase(t, central, 9, nil)
			d := Decision{RequestID: r, PurchaseID: &p, Approve: []string{lena}, Reject: []string{mona}}
			s := again(fault.Conflict, func() error { return b.s.DecideLicenseRequest(ctx, d) })
			next := s.Next
			s.Next = func(t *testing.T, done bool) {
				t.Helper()
				next(t, done)
				if n := b.DB.Client().LicenseRequest.Query().Where(licenserequest.Status("COMPLETED")).CountX(b.System(t)); n != 1 {
					t.Errorf("%d requests are completed", n)
				}
			}
			return s
		}},
	)
}

// again is an operation that its caller tries once more, and is told so where it was done.
func again(done fault.Code, do func() error) takeovertest.Steps {
	return takeovertest.Steps{Do: do, Next: func(t *testing.T, was bool) {
		t.Helper()
		if err := do(); was && fault.CodeOf(err) != done || !was && err != nil {
			t.Errorf("once more, done before %v: %v", was, err)
		}
	}}
}
