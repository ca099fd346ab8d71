package apitest_test

import (
	"slices"
	"testing"
	"time"

	"purser/ent/license"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/purchasing"
	"purser/internal/takeover"
	"purser/internal/viewer"
)

// oneOfEach returns the id of a thing of each type in a tenant, of what the purchaser has bought and others
// hold. It takes a purchase over and begins a move so that there is one.
func oneOfEach(t *testing.T, s *apitest.Server, domain, purchaser string) map[string]string {
	t.Helper()
	db, ctx, tenant := s.DB.Client(), s.In(t, domain), s.Tenant(t, domain)
	buyer := db.User.Query().Where(user.UpnKey(purchaser)).OnlyX(ctx)
	mine := db.Purchase.Query().Where(purchase.PurchaserID(buyer.ID), purchase.Status("ACTIVE"), purchase.AssignedGT(1)).AllX(ctx)
	from := mine[0]
	central := db.Purchase.Query().Where(purchase.Source("CENTRAL"), purchase.Status("ACTIVE"), purchase.QuantityGT(15)).FirstX(ctx)
	move, err := s.TakeOver.MoveUsers(ctx, takeover.Request{From: from.ID, To: central.ID})
	if err != nil {
		t.Fatal(err)
	}
	ended := db.Purchase.Query().Where(purchase.Source("SELF_SERVICE"), purchase.Status("ACTIVE"), purchase.PurchaserIDNEQ(buyer.ID)).FirstX(ctx)
	if _, err := s.Purchasing.Cancel(ctx, purchasing.Cancellation{PurchaseID: ended.ID, Reason: model.CancellationReasonOther}); err != nil {
		t.Fatal(err)
	}
	token, err := s.Access.CreateToken(ctx, access.NewToken{Name: "one", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	partner, err := s.Access.GrantPartnerAccess(ctx, access.Grant{PartnerDomain: "nobody.example", Roles: viewer.SetOf(viewer.GlobalReader), ExpiresAt: instant.From(s.Clock.Now().Add(time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"ApiToken": token.ID, "PartnerAccess": partner,
		"Tenant": tenant, "User": buyer.ID, "Product": from.ProductID, "Purchase": from.ID, "Move": move.MoveID,
		"License":           db.License.Query().Where(license.PurchaseID(from.ID), license.UserIDNEQ(buyer.ID)).FirstIDX(ctx),
		"SelfServicePolicy": db.SelfServicePolicy.Query().FirstIDX(ctx),
		"Notification":      db.Notification.Query().FirstIDX(ctx),
		"AuditEvent":        db.AuditEvent.Query().FirstIDX(ctx),
		"LicenseRequest": db.LicenseRequest.Create().SetID(s.IDs.New(id.LicenseRequest)).SetTenantID(tenant).SetProductID(from.ProductID).
			SetRequestedBy(buyer.ID).SetRequestedAt(0).SetStatus("PENDING").SaveX(ctx).ID,
		"ProductLicenses":   id.Compose(id.ProductLicenses, id.Body(tenant), id.Body(from.ProductID)),
		"PurchaserLicenses": id.Group{Tenant: tenant, Product: from.ProductID, Purchaser: buyer.ID, Source: id.SelfService}.String(),
	}
}

// idsIn returns the ids of a tenant's rows.
func idsIn(t *testing.T, s *apitest.Server, domain string) []string {
	t.Helper()
	db, ctx := s.DB.Client(), s.In(t, domain)
	return slices.Concat([]string{s.Tenant(t, domain)}, db.User.Query().IDsX(ctx), db.Purchase.Query().IDsX(ctx), db.License.Query().IDsX(ctx),
		db.Move.Query().IDsX(ctx), db.SelfServicePolicy.Query().IDsX(ctx), db.AuditEvent.Query().IDsX(ctx), db.Notification.Query().IDsX(ctx),
		db.APIToken.Query().IDsX(ctx), db.PartnerAccess.Query().IDsX(ctx))
}

// revokedToken makes a token of contoso and revokes it: to do so once more changes nothing.
func revokedToken(t *testing.T, s *apitest.Server) string {
	t.Helper()
	ctx := s.In(t, "contoso.example")
	token, err := s.Access.CreateToken(ctx, access.NewToken{Name: "revoked", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
	if err == nil {
		err = s.Access.RevokeToken(ctx, token.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token.ID
}
