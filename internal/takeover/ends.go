package takeover

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/moveplan"
)

// ends are a move's source and target; nil where there is no such purchase in the tenant.
type ends struct{ source, target *moveplan.End }

// readEnds reads the purchases as the viewer in the context.
func (s *Service) readEnds(ctx context.Context, from, to string) (ends, error) {
	found, err := s.db.Client().Purchase.Query().Where(purchase.IDIn(from, to)).All(ctx)
	if err != nil {
		return ends{}, fmt.Errorf("read source and target: %w", err)
	}
	list := make([]*moveplan.End, 0, len(found))
	for _, p := range found {
		list = append(list, endOf(p))
	}
	return pick(list, from, to), nil
}

func endOf(p *ent.Purchase) *moveplan.End {
	e := &moveplan.End{
		ID: p.ID, Source: model.PurchaseSource(p.Source), Status: model.SubscriptionStatus(p.Status),
		Quantity: p.Quantity, Assigned: p.Assigned, Reserved: p.Reserved,
	}
	if p.ActiveMoveID != nil {
		e.ActiveMove = *p.ActiveMoveID
	}
	return e
}

func pick(list []*moveplan.End, from, to string) ends {
	var e ends
	for _, p := range list {
		if p.ID == from {
			e.source = p
		}
		if p.ID == to {
			e.target = p
		}
	}
	return e
}
