package licensing

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"purser/ent"
	"purser/ent/licenserequest"
	"purser/ent/licenserequestuser"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/may"
	"purser/internal/note"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Decision is what becomes of people whom licenses were requested for. Whoever it does not name is
// left for later.
type Decision struct {
	RequestID  string
	PurchaseID *string  // a central purchase of the product; needed where somebody is approved
	Approve    []string // the users who get a license of it
	Reject     []string // the users who get none
	Reply      *string  // what there is to say to who asked, at most 2,000 characters
}

const (
	approving = "approveUserIds"
	rejecting = "rejectUserIds"
)

// DecideLicenseRequest approves and rejects people of a request. Global, license and user admins may. The
// licenses of those approved (whoever got one of the product meanwhile needs none), the decisions, their events
// and the mail to who asked are one transaction; with one wrong user nothing is done. It returns fault.Forbidden; at "requestId"
// fault.NotFound; at "purchaseId" the faults of Assign, fault.Invalid where it is missing or of another product, and
// TakeOverRequired for a self-service one; fault.Invalid at "reply"; at "approveUserIds" fault.Invalid where nobody is named,
// and NotEnoughSeats; and at each user who is wrong, there or at "rejectUserIds", fault.Invalid, NotFound, Conflict where
// somebody has decided on them, and NotEligible.
func (s *Service) DecideLicenseRequest(ctx context.Context, d Decision) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "deciding on a request without a viewer")
	}
	if !v.Roles.Has(deciders...) {
		return fault.New(fault.Forbidden, "Your roles do not allow deciding on requests for licenses.")
	}
	if err := d.check(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := lockRequest(ctx, tx, d.RequestID)
		if err != nil {
			return err
		}
		wished, err := readWished(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if err := d.checkPeople(wished); err != nil {
			return err
		}
		if err := s.assignApproved(ctx, tx, v, r, d); err != nil {
			return err
		}
		return s.decide(ctx, tx, v, r, wished, d)
	})
	if err != nil {
		return err
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return nil
}

func (d Decision) check() error {
	if len(d.Approve)+len(d.Reject) == 0 {
		return fault.New(fault.Invalid, "Name at least one user to approve or to reject.").At(approving)
	}
	for field, list := range map[string][]string{approving: d.Approve, rejecting: d.Reject} {
		if len(list) > MostWished {
			return fault.New(fault.Invalid, "At most %d users can be named; these are %d.", MostWished, len(list)).At(field)
		}
	}
	return note.Check(d.Reply, "reply")
}

// lockRequest reads the request with its product; nobody else decides on it meanwhile.
func lockRequest(ctx context.Context, tx *store.Tx, requestID string) (*ent.LicenseRequest, error) {
	q := tx.LicenseRequest.Query().Where(licenserequest.ID(requestID)).WithProduct()
	if tx.Postgres() {
		q.ForUpdate()
	}
	r, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such request.").At("requestId")
	}
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	return r, nil
}

// readWished reads whom the request is for, with their names.
func readWished(ctx context.Context, tx *store.Tx, requestID string) (map[string]*ent.LicenseRequestUser, error) {
	rows, err := tx.LicenseRequestUser.Query().Where(licenserequestuser.RequestID(requestID)).WithUser().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read whom the request is for: %w", err)
	}
	wished := make(map[string]*ent.LicenseRequestUser, len(rows))
	for _, r := range rows {
		wished[r.UserID] = r
	}
	return wished, nil
}

// checkPeople says what is wrong with any who are named.
func (d Decision) checkPeople(wished map[string]*ent.LicenseRequestUser) error {
	var problems []error
	seen := map[string]bool{}
	look := func(field string, list []string) {
		for i, u := range list {
			var f *fault.Error
			switch r := wished[u]; {
			case u != "" && seen[u]:
				f = fault.New(fault.Invalid, "This user is named twice.")
			case r == nil:
				f = fault.New(fault.NotFound, "The request is not for this user.")
			case r.Decision != string(model.LicenseRequestDecisionPending):
				f = fault.New(fault.Conflict, "%s has been decided on already: %s.", r.Edges.User.DisplayName, r.Decision)
			}
			seen[u] = true
			if f != nil {
				problems = append(problems, f.At(field, strconv.Itoa(i)))
			}
		}
	}
	look(approving, d.Approve)
	look(rejecting, d.Reject)
	return errors.Join(problems...)
}

