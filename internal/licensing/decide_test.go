package licensing

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"purser/ent"
	"purser/ent/notification"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// wished makes a request by Lena for herself and others.
func (b bundle) wished(t *testing.T, productID string, others ...string) (requestID, lena string) {
	t.Helper()
	b.forbid(t, "DISABLED")
	lena = b.User(t, called("Lena"))
	r, err := b.s.RequestLicenses(b.As(t, lena, viewer.Member), Wish{ProductID: productID, UserIDs: append([]string{lena}, others...)})
	if err != nil {
		t.Fatal(err)
	}
	return r, lena
}

// TestDecide approves some, rejects some, and decides on the rest later.
func TestDecide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		mona, nils, olga, pia := b.User(t, called("Mona")), b.User(t, called("Nils")), b.User(t, called("Olga")), b.User(t, called("Pia"))
		r, lena := b.wished(t, b.Product, mona, nils, olga, pia)
		p := b.Purchase(t, central, 3, b.Users(t, 1))
		b.Purchase(t, selfService, 1, []string{olga}) // she has helped herself meanwhile
		reply := "Nils has left the project."
		ctx, n := store.CountStatements(b.licenseAdmin(t))
		err := b.s.DecideLicenseRequest(ctx, Decision{RequestID: r, PurchaseID: &p, Approve: []string{olga, mona, lena}, Reject: []string{nils}, Reply: &reply})
		if err != nil {
			t.Fatal(err)
		}
		if n.Load() > 18 {
			t.Errorf("it took %d statements", n.Load())
		}
		if got := b.decisions(t, r); got != "Lena APPROVED, Mona APPROVED, Nils REJECTED, Olga APPROVED, Pia PENDING" {
			t.Errorf("decided: %s", got)
		}
		got := b.DB.Client().LicenseRequest.GetX(b.System(t), r)
		if got.Status != "PENDING" || deref(got.DecidedBy) != b.Admin || *got.DecidedAt != instant.From(b.Clock.Now()) || deref(got.Reply) != reply {
			t.Errorf("%v", got)
		}
		if n := b.Get(t, p).Assigned; n != 3 {
			t.Errorf("assigned %d", n)
		}
		b.Check(t)
		if got, want := b.event(t, "license_request.decided"), fmt.Sprintf(`%s [["approved",null,%q],["approved",null,%q],["approved",null,%q],["rejected",null,%q]]`, r, olga, mona, lena, nils); got != want {
			t.Errorf("event %s, want %s", got, want)
		}
		mails := b.DB.Client().Notification.Query().Where(notification.Kind("LICENSE_REQUEST_DECIDED")).AllX(b.System(t))
		if len(mails) != 1 || mails[0].ToID != lena {
			t.Fatalf("mails %v", mails)
		}
		for _, want := range []string{"is partly decided", "> Nils has left the project.", "Approved: Olga, Mona, Lena\nRejected: Nils\n", "3 people have a license now. 1 person is still"} {
			if !strings.Contains(mails[0].Subject+mails[0].Body, want) {
				t.Errorf("no %q in %s", want, mails[0].Body)
			}
		}
		// a service decides on the last one; what was said before stays
		if err := b.s.DecideLicenseRequest(b.As(t, "", viewer.UserAdmin), Decision{RequestID: r, Reject: []string{pia}}); err != nil {
			t.Fatal(err)
		}
		if got := b.DB.Client().LicenseRequest.GetX(b.System(t), r); got.Status != "COMPLETED" || got.DecidedBy != nil || deref(got.Reply) != reply {
			t.Errorf("%v", got)
		}
		if e := b.Events(t, r); fmt.Sprint(e) != "[license_request.made license_request.decided license_request.decided]" {
			t.Errorf("events %v", e)
		}
		// and Lena may ask again
		if _, err := b.s.RequestLicenses(b.As(t, lena, viewer.Member), Wish{ProductID: b.Product, UserIDs: []string{pia}}); err != nil {
			t.Error(err)
		}
	})
}

// TestDecideNeedsNoSeat for those who have got a license meanwhile.
func TestDecideNeedsNoSeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		r, lena := b.wished(t, b.Product)
		full := b.Purchase(t, central, 1, []string{lena})
		if err := b.s.DecideLicenseRequest(b.licenseAdmin(t), Decision{RequestID: r, PurchaseID: &full, Approve: []string{lena}}); err != nil {
			t.Fatal(err)
		}
		b.Holders(t, full, lena)
		if got := b.decisions(t, r); got != "Lena APPROVED" {
			t.Errorf("decided: %s", got)
		}
		if n := b.DB.Client().LicenseRequest.GetX(b.System(t), r); n.Status != "COMPLETED" {
			t.Errorf("%v", n)
		}
		b.Check(t)
	})
}

