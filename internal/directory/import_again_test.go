package directory_test

import (
	"strings"
	"testing"

	"purser/ent/license"
	"purser/ent/purchase"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestImportAfterTakeOver imports a file, and once more after a purchase of it was taken over, or has lapsed, here.
func TestImportAfterTakeOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		text := strings.Replace(file(t), `"quantity":3,`, `"quantity":3,"status":"ACTIVE","recurringBilling":false,`, 1)
		if r := b.load(t, text); r.PassedOver != 0 {
			t.Errorf("at first: %v", r)
		}
		bi := b.purchase(t, "bi")
		ctx := b.inTenant(t)
		db.Client().License.Delete().Where(license.PurchaseID(bi.ID)).ExecX(ctx)
		db.Client().Purchase.Update().Where(purchase.ID(bi.ID)).SetStatus("DELETED").SetAssigned(0).SetCanceledAt(instant.From(now)).ExecX(ctx)
		events := len(b.events(t))
		// what else the file says is taken over
		r := b.load(t, text+`{"type":"purchase","ref":"bi","quantity":9}
			{"type":"user","userPrincipalName":"blake@contoso.example","department":"IT"}`)
		if r.PassedOver != 2 || r.Licenses.Added+r.Licenses.Updated+r.Purchases.Added+r.Purchases.Updated != 0 || r.Users.Updated != 1 {
			t.Errorf("once more: %v", r)
		}
		if !strings.HasSuffix(r.String(), "\nlicenses of DELETED purchases, passed over: 2") {
			t.Errorf("it said %q", r)
		}
		if p := b.purchase(t, "bi"); p.Status != "DELETED" || p.Quantity != 3 || p.CanceledAt == nil {
			t.Errorf("the purchase is %v", p)
		}
		b.checkSeats(t)
		if n := len(b.events(t)); n != events+1 {
			t.Errorf("%d events, want one more than %d", n, events)
		}
	})
}