// assignApproved gives a license to each of those approved who has none of the product.
func (s *Service) assignApproved(ctx context.Context, tx *store.Tx, v viewer.Viewer, r *ent.LicenseRequest, d Decision) error {
	if len(d.Approve) == 0 {
		return nil
	}
	if d.PurchaseID == nil {
		return fault.New(fault.Invalid, "Say which subscription the licenses are to come from.").At("purchaseId")
	}
	p, err := lockSeats(ctx, tx, v.Tenant, *d.PurchaseID)
	if err != nil {
		return err
	}
	if f := canSupply(v, p, r); f != nil {
		return f.At("purchaseId")
	}
	holds, err := holders(ctx, tx, v.Tenant, r.ProductID, d.Approve)
	if err != nil {
		return err
	}
	who, err := named(approving, d.Approve, MostWished)
	if err != nil {
		return err
	}
	if who = who.but(holds); len(who.ids) == 0 {
		return nil
	}
	return change{v: v, purchase: p.id, who: who, may: may.AssignLicenses, cannot: cannotAssign, do: func(ctx context.Context, tx *store.Tx) error {
		_, err := s.assign(ctx, tx, v, p.id, who)
		return err
	}}.carefully(ctx, tx, p)
}

// canSupply tells why the purchase, nil if there is none, is no source of licenses for the request.
func canSupply(v viewer.Viewer, p *seats, r *ent.LicenseRequest) *fault.Error {
	if p == nil {
		return may.NotFound()
	}
	if f := may.AssignLicenses(v, p.Purchase); f != nil {
		return f
	}
	switch {
	case p.Source != model.PurchaseSourceCentral: // the viewer's own
		return fault.New(fault.TakeOverRequired, "This is a self-service subscription; requests are met from central ones.")
	case p.product != r.ProductID:
		return fault.New(fault.Invalid, "This subscription is of another product than %s.", r.Edges.Product.Name)
	}
	return nil
}

// decide records the decisions, and tells who asked.
func (s *Service) decide(ctx context.Context, tx *store.Tx, v viewer.Viewer, r *ent.LicenseRequest, wished map[string]*ent.LicenseRequestUser, d Decision) error {
	open := 0
	for _, w := range wished {
		if w.Decision == string(model.LicenseRequestDecisionPending) {
			open++
		}
	}
	open -= len(d.Approve) + len(d.Reject)
	if err := setDecision(ctx, tx, r, d.Approve, model.LicenseRequestDecisionApproved); err != nil {
		return err
	}
	if err := setDecision(ctx, tx, r, d.Reject, model.LicenseRequestDecisionRejected); err != nil {
		return err
	}
	at, status := instant.From(s.now()), model.LicenseRequestStatusPending
	if open == 0 {
		status = model.LicenseRequestStatusCompleted
	}
	u := tx.LicenseRequest.Update().Where(licenserequest.ID(r.ID)).SetStatus(string(status)).SetDecidedAt(at)
	if v.User == "" {
		u.ClearDecidedBy()
	} else {
		u.SetDecidedBy(v.User)
	}
	reply := ""
	if d.Reply != nil && *d.Reply != "" {
		reply = *d.Reply
		u.SetReply(reply)
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("decide on the request: %w", err)
	}
	if err := s.trail.Record(ctx, tx, decided(r, status, d)); err != nil {
		return err
	}
	_, err := s.outbox.Queue(ctx, tx, outbox.Mail{To: r.RequestedBy, About: outbox.LicenseRequestDecided{
		Request: r.ID, Product: r.Edges.Product.Name, By: v.Name, At: at, Open: open, Reply: reply,
		Approved: namesOf(wished, d.Approve), Rejected: namesOf(wished, d.Reject),
	}})
	return err
}

func setDecision(ctx context.Context, tx *store.Tx, r *ent.LicenseRequest, users []string, decision model.LicenseRequestDecision) error {
	if len(users) == 0 {
		return nil
	}
	n, err := tx.LicenseRequestUser.Update().Where(licenserequestuser.RequestID(r.ID), licenserequestuser.UserIDIn(users...),
		licenserequestuser.Decision(string(model.LicenseRequestDecisionPending))).SetDecision(string(decision)).Save(ctx)
	if err != nil {
		return fmt.Errorf("decide on the request's users: %w", err)
	}
	if n != len(users) {
		return changed().At("requestId")
	}
	return nil
}

// decided is the event: one change for each user, and one when that was the last of them.
func decided(r *ent.LicenseRequest, status model.LicenseRequestStatus, d Decision) audit.Event {
	var changes []audit.Change
	for _, u := range d.Approve {
		changes = append(changes, audit.Changed("approved", "", u))
	}
	for _, u := range d.Reject {
		changes = append(changes, audit.Changed("rejected", "", u))
	}
	if r.Status != string(status) {
		changes = append(changes, audit.Changed("status", r.Status, string(status)))
	}
	return audit.Event{Action: audit.RequestDecided, Subject: r.ID, Changes: changes}
}

func namesOf(wished map[string]*ent.LicenseRequestUser, users []string) []string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = wished[u].Edges.User.DisplayName
	}
	return names
}
