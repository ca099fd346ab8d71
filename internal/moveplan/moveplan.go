// Package moveplan works out what moving the users of one purchase to another takes, and whether
// it may be done. The list of targets, a dry run and the real call get their answer here.
package moveplan

import (
	"errors"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/may"
)

// MostUsers is how many users a call can name; a move of everyone has no limit.
const MostUsers = 5000

// End is what a move has to know of its source or its target.
type End struct {
	ID         string
	Source     model.PurchaseSource
	Status     model.SubscriptionStatus
	Quantity   int
	Assigned   int
	Reserved   int
	ActiveMove string // the move that empties it; "" where it is not frozen
}

// Free returns how many seats can still be given away.
func (e *End) Free() int { return e.Quantity - e.Assigned - e.Reserved }

// Plan is what a move would need, and why it is refused.
type Plan struct {
	// Users is how many hold a license of the source and were asked for.
	Users int
	// AlreadyLicensed is how many of them hold the target too: they need no seat.
	AlreadyLicensed int
	// Needed is how many seats of the target the others need. Who has left needs none.
	Needed int
	// Available is how many seats of the target are free.
	Available int
	// Refusal says why the move cannot be done: faults with paths into MoveUsersInput. Nil where it can.
	Refusal error
}

// Missing returns how many seats the target lacks.
func (p Plan) Missing() int { return max(0, p.Needed-p.Available) }

// Check says why users cannot be moved from one purchase to the other, seats left aside. An end is
// nil where there is no such purchase in the tenant.
func Check(source, target *End) error {
	var missing []error
	if source == nil {
		missing = append(missing, may.NotFound().At("fromPurchaseId"))
	}
	if target == nil {
		missing = append(missing, may.NotFound().At("toPurchaseId"))
	}
	if len(missing) > 0 {
		return errors.Join(missing...)
	}
	if f := may.TakenOver(may.Purchase{Source: source.Source, Status: source.Status, Moving: source.ActiveMove != ""}); f != nil {
		return f.At("fromPurchaseId")
	}
	switch {
	case source.ID == target.ID:
		return fault.New(fault.SameSubscription, "Choose another subscription to move the users to.").At("toPurchaseId")
	case target.Status != model.SubscriptionStatusActive:
		return fault.New(fault.WrongStatus, "The subscription to move to is %s; it has to be ACTIVE.", target.Status).At("toPurchaseId")
	case target.Source == model.PurchaseSourceSelfService:
		return fault.New(fault.TakeOverRequired, "The subscription to move to is a self-service one; choose a central one.").At("toPurchaseId")
	}
	return nil
}

// CheckSeats says how many seats are missing.
func CheckSeats(target *End, needed int) error {
	free := target.Free()
	if needed <= free {
		return nil
	}
	return fault.New(fault.NotEnoughSeats, "The subscription to move to has %d free seats, but %d are needed: %d are missing.",
		free, needed, needed-free).At("toPurchaseId")
}

// Everyone returns the plan of moving all users of a source, of whose holders the counts are known.
func Everyone(source, target *End, c Counts) Plan {
	p := Plan{Users: source.Assigned, AlreadyLicensed: c.AlreadyLicensed[target.ID], Available: target.Free(), Refusal: Check(source, target)}
	p.Needed = Needed(source, target, c)
	if p.Refusal == nil {
		p.Refusal = CheckSeats(target, p.Needed)
	}
	return p
}

// Needed returns how many seats of the target the source's users need.
func Needed(source, target *End, c Counts) int {
	return max(0, source.Assigned-c.Gone-c.AlreadyLicensed[target.ID])
}

// Target returns the plan as the API shows it; purchase is the target.
func (p Plan) Target(purchase *model.Purchase) *model.MoveTarget {
	t := &model.MoveTarget{
		Purchase: purchase, SeatsNeeded: p.Needed, SeatsAvailable: p.Available, MissingSeats: p.Missing(),
		AlreadyLicensed: p.AlreadyLicensed, Eligible: p.Refusal == nil,
	}
	if !t.Eligible {
		code := model.ErrorCode(fault.CodeOf(p.Refusal))
		t.Reason = &code
	}
	return t
}
