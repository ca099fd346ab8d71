package viewer_test

import (
	"testing"

	"purser/internal/viewer"
)

func TestHold(t *testing.T) {
	with := func(tenants ...string) *viewer.Caller {
		c := &viewer.Caller{}
		for _, tenant := range tenants {
			c.Reach = append(c.Reach, viewer.Access{Tenant: tenant, Roles: viewer.SetOf(viewer.BillingAdmin)})
		}
		return c
	}
	for _, tt := range []struct {
		what string
		do   func(h *viewer.Hold, need func(tenant string, roles ...viewer.Role))
		lost bool
	}{
		{"nothing needed", func(h *viewer.Hold, _ func(string, ...viewer.Role)) { h.Renew(with()) }, false},
		{"all there", func(h *viewer.Hold, need func(string, ...viewer.Role)) {
			need("a")
			need("b", viewer.GlobalAdmin, viewer.BillingAdmin)
			h.Renew(with("c", "b", "a"))
		}, false},
		{"a tenant gone", func(h *viewer.Hold, need func(string, ...viewer.Role)) { need("a"); need("b"); h.Renew(with("b")) }, true},
		{"a role gone", func(h *viewer.Hold, need func(string, ...viewer.Role)) {
			need("a", viewer.GlobalAdmin, viewer.GlobalReader)
			h.Renew(with("a"))
		}, true},
		{"gone before it was needed", func(h *viewer.Hold, need func(string, ...viewer.Role)) { h.Renew(with("b")); need("a") }, true},
		{"needed after it was seen", func(h *viewer.Hold, need func(string, ...viewer.Role)) {
			h.Renew(with("a"))
			need("a", viewer.BillingAdmin)
		}, false},
	} {
		lost := false
		h := viewer.NewHold(func() { lost = true })
		ctx := viewer.WithHold(t.Context(), h)
		tt.do(h, func(tenant string, roles ...viewer.Role) { viewer.Need(ctx, tenant, roles...) })
		if lost != tt.lost {
			t.Errorf("%s: lost %v", tt.what, lost)
		}
	}
	viewer.Need(t.Context(), "a") // an operation without a hold
}
