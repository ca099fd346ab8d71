// Package may decides what a viewer may do to a purchase as it stands. A button
// (Purchase.viewerCan), a dry run and the real call ask it, and so get the same answer.
//
// A refusal is a fault without a path. Permission comes first, then the status, then the rest.
package may

import (
	"slices"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/viewer"
)

// Purchase is what the rules have to know of a purchase.
type Purchase struct {
	Source    model.PurchaseSource
	Status    model.SubscriptionStatus
	Purchaser string // the user's id; "" where nobody in particular bought it
	Absent    bool   // the purchaser has left or is blocked
	Moving    bool   // its users are being moved away
	Receiving bool   // users are being moved to it
}

func (p Purchase) central() bool { return p.Source == model.PurchaseSourceCentral }

// own tells whether the viewer bought it for themselves. A central purchase is the organization's.
func (p Purchase) own(v viewer.Viewer) bool {
	return !p.central() && v.User != "" && v.User == p.Purchaser
}

// Who may do what, besides the purchaser of a self-service purchase.
var (
	buyers    = []viewer.Role{viewer.GlobalAdmin, viewer.BillingAdmin}
	assigners = []viewer.Role{viewer.GlobalAdmin, viewer.LicenseAdmin, viewer.UserAdmin}
)

// MoveUsers tells why the users of the purchase cannot be moved to another: fault.NotFound,
// Forbidden, WrongStatus, NotSelfService or MoveInProgress.
func MoveUsers(v viewer.Viewer, p Purchase) *fault.Error { return takeOver(v, p) }

// TakenOver tells, whoever asks, why the purchase cannot be taken over by moving its users or by
// taking ownership: fault.WrongStatus, NotSelfService or MoveInProgress (R19, R20).
func TakenOver(p Purchase) *fault.Error {
	switch {
	case p.Status == model.SubscriptionStatusDeleted:
		return status(p)
	case p.central():
		return notSelfService()
	case p.Moving:
		return moving()
	}
	return nil
}

// TakeOwnership tells why the purchase cannot become the organization's, with the faults of MoveUsers.
func TakeOwnership(v viewer.Viewer, p Purchase) *fault.Error { return takeOver(v, p) }

// RequestCancellation tells why the purchaser cannot be asked to cancel: the faults of MoveUsers,
// WrongStatus for what is cancelled already, and NotEligible when the purchaser could not do it.
func RequestCancellation(v viewer.Viewer, p Purchase) *fault.Error {
	if f := permitted(v, p, buyers); f != nil {
		return f
	}
	if f := status(p, model.SubscriptionStatusActive, model.SubscriptionStatusExpired); f != nil {
		return f
	}
	switch {
	case p.central():
		return notSelfService()
	case p.Moving:
		return moving()
	case p.Absent:
		return fault.New(fault.NotEligible, "The purchaser has left or is blocked, and could not cancel it; take it over instead.")
	}
	return nil
}

func takeOver(v viewer.Viewer, p Purchase) *fault.Error {
	if f := permitted(v, p, buyers); f != nil {
		return f
	}
	return TakenOver(p)
}

// Ending is how a purchase is cancelled.
type Ending struct {
	Status model.SubscriptionStatus
	Cause  model.CancellationCause
}

// Cancel tells how the viewer may cancel the purchase: the purchaser of a self-service one the
// ordinary way, to DISABLED, and so an admin a central one; another's self-service purchase is
// taken over, and DELETED (R17, R22). Else it is fault.NotFound, Forbidden, WrongStatus or MoveInProgress.
func Cancel(v viewer.Viewer, p Purchase) (Ending, *fault.Error) {
	end := Ending{model.SubscriptionStatusDeleted, model.CancellationCauseAdminTakeOverCancel}
	switch {
	case p.own(v):
		end = Ending{model.SubscriptionStatusDisabled, model.CancellationCausePurchaser}
	case p.central():
		end = Ending{model.SubscriptionStatusDisabled, model.CancellationCauseAdminCentral}
	}
	if !p.own(v) {
		if f := permitted(v, p, buyers); f != nil {
			return end, f
		}
	}
	switch {
	case p.Status == model.SubscriptionStatusDeleted, p.Status == end.Status:
		return end, fault.New(fault.WrongStatus, "This subscription is %s already.", p.Status)
	case p.Moving:
		return end, moving()
	case p.Receiving:
		return end, fault.New(fault.MoveInProgress, "Users are being moved to this subscription; wait for the move to end.")
	}
	return end, nil
}

