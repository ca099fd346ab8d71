package may

import (
	"purser/ent"
	"purser/graph/model"
)

// Standing returns what the rules have to know of a stored purchase. Who has left shows when the
// purchaser was loaded with it; whether users are being moved to it is for the caller to add.
func Standing(p *ent.Purchase) Purchase {
	s := Purchase{
		Source: model.PurchaseSource(p.Source), Status: model.SubscriptionStatus(p.Status), Moving: p.ActiveMoveID != nil,
	}
	if p.PurchaserID != nil {
		s.Purchaser = *p.PurchaserID
	}
	if u := p.Edges.Purchaser; u != nil {
		s.Absent = u.Removed || !u.AccountEnabled
	}
	return s
}
