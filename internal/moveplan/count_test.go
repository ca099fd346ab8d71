package moveplan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/internal/moveplan"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

func TestCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := takeovertest.New(t, db, "en")
		stay := w.Users(t, 4)
		left := w.User(t, func(u *ent.UserCreate) { u.SetRemoved(true) })
		leftToo := w.User(t, func(u *ent.UserCreate) { u.SetRemoved(true) })
		source := w.Purchase(t, "SELF_SERVICE", 9, append([]string{left, leftToo}, stay...))
		other := w.Purchase(t, "SELF_SERVICE", 9, stay[:2])
		of := map[string]string{
			"everyone":    w.Purchase(t, "CENTRAL", 9, append([]string{left, leftToo}, stay...)),
			"one left":    w.Purchase(t, "CENTRAL", 9, []string{left, stay[0], stay[1]}),
			"all of left": w.Purchase(t, "CENTRAL", 9, []string{leftToo}),
			"strangers":   w.Purchase(t, "CENTRAL", 9, w.Users(t, 2)),
			"nobody":      w.Purchase(t, "CENTRAL", 9, nil),
			"expired":     w.Purchase(t, "CENTRAL", 9, stay, func(p *ent.PurchaseCreate) { p.SetStatus("EXPIRED") }),
		}
		r, err := db.Reader(w.System(t))
		if err != nil {
			t.Fatal(err)
		}
		counts, err := moveplan.Count(w.System(t), r, []string{source, other}, nil)
		if err != nil {
			t.Fatal(err)
		}
		type count struct{ Gone, Everyone, OneLeft, AllOfLeft, Strangers, Nobody, Expired int }
		flat := func(c moveplan.Counts) count {
			a := c.AlreadyLicensed
			return count{c.Gone, a[of["everyone"]], a[of["one left"]], a[of["all of left"]], a[of["strangers"]], a[of["nobody"]], a[of["expired"]]}
		}
		if diff := cmp.Diff([]count{{Gone: 2, Everyone: 4, OneLeft: 2}, {Everyone: 2, OneLeft: 2}}, []count{flat(counts[source]), flat(counts[other])}); diff != "" {
			t.Errorf("against every target (-want +got):\n%s", diff)
		}
		for name, want := range map[string]int{"everyone": 4, "one left": 2, "all of left": 0, "strangers": 0, "nobody": 0, "expired": 4} {
			target := &moveplan.End{ID: of[name], Assigned: w.Get(t, of[name]).Assigned}
			counts, err := moveplan.Count(w.System(t), r, []string{source}, target)
			if err != nil {
				t.Fatal(err)
			}
			if got := counts[source]; got.Gone != 2 || got.AlreadyLicensed[target.ID] != want {
				t.Errorf("against %s: %+v, want %d", name, got, want)
			}
		}
	})
}
