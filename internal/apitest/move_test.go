package apitest_test

import (
	"context"
	"testing"

	"purser/ent"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/apitest"
	"purser/internal/takeover"
	"purser/internal/viewer"
)

// ends returns avery's purchase with the most users, and the central one of the same product with
// seats for them.
func ends(t *testing.T, s *apitest.Server) (from, to *ent.Purchase) {
	t.Helper()
	db, ctx := s.DB.Client(), s.In(t, "contoso.example")
	avery := db.User.Query().Where(user.UpnKey("avery@contoso.example")).OnlyIDX(ctx)
	from = db.Purchase.Query().Where(purchase.PurchaserID(avery), purchase.Source("SELF_SERVICE"), purchase.Status("ACTIVE")).
		Order(purchase.ByAssigned(), ent.Desc(purchase.FieldAssigned)).FirstX(ctx)
	for _, p := range db.Purchase.Query().Where(purchase.PurchaserID(avery), purchase.Status("ACTIVE")).AllX(ctx) {
		if p.Assigned > from.Assigned {
			from = p
		}
	}
	for _, p := range db.Purchase.Query().Where(purchase.ProductID(from.ProductID), purchase.Source("CENTRAL"), purchase.Status("ACTIVE")).AllX(ctx) {
		if p.Quantity-p.Assigned >= from.Assigned {
			return from, p
		}
	}
	t.Fatal("no central purchase has seats to spare")
	return nil, nil
}

// startMove begins a move and returns its id.
func startMove(t *testing.T, s *apitest.Server) string {
	t.Helper()
	from, to := ends(t, s)
	v := viewer.System(s.Tenant(t, "contoso.example"))
	answer, err := s.TakeOver.MoveUsers(viewer.NewContext(context.WithoutCancel(t.Context()), v), takeover.Request{From: from.ID, To: to.ID})
	if err != nil {
		t.Fatal(err)
	}
	return answer.MoveID
}
