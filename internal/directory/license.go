package directory

import (
	"context"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/instant"
)

// licenseLine is a line about a license.
type licenseLine struct {
	*record
	ref        *string
	user       *string
	key        string // the folded sign-in name
	assignedAt *instant.Milli
}

// pair is who holds a license of what, by id.
type pair struct{ purchase, user string }

func (im *importer) license(r *record) {
	l := &licenseLine{
		record:     r,
		ref:        r.text("purchase", maxRef),
		user:       r.text("user", maxUPN),
		assignedAt: r.instant("assignedAt"),
	}
	need(r, "purchase", l.ref)
	need(r, "user", l.user)
	if !r.end() {
		return
	}
	l.key = fold.Key(*l.user)
	im.touched[purchaseKey(*l.ref)], im.touched[userKey(l.key)] = true, true
	im.licenses = append(im.licenses, l)
}

// seating is what becomes of the waiting licenses.
type seating struct {
	held  map[pair]*ent.License   // there already, or given by a line before
	save  map[string]*ent.License // new or changed, by id
	seats map[string]int          // how many more each purchase has
}

func (im *importer) saveLicenses(ctx context.Context) error {
	if len(im.licenses) == 0 {
		return nil
	}
	refs, keys := map[string]bool{}, map[string]bool{}
	for _, l := range im.licenses {
		refs[*l.ref], keys[l.key] = true, true
	}
	purchases, err := im.purchasesByRef(ctx, keysOf(refs))
	if err != nil {
		return err
	}
	users, err := im.usersByKey(ctx, keysOf(keys))
	if err != nil {
		return err
	}
	held, err := im.held(ctx, purchases, users)
	if err != nil {
		return err
	}
	s := &seating{held, map[string]*ent.License{}, map[string]int{}}
	for _, l := range im.licenses {
		if p, u := purchases[*l.ref], users[l.key]; im.found(l, p, u) {
			im.seat(s, l, p, u)
		}
	}
	if err := bulk.Licenses(ctx, im.tx, inOrder(s.save)); err != nil {
		return err
	}
	return im.addAssigned(ctx, s.seats)
}

// seat gives the user of a line a license of the purchase, or changes the one that they have.
func (im *importer) seat(s *seating, l *licenseLine, p *ent.Purchase, u *ent.User) {
	if p.Status == string(model.SubscriptionStatusDeleted) { // a file of yesterday knows nothing of that
		im.result.PassedOver++
		return
	}
	license, isNew := s.held[pair{p.ID, u.ID}], false
	if license == nil {
		if !l.fits(p, u) {
			return
		}
		license, isNew = &ent.License{ID: im.d.ids.New(id.License), PurchaseID: p.ID, UserID: u.ID, AssignedAt: im.now}, true
		s.held[pair{p.ID, u.ID}] = license
		s.seats[p.ID]++
		p.Assigned++
	}
	changed := l.assignedAt != nil && *l.assignedAt != license.AssignedAt
	if changed && !isNew && !l.free(p) {
		return
	}
	set(&license.AssignedAt, l.assignedAt)
	im.result.Licenses.count(isNew, changed)
	if isNew || changed {
		s.save[license.ID] = license
	}
}

// inOrder returns the licenses by id.
func inOrder(m map[string]*ent.License) []*ent.License {
	list := make([]*ent.License, 0, len(m))
	for _, licenseID := range keysOf(m) {
		list = append(list, m[licenseID])
	}
	return list
}

// found tells whether both ends of the license are there.
func (im *importer) found(l *licenseLine, p *ent.Purchase, u *ent.User) bool {
	if p == nil || im.bad[purchaseKey(*l.ref)] {
		im.missing(l.record, "purchase", purchaseKey(*l.ref), "there is no purchase %q", clip(*l.ref))
	}
	if u == nil || im.bad[userKey(l.key)] {
		im.missing(l.record, "user", userKey(l.key), "there is no user %q", clip(*l.user))
	}
	return !l.failed
}

// fits tells whether a new license can be had.
func (l *licenseLine) fits(p *ent.Purchase, u *ent.User) bool {
	switch {
	case u.Removed:
		l.wrong("user", "%s has left", u.UserPrincipalName)
	case !l.free(p):
	case p.Assigned+p.Reserved >= p.Quantity:
		l.wrong("purchase", "%s: all %d seats are taken", fault.NotEnoughSeats, p.Quantity)
	}
	return !l.failed
}

// free tells whether no move holds the purchase.
func (l *licenseLine) free(p *ent.Purchase) bool {
	if p.ActiveMoveID != nil {
		l.wrong("purchase", "%s: its users are being moved away", fault.MoveInProgress)
	}
	return p.ActiveMoveID == nil
}
