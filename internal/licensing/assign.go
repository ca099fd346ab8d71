package licensing

import (
	"cmp"
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/license"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/may"
	"purser/internal/store"
	"purser/internal/viewer"
)

// MostAssigned is how many users one call can give licenses to, or take them from.
const MostAssigned = 1000

// Assign gives each of 1 to 1,000 users a license of the purchase, or none of them, and returns the licenses' ids
// in the order of the users (R12–R14). The purchaser may on their own self-service purchase; on a
// central one global, license and user admins may. The licenses, the seats and an event a license are
// one transaction. It returns at "purchaseId" fault.NotFound, Forbidden, WrongStatus, TakeOverRequired,
// MoveInProgress and Conflict; at "userIds" fault.Invalid and NotEnoughSeats; and at each user who is wrong
// fault.Invalid, NotFound, NotEligible or AlreadyLicensed.
func (s *Service) Assign(ctx context.Context, purchaseID string, userIDs []string) (licenseIDs []string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "assigning licenses without a viewer")
	}
	who, err := named("userIds", userIDs, MostAssigned)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		licenseIDs, err = s.assign(ctx, tx, v, purchaseID, who)
		return err
	})
	if err != nil {
		return nil, err
	}
	return licenseIDs, nil
}

// assign is Assign within a transaction: three statements up to 400 users, more only to say what is wrong.
func (s *Service) assign(ctx context.Context, tx *store.Tx, v viewer.Viewer, purchaseID string, who people) ([]string, error) {
	p, err := change{
		n: len(who.ids), may: may.AssignLicenses,
		problems: func(p *seats) error { return cannotAssign(ctx, tx, p, who, nil) },
	}.seats(ctx, tx, v, purchaseID)
	if err != nil {
		return nil, err
	}
	licenses, given, err := s.giveLicenses(ctx, tx, v, p, who.ids)
	if err != nil {
		return nil, err
	}
	if given < len(who.ids) {
		p.free += len(who.ids) // those that were taken for them
		return nil, cmp.Or[error](cannotAssign(ctx, tx, p, who, licenses), changed().At(who.field))
	}
	return licenses, s.record(ctx, tx, audit.LicenseAssigned, licenses, func(i int) []audit.Change {
		return []audit.Change{audit.Changed("purchase", "", p.id), audit.Changed("user", "", who.ids[i])}
	})
}

// cannotAssign says what is wrong with the users, and whether there are too few seats for the
// others. The licenses are those that this transaction has given itself.
func cannotAssign(ctx context.Context, tx *store.Tx, p *seats, who people, ours []string) error {
	rows, err := tx.License.Query().Where(license.PurchaseID(p.id), license.UserIDIn(who.ids...), license.IDNotIn(ours...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read who holds a license: %w", err)
	}
	holds := make(map[string]bool, len(rows))
	for _, l := range rows {
		holds[l.UserID] = true
	}
	_, problems, err := who.check(ctx, tx, func(u *ent.User) *fault.Error {
		if f := eligible(u, p.Source); f != nil || !holds[u.ID] {
			return f
		}
		return fault.New(fault.AlreadyLicensed, "%s already holds a license of this subscription.", u.DisplayName)
	})
	if err != nil {
		return err
	}
	needed := len(who.ids) - len(problems)
	if needed <= p.free {
		return who.refuse(nil, problems)
	}
	return who.refuse(fault.New(fault.NotEnoughSeats, "The subscription has %d free seats, but %d are needed: %d are missing.", p.free, needed, needed-p.free), problems)
}

// Unassign takes the license of the purchase from each of 1 to 1,000 users, or from none of them. Who may,
// and what is one transaction, is as with Assign. It returns the faults of Assign, with fault.NotLicensed at each
// user who holds none, whoever they are.
func (s *Service) Unassign(ctx context.Context, purchaseID string, userIDs []string) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "unassigning licenses without a viewer")
	}
	who, err := named("userIds", userIDs, MostAssigned)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.unassign(ctx, tx, v, purchaseID, who) })
}

func (s *Service) unassign(ctx context.Context, tx *store.Tx, v viewer.Viewer, purchaseID string, who people) error {
	p, err := change{
		n: -len(who.ids), may: may.UnassignLicenses,
		problems: func(p *seats) error { return cannotUnassign(ctx, tx, p, who) },
	}.seats(ctx, tx, v, purchaseID)
	if err != nil {
		return err
	}
	taken, err := takeLicenses(ctx, tx, v.Tenant, p, who.ids)
	if err != nil {
		return err
	}
	if len(taken) < len(who.ids) {
		return cmp.Or[error](notLicensed(ctx, tx, who, taken), changed().At(who.field))
	}
	licenses := make([]string, len(who.ids))
	for i, u := range who.ids {
		licenses[i] = taken[u]
	}
	return s.record(ctx, tx, audit.LicenseUnassigned, licenses, func(i int) []audit.Change {
		return []audit.Change{audit.Changed("purchase", p.id, ""), audit.Changed("user", who.ids[i], "")}
	})
}

// cannotUnassign says what is wrong with the users.
func cannotUnassign(ctx context.Context, tx *store.Tx, p *seats, who people) error {
	rows, err := tx.License.Query().Where(license.PurchaseID(p.id), license.UserIDIn(who.ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read who holds a license: %w", err)
	}
	holds := make(map[string]string, len(rows))
	for _, l := range rows {
		holds[l.UserID] = l.ID
	}
	return notLicensed(ctx, tx, who, holds)
}

// notLicensed says who of the users holds none of the licenses.
func notLicensed(ctx context.Context, tx *store.Tx, who people, licenses map[string]string) error {
	_, problems, err := who.check(ctx, tx, func(u *ent.User) *fault.Error {
		switch {
		case u == nil:
			return eligible(nil, "")
		case licenses[u.ID] == "":
			return fault.New(fault.NotLicensed, "%s holds no license of this subscription.", u.DisplayName)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return who.refuse(nil, problems)
}

// change is of how many seats of a purchase are assigned.
type change struct {
	n        int
	may      func(viewer.Viewer, may.Purchase) *fault.Error
	problems func(*seats) error // what is wrong besides
}

// seats changes them, and returns the purchase as it is then.
func (c change) seats(ctx context.Context, tx *store.Tx, v viewer.Viewer, purchaseID string) (*seats, error) {
	p, err := assignSeats(ctx, tx, v.Tenant, purchaseID, c.n)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return p, at(c.may(v, p.Purchase), "purchaseId")
	}
	// it cannot be done: say why, of a purchase that nobody changes meanwhile
	if p, err = lockSeats(ctx, tx, v.Tenant, purchaseID); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, may.NotFound().At("purchaseId")
	}
	if f := c.may(v, p.Purchase); f != nil {
		return nil, f.At("purchaseId")
	}
	if err := c.problems(p); err != nil {
		return nil, err
	}
	// or it can: somebody was faster with something that makes room
	if p, err = assignSeats(ctx, tx, v.Tenant, purchaseID, c.n); err == nil && p == nil {
		err = changed().At("purchaseId")
	}
	return p, err
}

// at returns the fault with its place as an error, and nil for none.
func at(f *fault.Error, field string) error {
	if f == nil {
		return nil
	}
	return f.At(field)
}

// record leaves an event on each license.
func (s *Service) record(ctx context.Context, tx *store.Tx, action audit.Action, licenses []string, changes func(i int) []audit.Change) error {
	events := make([]audit.Event, len(licenses))
	for i, l := range licenses {
		events[i] = audit.Event{Action: action, Subject: l, Changes: changes(i)}
	}
	return s.trail.Record(ctx, tx, events...)
}
