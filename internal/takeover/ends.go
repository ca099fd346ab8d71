package takeover

import (
	"context"
	"errors"
	"fmt"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/fault"
)

// ends are a move's source and target; nil where there is no such purchase in the tenant.
type ends struct{ source, target *end }

// end is what a move has to know of a purchase.
type end struct {
	ID         string
	Source     model.PurchaseSource
	Status     model.SubscriptionStatus
	Quantity   int
	Assigned   int
	Reserved   int
	ActiveMove string // "" where it is not frozen
}

func (e *end) free() int { return e.Quantity - e.Assigned - e.Reserved }

// readEnds reads the purchases as the viewer in the context.
func (s *Service) readEnds(ctx context.Context, from, to string) (ends, error) {
	found, err := s.db.Client().Purchase.Query().Where(purchase.IDIn(from, to)).All(ctx)
	if err != nil {
		return ends{}, fmt.Errorf("read source and target: %w", err)
	}
	list := make([]*end, 0, len(found))
	for _, p := range found {
		list = append(list, endOf(p))
	}
	return pick(list, from, to), nil
}

func endOf(p *ent.Purchase) *end {
	e := &end{
		ID: p.ID, Source: model.PurchaseSource(p.Source), Status: model.SubscriptionStatus(p.Status),
		Quantity: p.Quantity, Assigned: p.Assigned, Reserved: p.Reserved,
	}
	if p.ActiveMoveID != nil {
		e.ActiveMove = *p.ActiveMoveID
	}
	return e
}

func pick(list []*end, from, to string) ends {
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

// check tells why users cannot be moved, seats left aside; where a move is under way already,
// it returns that one's id too.
func (e ends) check(from, to string) (underWay string, err error) {
	if err := e.checkFound(); err != nil {
		return "", err
	}
	switch {
	case e.source.Status == model.SubscriptionStatusDeleted:
		err = fault.New(fault.WrongStatus, "The subscription to move from is DELETED.").At("fromPurchaseId")
	case e.source.Source != model.PurchaseSourceSelfService:
		err = fault.New(fault.NotSelfService, "Users can be moved from self-service subscriptions only.").At("fromPurchaseId")
	case from == to:
		err = fault.New(fault.SameSubscription, "Choose another subscription to move the users to.").At("toPurchaseId")
	case e.source.ActiveMove != "":
		return e.source.ActiveMove, fault.New(fault.MoveInProgress, "The users of this subscription are being moved already.").At("fromPurchaseId")
	case e.target.Status != model.SubscriptionStatusActive:
		err = fault.New(fault.WrongStatus, "The subscription to move to is %s; it has to be ACTIVE.", e.target.Status).At("toPurchaseId")
	case e.target.Source == model.PurchaseSourceSelfService:
		err = fault.New(fault.TakeOverRequired, "The subscription to move to is a self-service one; choose a central one.").At("toPurchaseId")
	}
	return "", err
}

func (e ends) checkFound() error {
	var missing []error
	if e.source == nil {
		missing = append(missing, fault.New(fault.NotFound, "There is no such subscription to move from.").At("fromPurchaseId"))
	}
	if e.target == nil {
		missing = append(missing, fault.New(fault.NotFound, "There is no such subscription to move to.").At("toPurchaseId"))
	}
	return errors.Join(missing...)
}

func (e ends) checkSeats(needed int) error {
	free := e.target.free()
	if needed <= free {
		return nil
	}
	return fault.New(fault.NotEnoughSeats, "The subscription to move to has %d free seats, but %d are needed: %d are missing.",
		free, needed, needed-free).At("toPurchaseId")
}
