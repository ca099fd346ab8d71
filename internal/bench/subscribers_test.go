package main

import (
	"testing"

	"purser/ent"
	"purser/ent/purchase"
	"purser/internal/apitest"
	"purser/internal/store/storetest"
	"purser/internal/takeover"
)

// TestCrowd has many follow a move, each of whom sees its end: else their number would mean nothing.
func TestCrowd(t *testing.T) {
	const n = 25
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			id, crowds := moveID(t, s), make([]*crowd, len(ways))
			for i, w := range ways {
				c := &crowd{way: w}
				crowds[i] = c
				t.Cleanup(func() { _ = c.leave() })
				if err := c.come(t.Context(), s.URL, s.Token(t, "admin@contoso.example"), id, n); err != nil {
					t.Fatal(err)
				}
				if c.events.Load() != n || c.ended.Load() != 0 {
					t.Errorf("%s: %d events and %d ends before the move begins", w.name, c.events.Load(), c.ended.Load())
				}
			}
			s.Work(t)
			for _, c := range crowds {
				if err := c.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if c.events.Load() < 2*n || c.ended.Load() != n {
					t.Errorf("%s: %d events and %d ends", c.way.name, c.events.Load(), c.ended.Load())
				}
			}
		})
	}
}

// moveID accepts a move of the demo's.
func moveID(t *testing.T, s *apitest.Server) string {
	t.Helper()
	ctx, purchases := s.In(t, "contoso.example"), s.DB.Client().Purchase.Query().Where(purchase.Status("ACTIVE"))
	source := purchases.Clone().Where(purchase.Source("SELF_SERVICE"), purchase.AssignedGT(1)).Order(ent.Asc(purchase.FieldAssigned)).FirstX(ctx)
	target := purchases.Where(purchase.Source("CENTRAL")).Order(ent.Desc(purchase.FieldQuantity)).FirstX(ctx)
	answer, err := s.TakeOver.MoveUsers(ctx, takeover.Request{From: source.ID, To: target.ID})
	if err != nil {
		t.Fatal(err)
	}
	return answer.MoveID
}