// TestDecideRefusals refuses, and does nothing then.
func TestDecideRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, other := setup(t, db), setup(t, db)
		mona, nils, olga := b.User(t, called("Mona")), b.User(t, called("Nils")), b.User(t, called("Olga"))
		r, lena := b.wished(t, b.Product, mona, nils, olga)
		foreign, _ := other.wished(t, other.Product)
		if err := b.s.DecideLicenseRequest(b.licenseAdmin(t), Decision{RequestID: r, Reject: []string{olga}}); err != nil {
			t.Fatal(err)
		}
		b.DB.Client().User.UpdateOneID(nils).SetAccountEnabled(false).ExecX(b.System(t))
		admin := b.licenseAdmin(t)
		roomy, tight := b.Purchase(t, central, 9, nil), b.Purchase(t, central, 1, nil)
		visio, own := b.another(t), b.Purchase(t, selfService, 9, nil)
		another := b.Purchase(t, central, 9, nil, func(p *ent.PurchaseCreate) { p.SetProductID(visio) })
		moving := b.Purchase(t, central, 9, nil)
		b.freeze(t, moving, roomy)
		unknown, elsewhere := b.IDs.New(id.Purchase), other.Purchase(t, central, 9, nil)
		theirs, off := b.Purchase(t, selfService, 9, nil, boughtBy(lena)), b.Purchase(t, central, 9, nil, status("DISABLED"))
		long := strings.Repeat("é", 2001)
		one := []string{mona}
		for _, c := range []struct {
			name string
			ctx  context.Context
			Decision
			want string
		}{
			{"a billing admin", b.As(t, b.Admin, viewer.BillingAdmin, viewer.Member), Decision{RequestID: r, Reject: one}, "FORBIDDEN"},
			{"who asked", b.As(t, lena, viewer.Member), Decision{RequestID: r, Reject: one}, "FORBIDDEN"},
			{"unknown", admin, Decision{RequestID: b.IDs.New(id.LicenseRequest), Reject: one}, "NOT_FOUND requestId"},
			{"malformed", admin, Decision{RequestID: "nonsense", Reject: one}, "NOT_FOUND requestId"},
			{"foreign", admin, Decision{RequestID: foreign, Reject: one}, "NOT_FOUND requestId"},
			{"nobody", admin, Decision{RequestID: r}, "INVALID approveUserIds"},
			{"too many", admin, Decision{RequestID: r, Reject: make([]string, 101)}, "INVALID rejectUserIds"},
			{"a long reply", admin, Decision{RequestID: r, Reject: one, Reply: &long}, "INVALID reply"},
			{
				"people", admin,
				Decision{RequestID: r, PurchaseID: &roomy, Approve: []string{mona, b.Admin, olga, mona, "x"}, Reject: []string{lena, mona, lena}},
				"NOT_FOUND approveUserIds 1; CONFLICT approveUserIds 2; INVALID approveUserIds 3; NOT_FOUND approveUserIds 4; INVALID rejectUserIds 1; INVALID rejectUserIds 2",
			},
			{"no purchase", admin, Decision{RequestID: r, Approve: one}, "INVALID purchaseId"},
			{"an unknown purchase", admin, Decision{RequestID: r, PurchaseID: &unknown, Approve: one}, "NOT_FOUND purchaseId"},
			{"a foreign purchase", admin, Decision{RequestID: r, PurchaseID: &elsewhere, Approve: one}, "NOT_FOUND purchaseId"},
			{"of another product", admin, Decision{RequestID: r, PurchaseID: &another, Approve: one}, "INVALID purchaseId"},
			{"a self-service purchase", admin, Decision{RequestID: r, PurchaseID: &theirs, Approve: one}, "TAKE_OVER_REQUIRED purchaseId"},
			{"one's own", admin, Decision{RequestID: r, PurchaseID: &own, Approve: one}, "TAKE_OVER_REQUIRED purchaseId"},
			{"one that is off", admin, Decision{RequestID: r, PurchaseID: &off, Approve: one}, "WRONG_STATUS purchaseId"},
			{"one that is moved away from", admin, Decision{RequestID: r, PurchaseID: &moving, Approve: one}, "MOVE_IN_PROGRESS purchaseId"},
			{"too few seats", admin, Decision{RequestID: r, PurchaseID: &tight, Approve: []string{mona, lena}}, "NOT_ENOUGH_SEATS approveUserIds"},
			{"who is blocked by now", admin, Decision{RequestID: r, PurchaseID: &roomy, Approve: []string{mona, nils}}, "NOT_ELIGIBLE approveUserIds 1"},
		} {
			t.Run(c.name, func(t *testing.T) {
				if got := paths(t, b.s.DecideLicenseRequest(c.ctx, c.Decision)); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		}
		if got := b.decisions(t, r); got != "Lena PENDING, Mona PENDING, Nils PENDING, Olga REJECTED" {
			t.Errorf("decided: %s", got)
		}
		for _, p := range []string{roomy, tight, theirs, own} {
			b.Holders(t, p)
		}
		b.Check(t)
		if n := b.DB.Client().Notification.Query().Where(notification.Kind("LICENSE_REQUEST_DECIDED")).CountX(b.System(t)); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// TestWrongPlaceOfTheApproved: of those who need a seat, a problem is told with the place in the request, not among them.
func TestWrongPlaceOfTheApproved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		mona, nils := b.User(t, called("Mona")), b.User(t, called("Nils"))
		r, lena := b.wished(t, b.Product, mona, nils)
		p := b.Purchase(t, central, 9, []string{lena, mona})
		b.DB.Client().User.UpdateOneID(nils).SetAccountEnabled(false).ExecX(b.System(t))
		err := b.s.DecideLicenseRequest(b.licenseAdmin(t), Decision{RequestID: r, PurchaseID: &p, Approve: []string{lena, mona, nils}})
		if got := paths(t, err); got != "NOT_ELIGIBLE approveUserIds 2" {
			t.Errorf("%s", got)
		}
	})
}