// AssignLicenses tells why nobody can be given a license of the purchase (R12, R14):
// fault.NotFound, Forbidden, WrongStatus, TakeOverRequired or MoveInProgress.
func AssignLicenses(v viewer.Viewer, p Purchase) *fault.Error {
	return manage(v, p, assigners, model.SubscriptionStatusActive, model.SubscriptionStatusExpired)
}

// UnassignLicenses tells why licenses of the purchase cannot be taken back, with the faults of AssignLicenses.
func UnassignLicenses(v viewer.Viewer, p Purchase) *fault.Error {
	return manage(v, p, assigners, model.SubscriptionStatusActive, model.SubscriptionStatusExpired, model.SubscriptionStatusDisabled)
}

// ChangeQuantity tells why the number of seats cannot be changed, with the faults of AssignLicenses.
func ChangeQuantity(v viewer.Viewer, p Purchase) *fault.Error {
	return manage(v, p, buyers, model.SubscriptionStatusActive, model.SubscriptionStatusExpired)
}

// SetRecurringBilling tells why renewal cannot be switched, with the faults of AssignLicenses.
func SetRecurringBilling(v viewer.Viewer, p Purchase) *fault.Error {
	return manage(v, p, buyers, model.SubscriptionStatusActive, model.SubscriptionStatusExpired)
}

// Reactivate tells why the purchase cannot be made ACTIVE again, with the faults of AssignLicenses.
func Reactivate(v viewer.Viewer, p Purchase) *fault.Error {
	return manage(v, p, buyers, model.SubscriptionStatusExpired, model.SubscriptionStatusDisabled)
}

// manage holds for what a purchaser does to what they bought, and admins to central purchases.
func manage(v viewer.Viewer, p Purchase, roles []viewer.Role, in ...model.SubscriptionStatus) *fault.Error {
	if !p.own(v) {
		if f := permitted(v, p, roles); f != nil {
			return f
		}
	}
	if f := status(p, in...); f != nil {
		return f
	}
	switch {
	case !p.own(v) && !p.central():
		return fault.New(fault.TakeOverRequired, "This is a self-service subscription; take it over first.")
	case p.Moving:
		return moving()
	}
	return nil
}

// permitted tells who sees the purchase from who may also change it.
func permitted(v viewer.Viewer, p Purchase, roles []viewer.Role) *fault.Error {
	switch {
	case v.Roles.Has(roles...):
		return nil
	case v.SeesAllPurchases(), v.User != "" && v.User == p.Purchaser:
		return fault.New(fault.Forbidden, "Your roles do not allow this.")
	}
	return NotFound()
}

// NotFound is the refusal for a purchase that does not exist to the viewer.
func NotFound() *fault.Error { return fault.New(fault.NotFound, "There is no such subscription.") }

func status(p Purchase, in ...model.SubscriptionStatus) *fault.Error {
	if slices.Contains(in, p.Status) {
		return nil
	}
	return fault.New(fault.WrongStatus, "This subscription is %s.", p.Status)
}

func notSelfService() *fault.Error {
	return fault.New(fault.NotSelfService, "This is the organization's own subscription; only self-service ones can be taken over.")
}

func moving() *fault.Error {
	return fault.New(fault.MoveInProgress, "The users of this subscription are being moved; wait for the move to end.")
}
