package takeover

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"purser/ent"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/may"
	"purser/internal/note"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// MostAsked is how many purchases one call can ask to cancel.
const MostAsked = 1000

// RequestCancellation asks the purchasers of self-service purchases by mail to cancel them, one mail
// a purchaser, with the message if there is one (R25), and returns the mails' ids. Global and
// billing admins may. The mails and an audit event a purchase are one transaction; with one wrong
// purchase nothing is done. The mails are written before that, and anew if what they tell of changes meanwhile. It returns fault.Forbidden; fault.Invalid at "message" and "purchaseIds";
// and at each purchase that is wrong fault.Invalid, NotFound, WrongStatus, NotSelfService,
// MoveInProgress or NotEligible.
func (s *Service) RequestCancellation(ctx context.Context, purchaseIDs []string, message *string) (mails []string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "asking to cancel without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return nil, fault.New(fault.Forbidden, "Only a global admin or a billing admin can ask purchasers to cancel.")
	}
	if err := errors.Join(checkAsked(purchaseIDs), note.Check(message, "message")); err != nil {
		return nil, err
	}
	list, err := toBeCancelled(ctx, s.db.Client(), v, purchaseIDs)
	if err != nil {
		return nil, err
	}
	early := asking(v, list, deref(message))
	written, err := s.outbox.Write(ctx, s.db.Client(), early)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		list, err := toBeCancelled(ctx, tx.Client, v, purchaseIDs)
		if err != nil {
			return err
		}
		letters := written
		if now := asking(v, list, deref(message)); !reflect.DeepEqual(now, early) {
			if letters, err = s.outbox.Write(ctx, tx.Client, now); err != nil {
				return err
			}
		}
		mails, err = s.ask(ctx, tx, list, letters)
		return err
	})
	if err != nil {
		return nil, err
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return mails, nil
}

func checkAsked(purchaseIDs []string) error {
	if len(purchaseIDs) == 0 {
		return fault.New(fault.Invalid, "Name at least one subscription.").At("purchaseIds")
	}
	if len(purchaseIDs) > MostAsked {
		return fault.New(fault.Invalid, "At most %d subscriptions can be named; these are %d.", MostAsked, len(purchaseIDs)).At("purchaseIds")
	}
	return nil
}

// toBeCancelled reads the purchases, in the order of their ids in the request, and says what is wrong with any.
func toBeCancelled(ctx context.Context, db *ent.Client, v viewer.Viewer, purchaseIDs []string) ([]*ent.Purchase, error) {
	found, err := db.Purchase.Query().Where(purchase.IDIn(purchaseIDs...)).WithProduct().WithPurchaser().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the purchases: %w", err)
	}
	byID := make(map[string]*ent.Purchase, len(found))
	for _, p := range found {
		byID[p.ID] = p
	}
	var wrong []error
	list := make([]*ent.Purchase, len(purchaseIDs))
	seen := make(map[string]bool, len(purchaseIDs))
	for i, id := range purchaseIDs {
		var f *fault.Error
		switch list[i] = byID[id]; {
		case seen[id]:
			f = fault.New(fault.Invalid, "This subscription is named twice.")
		case list[i] == nil:
			f = may.NotFound()
		default:
			f = may.RequestCancellation(v, may.Standing(list[i]))
		}
		seen[id] = true
		if f != nil {
			wrong = append(wrong, f.At("purchaseIds", strconv.Itoa(i)))
		}
	}
	return list, errors.Join(wrong...)
}

// asking returns a mail to each purchaser, in the order in which they come first.
func asking(v viewer.Viewer, list []*ent.Purchase, message string) []outbox.Mail {
	var mails []outbox.Mail
	nth := nthMail(list)
	for _, p := range list {
		i := nth[*p.PurchaserID]
		if i == len(mails) {
			mails = append(mails, outbox.Mail{To: *p.PurchaserID})
		}
		m := &mails[i]
		m.Purchases = append(m.Purchases, p.ID)
		about, _ := m.About.(outbox.CancellationRequested)
		about.By, about.Message = v.Name, message
		about.Subscriptions = append(about.Subscriptions, asked(p))
		m.About = about
	}
	return mails
}

// nthMail numbers the purchasers.
func nthMail(list []*ent.Purchase) map[string]int {
	nth := map[string]int{}
	for _, p := range list {
		if _, ok := nth[*p.PurchaserID]; !ok {
			nth[*p.PurchaserID] = len(nth)
		}
	}
	return nth
}

// ask queues the mails, and leaves an event on each purchase.
func (s *Service) ask(ctx context.Context, tx *store.Tx, list []*ent.Purchase, letters []outbox.Letter) ([]string, error) {
	ids, err := s.outbox.Post(ctx, tx, letters)
	if err != nil {
		return nil, err
	}
	nth, events := nthMail(list), make([]audit.Event, len(list))
	for i, p := range list {
		events[i] = audit.Event{Action: audit.CancelRequested, Subject: p.ID, Changes: []audit.Change{
			audit.Changed("notification", "", ids[nth[*p.PurchaserID]]),
		}}
	}
	return ids, s.trail.Record(ctx, tx, events...)
}

func asked(p *ent.Purchase) outbox.AskedToCancel {
	price := p.UnitPrice.Times(p.Quantity)
	if p.Kind != string(model.PurchaseKindPaid) {
		price = 0
	}
	return outbox.AskedToCancel{
		Purchase: p.ID, Subscription: p.Edges.Product.Name, Seats: p.Quantity, Users: p.Assigned,
		Price: price, Currency: p.Currency, Term: model.BillingTerm(p.BillingTerm), ExpiresAt: p.ExpiresAt,
	}
}
