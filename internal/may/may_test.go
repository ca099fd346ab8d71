package may_test

import (
	"fmt"
	"strings"
	"testing"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/may"
	"purser/internal/viewer"
)

const (
	self    = model.PurchaseSourceSelfService
	central = model.PurchaseSourceCentral
)

// rules names everything that can be asked, in the order of the columns below.
var rules = []func(viewer.Viewer, may.Purchase) *fault.Error{
	may.MoveUsers, may.TakeOwnership, may.RequestCancellation,
	func(v viewer.Viewer, p may.Purchase) *fault.Error { _, f := may.Cancel(v, p); return f },
	may.AssignLicenses, may.UnassignLicenses, may.ChangeQuantity, may.SetRecurringBilling, may.Reactivate,
}

// short names the codes for the table: "." is allowed.
var short = map[fault.Code]string{
	"": ".", fault.Forbidden: "F", fault.NotFound: "?", fault.WrongStatus: "W", fault.NotSelfService: "N",
	fault.TakeOverRequired: "T", fault.MoveInProgress: "M", fault.NotEligible: "E",
}

func TestRules(t *testing.T) {
	purchase := func(source model.PurchaseSource, status model.SubscriptionStatus, change ...func(*may.Purchase)) may.Purchase {
		p := may.Purchase{Source: source, Status: status, Purchaser: "buyer"}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	moving := func(p *may.Purchase) { p.Moving = true }
	receiving := func(p *may.Purchase) { p.Receiving = true }
	absent := func(p *may.Purchase) { p.Absent = true }
	for _, c := range []struct {
		user  string
		roles []viewer.Role
		p     may.Purchase
		want  string // move own ask cancel | assign unassign | quantity recurring reactivate
	}{
		// the purchaser
		{"buyer", []viewer.Role{viewer.Member}, purchase(self, "ACTIVE"), "FFF. .. ..W"},
		{"buyer", []viewer.Role{viewer.Member}, purchase(self, "EXPIRED"), "FFF. .. ..."},
		{"buyer", []viewer.Role{viewer.Member}, purchase(self, "DISABLED"), "FFFW W. WW."},
		{"buyer", []viewer.Role{viewer.Member}, purchase(self, "DELETED"), "FFFW WW WWW"},
		{"buyer", []viewer.Role{viewer.Member}, purchase(self, "ACTIVE", moving), "FFFM MM MMW"},
		// their purchase has become the organization's
		{"buyer", []viewer.Role{viewer.Member}, purchase(central, "ACTIVE"), "FFFF FF FFF"},
		// another member
		{"other", []viewer.Role{viewer.Member}, purchase(self, "ACTIVE"), "???? ?? ???"},
		{"", []viewer.Role{viewer.Member}, purchase(self, "ACTIVE", func(p *may.Purchase) { p.Purchaser = "" }), "???? ?? ???"},
		// a global admin
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "ACTIVE"), ".... TT TTW"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "EXPIRED"), ".... TT TTT"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "DISABLED"), "..W. WT WWT"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "DELETED"), "WWWW WW WWW"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "ACTIVE", moving), "MMMM TT TTW"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(self, "ACTIVE", absent), "..E. TT TTW"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(central, "ACTIVE"), "NNN. .. ..W"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(central, "ACTIVE", receiving), "NNNM .. ..W"},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(central, "DISABLED"), "NNWW W. WW."},
		{"admin", []viewer.Role{viewer.GlobalAdmin}, purchase(central, "DELETED"), "WWWW WW WWW"},
		// an admin who bought it on their own card
		{"buyer", []viewer.Role{viewer.GlobalAdmin, viewer.Member}, purchase(self, "ACTIVE"), ".... .. ..W"},
		{"buyer", []viewer.Role{viewer.GlobalAdmin, viewer.Member}, purchase(self, "DISABLED"), "..WW W. WW."},
		// a service credential, and a partner's user
		{"", []viewer.Role{viewer.BillingAdmin}, purchase(central, "ACTIVE", func(p *may.Purchase) { p.Purchaser = "" }), "NNN. FF ..W"},
		{"", []viewer.Role{viewer.GlobalReader}, purchase(self, "ACTIVE"), "FFFF FF FFF"},
		// the other admins
		{"billing", []viewer.Role{viewer.BillingAdmin}, purchase(self, "ACTIVE"), ".... FF TTW"},
		{"license", []viewer.Role{viewer.LicenseAdmin}, purchase(self, "ACTIVE"), "FFFF TT FFF"},
		{"license", []viewer.Role{viewer.LicenseAdmin}, purchase(central, "ACTIVE"), "FFFF .. FFF"},
		{"users", []viewer.Role{viewer.UserAdmin}, purchase(central, "EXPIRED"), "FFFF .. FFF"},
		{"reader", []viewer.Role{viewer.GlobalReader}, purchase(central, "DELETED"), "FFFF FF FFF"},
	} {
		v := viewer.Viewer{Tenant: "t", User: c.user, Roles: viewer.SetOf(c.roles...)}
		var got strings.Builder
		for i, rule := range rules {
			if i == 4 || i == 6 {
				got.WriteString(" ")
			}
			if f := rule(v, c.p); f == nil {
				got.WriteString(".")
			} else {
				got.WriteString(short[f.Code])
			}
		}
		if got.String() != c.want {
			t.Errorf("%q as %v of %+v:\ngot  %s\nwant %s", c.user, c.roles, c.p, got.String(), c.want)
		}
	}
}

func TestCancelEnding(t *testing.T) {
	admin := viewer.Viewer{User: "admin", Roles: viewer.SetOf(viewer.BillingAdmin)}
	for _, c := range []struct {
		v    viewer.Viewer
		p    may.Purchase
		want string
	}{
		{admin, may.Purchase{Source: self, Status: "ACTIVE", Purchaser: "buyer"}, "{DELETED ADMIN_TAKE_OVER_CANCEL}"},
		{admin, may.Purchase{Source: self, Status: "DISABLED", Purchaser: "buyer"}, "{DELETED ADMIN_TAKE_OVER_CANCEL}"},
		{admin, may.Purchase{Source: self, Status: "ACTIVE", Purchaser: "admin"}, "{DISABLED PURCHASER}"},
		{admin, may.Purchase{Source: central, Status: "ACTIVE", Purchaser: "admin"}, "{DISABLED ADMIN_CENTRAL}"},
	} {
		if end, f := may.Cancel(c.v, c.p); f != nil || fmt.Sprint(end) != c.want {
			t.Errorf("%+v: %v %v, want %s", c.p, end, f, c.want)
		}
	}
}
