package licensing

import (
	"context"
	"errors"
	"fmt"

	"purser/ent"
	"purser/ent/license"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
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
	err = s.change(ctx, change{v: v, purchase: purchaseID, who: who, may: may.AssignLicenses, cannot: cannotAssign, do: func(ctx context.Context, tx *store.Tx) (err error) {
		licenseIDs, err = s.assign(ctx, tx, v, purchaseID, who)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return licenseIDs, nil
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
	return s.change(ctx, change{v: v, purchase: purchaseID, who: who, may: may.UnassignLicenses, cannot: cannotUnassign, do: func(ctx context.Context, tx *store.Tx) error {
		return s.unassign(ctx, tx, v, purchaseID, who)
	}})
}

// change is of who holds the licenses of a purchase.
type change struct {
	v        viewer.Viewer
	purchase string
	who      people
	may      func(viewer.Viewer, may.Purchase) *fault.Error
	cannot   func(ctx context.Context, tx *store.Tx, p *seats, who people) error // says what is wrong with the users
	do       func(ctx context.Context, tx *store.Tx) error
}

// errRefused says that something about a change is wrong. What it is takes more statements to find out.
var errRefused = errors.New("the licenses cannot be changed")

// change does it, as if nothing could be wrong, or else says what is.
func (s *Service) change(ctx context.Context, c change) error {
	err := s.db.InTx(ctx, c.do)
	if !errors.Is(err, errRefused) {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := lockSeats(ctx, tx, c.v.Tenant, c.purchase)
		if err != nil {
			return err
		}
		if p == nil {
			return may.NotFound().At("purchaseId")
		}
		return c.carefully(ctx, tx, p)
	})
}

// carefully does it to a purchase that nobody else changes meanwhile.
func (c change) carefully(ctx context.Context, tx *store.Tx, p *seats) error {
	if f := c.may(c.v, p.Purchase); f != nil {
		return f.At("purchaseId")
	}
	if err := c.cannot(ctx, tx, p, c.who); err != nil {
		return err
	}
	// or it can: somebody was faster with something that makes room
	err := c.do(ctx, tx)
	if errors.Is(err, errRefused) {
		return changed().At(c.who.field)
	}
	return err
}

// assign is Assign within a transaction, as if nothing could be wrong: three statements up to 400 users. It fails with errRefused
// where something is.
func (s *Service) assign(ctx context.Context, tx *store.Tx, v viewer.Viewer, purchaseID string, who people) ([]string, error) {
	p, given, licenses := &seats{id: purchaseID}, 0, make([]string, len(who.ids))
	for i := range licenses {
		licenses[i] = s.ids.New(id.License)
	}
	events, err := s.events(ctx, audit.LicenseAssigned, licenses, func(i int) []audit.Change {
		return []audit.Change{audit.Changed("purchase", "", purchaseID), audit.Changed("user", "", who.ids[i])}
	})
	if err != nil {
		return nil, err
	}
	statements := append([]store.Statement{p.assign(v.Tenant, len(licenses))}, s.giveLicenses(v, purchaseID, who.ids, licenses, &given)...)
	if err := tx.Together(ctx, append(statements, events...)...); store.IsUnique(err) {
		return nil, errRefused
	} else if err != nil {
		return nil, fmt.Errorf("give licenses: %w", err)
	}
	if !p.found || may.AssignLicenses(v, p.Purchase) != nil || given < len(licenses) {
		return nil, errRefused
	}
	return licenses, nil
}

// unassign is Unassign as assign is Assign.
func (s *Service) unassign(ctx context.Context, tx *store.Tx, v viewer.Viewer, purchaseID string, who people) error {
	p, taken := &seats{id: purchaseID}, make(map[string]string, len(who.ids))
	if err := tx.Together(ctx, p.assign(v.Tenant, -len(who.ids)), takeLicenses(v.Tenant, purchaseID, who.ids, taken)); err != nil {
		return fmt.Errorf("take licenses back: %w", err)
	}
	if !p.found || may.UnassignLicenses(v, p.Purchase) != nil || len(taken) < len(who.ids) {
		return errRefused
	}
	licenses := make([]string, len(who.ids))
	for i, u := range who.ids {
		licenses[i] = taken[u]
	}
	events, err := s.events(ctx, audit.LicenseUnassigned, licenses, func(i int) []audit.Change {
		return []audit.Change{audit.Changed("purchase", purchaseID, ""), audit.Changed("user", who.ids[i], "")}
	})
	if err != nil {
		return err
	}
	return tx.Together(ctx, events...)
}

// cannotAssign says what is wrong with the users, and whether there are too few seats for the others.
func cannotAssign(ctx context.Context, tx *store.Tx, p *seats, who people) error {
	holds, err := holdersOf(ctx, tx, p, who)
	if err != nil {
		return err
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

// cannotUnassign says who of the users holds no license.
func cannotUnassign(ctx context.Context, tx *store.Tx, p *seats, who people) error {
	holds, err := holdersOf(ctx, tx, p, who)
	if err != nil {
		return err
	}
	_, problems, err := who.check(ctx, tx, func(u *ent.User) *fault.Error {
		switch {
		case u == nil:
			return eligible(nil, "")
		case !holds[u.ID]:
			return fault.New(fault.NotLicensed, "%s holds no license of this subscription.", u.DisplayName)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return who.refuse(nil, problems)
}

// holdersOf tells which of the users hold a license of the purchase.
func holdersOf(ctx context.Context, tx *store.Tx, p *seats, who people) (map[string]bool, error) {
	rows, err := tx.License.Query().Where(license.PurchaseID(p.id), license.UserIDIn(who.ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who holds a license: %w", err)
	}
	holds := make(map[string]bool, len(rows))
	for _, l := range rows {
		holds[l.UserID] = true
	}
	return holds, nil
}

// events are the statements that leave an event on each license.
func (s *Service) events(ctx context.Context, action audit.Action, licenses []string, changes func(i int) []audit.Change) ([]store.Statement, error) {
	events := make([]audit.Event, len(licenses))
	for i, l := range licenses {
		events[i] = audit.Event{Action: action, Subject: l, Changes: changes(i)}
	}
	return s.trail.Statements(ctx, events...)
}