// TestDecideAtOnce: of many who decide on the same person one does.
func TestDecideAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		services := []*Service{b.s, b.second(t)}
		p := b.Purchase(t, central, 20, nil)
		for range 5 {
			r, lena := b.wished(t, b.Product)
			var done atomic.Int32
			atOnce(16, func(i int) {
				d := Decision{RequestID: r, PurchaseID: &p, Approve: []string{lena}}
				if i%4 == 3 {
					d = Decision{RequestID: r, Reject: []string{lena}}
				}
				switch err := services[i%2].DecideLicenseRequest(b.licenseAdmin(t), d); {
				case err == nil:
					done.Add(1)
				case fault.CodeOf(err) != fault.Conflict:
					t.Error(err)
				}
			})
			if done.Load() != 1 {
				t.Fatalf("%d decided", done.Load())
			}
		}
		if n := b.DB.Client().Notification.Query().Where(notification.Kind("LICENSE_REQUEST_DECIDED")).CountX(b.System(t)); n != 5 {
			t.Errorf("%d mails about 5 requests", n)
		}
		b.Check(t)
	})
}

// TestDecideOnEachAtOnce: whoever decides on the last person completes the request.
func TestDecideOnEachAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		services, people := []*Service{b.s, b.second(t)}, b.Users(t, 7)
		p := b.Purchase(t, central, 9, nil)
		r, lena := b.wished(t, b.Product, people...)
		people = append(people, lena)
		atOnce(len(people), func(i int) {
			d := Decision{RequestID: r, PurchaseID: &p, Approve: people[i : i+1]}
			if err := services[i%2].DecideLicenseRequest(b.licenseAdmin(t), d); err != nil {
				t.Error(err)
			}
		})
		if got := b.DB.Client().LicenseRequest.GetX(b.System(t), r); got.Status != "COMPLETED" {
			t.Errorf("everybody is decided on, but the request is %s", got.Status)
		}
		b.Holders(t, p, people...)
		b.Check(t)
	})
}

// TestForeignWorld: what one tenant asks for, another neither sees nor decides.
func TestForeignWorld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		r, lena := b.wished(t, b.Product)
		w := takeovertest.New(t, db, "en")
		p := w.Purchase(t, central, 9, nil, func(p *ent.PurchaseCreate) { p.SetProductID(b.Product) })
		err := newService(w).DecideLicenseRequest(w.As(t, w.Admin, viewer.GlobalAdmin), Decision{RequestID: r, PurchaseID: &p, Approve: []string{lena}})
		if got := paths(t, err); got != "NOT_FOUND requestId" {
			t.Errorf("%s", got)
		}
		if _, err := newService(w).Assign(w.As(t, w.Admin, viewer.GlobalAdmin), p, []string{lena}); paths(t, err) != "NOT_FOUND userIds 0" {
			t.Errorf("a foreign user: %v", err)
		}
		w.Holders(t, p)
	})
}
