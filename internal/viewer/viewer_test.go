package viewer_test

import (
	"slices"
	"testing"

	"purser/internal/viewer"
)

func TestRoles(t *testing.T) {
	s := viewer.SetOf(viewer.Member, viewer.GlobalAdmin, "NO_SUCH")
	if got := s.List(); !slices.Equal(got, []viewer.Role{viewer.GlobalAdmin, viewer.Member}) {
		t.Errorf("List: %v", got)
	}
	if !s.Has(viewer.UserAdmin, viewer.Member) || s.Has(viewer.UserAdmin) || s.Has() || s.Has("NO_SUCH") {
		t.Error("Has")
	}
}

func TestCallerIn(t *testing.T) {
	c := &viewer.Caller{User: "usr_a", Name: "A", Home: "ten_a", Reach: []viewer.Access{
		{Tenant: "ten_a", Roles: viewer.SetOf(viewer.Member)},
		{Tenant: "ten_b", Roles: viewer.SetOf(viewer.GlobalReader), Delegated: true},
	}}
	own, _ := c.In("ten_a")
	if own.User != "usr_a" || own.SeesAllPurchases() {
		t.Errorf("at home: %+v", own)
	}
	delegated, _ := c.In("ten_b")
	if delegated.User != "" || !delegated.SeesAllPurchases() {
		t.Errorf("as a partner: %+v", delegated)
	}
	if v, ok := c.In("ten_c"); ok || v.Tenant != "" {
		t.Errorf("out of reach: %+v", v)
	}
	if _, ok := viewer.From(viewer.NewContext(t.Context(), viewer.Viewer{})); ok {
		t.Error("a viewer without a tenant counts as one")
	}
}
