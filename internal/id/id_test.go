package id_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"purser/internal/id"
)

func at(ms int64) func() time.Time { return func() time.Time { return time.UnixMilli(ms) } }

func TestNewSortsByTime(t *testing.T) {
	var now int64 = 1_700_000_000_000
	s := id.NewSource(func() time.Time { return time.UnixMilli(now) })
	var ids []string
	for range 3 {
		for range 5000 { // more than a millisecond holds
			ids = append(ids, s.New(id.Purchase))
		}
		now++
	}
	now -= 1000 // a clock that goes back
	ids = append(ids, s.New(id.Purchase))
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by the time they were made")
	}
	if n := len(slices.Compact(ids)); n != 15001 {
		t.Errorf("%d different ids of 15001", n)
	}
	for _, i := range ids {
		if !id.Is(i, id.Purchase) {
			t.Fatalf("%q is not the id of a purchase", i)
		}
	}
}

func TestNewRepeats(t *testing.T) {
	next := func() string {
		return id.NewSourceFrom(at(1), bytes.NewReader(bytes.Repeat([]byte{0xff}, 8))).New(id.Tenant)
	}
	if a, b := next(), next(); a != b || !id.Is(a, id.Tenant) {
		t.Errorf("the same time and randomness gave %q and %q", a, b)
	}
}

func TestKindOf(t *testing.T) {
	body := strings.Repeat("0", 26)
	tests := []struct {
		text string
		want id.Kind
	}{
		{"ten_" + body, id.Tenant},
		{"pol_" + body + body, id.Policy},
		{"gli_" + body + body + "s" + body, id.PurchaserLicenses},
		{"", ""},
		{"ten_", ""},
		{"ten_" + body + "0", ""},
		{"ten_" + body[1:], ""},
		{"pol_" + body, ""},
		{"xyz_" + body, ""},
		{"TEN_" + body, ""},
		{"ten-" + body, ""},
		{"ten_" + body[1:] + "u", ""}, // not in the alphabet
		{"ten_" + body[1:] + "\x00", ""},
		{"ten_" + body[2:] + "é", ""},
	}
	for _, tt := range tests {
		if got := id.KindOf(tt.text); got != tt.want {
			t.Errorf("KindOf(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestComposed(t *testing.T) {
	s := id.NewSource(at(5))
	tenant, product, purchaser := s.New(id.Tenant), s.New(id.Product), s.New(id.User)
	gotTenant, gotProduct, ok := id.Pair(id.Compose(id.Policy, id.Body(tenant), id.Body(product)))
	if !ok || gotTenant != tenant || gotProduct != product {
		t.Errorf("a policy's id came apart into %q, %q, %v", gotTenant, gotProduct, ok)
	}
	for _, want := range []id.Group{
		{Tenant: tenant, Product: product, Purchaser: purchaser, Source: id.SelfService},
		{Tenant: tenant, Source: id.AnySource},
		{Tenant: tenant, Purchaser: purchaser, Source: id.Central},
	} {
		if got, ok := id.ParseGroup(want.String()); !ok || got != want {
			t.Errorf("%v came back as %v, %v", want, got, ok)
		}
	}
	if _, ok := id.ParseGroup(id.Group{Tenant: tenant, Source: 'x'}.String()); ok {
		t.Error("a group of an unknown source was taken")
	}
}

func FuzzKindOf(f *testing.F) {
	f.Add("ten_" + strings.Repeat("0", 26))
	f.Add("gli_" + strings.Repeat("z", 79))
	f.Add("pol_" + strings.Repeat("z", 52))
	f.Fuzz(func(t *testing.T, s string) {
		k := id.KindOf(s)
		if k != "" && !strings.HasPrefix(s, string(k)+"_") {
			t.Errorf("%q is a %q", s, k)
		}
		if tenant, product, ok := id.Pair(s); ok && (!id.Is(tenant, id.Tenant) || !id.Is(product, id.Product) || id.Compose(k, id.Body(tenant), id.Body(product)) != s) {
			t.Errorf("%q is made of %q and %q", s, tenant, product)
		}
		if known := id.Known(s); known != "" && (known != s || k == "") {
			t.Errorf("%q is known as %q", s, known)
		}
		if g, ok := id.ParseGroup(s); ok && g.String() != s {
			t.Errorf("%q came back as %q", s, g)
		}
	})
}
