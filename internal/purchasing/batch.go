package purchasing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"purser/ent"
	"purser/ent/license"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/lifecycle"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// batch is what is done to some purchases of a tenant in one transaction.
type batch struct {
	now    instant.Milli
	rows   []aged
	events []audit.Event
	mails  []outbox.Mail
	little []string // DELETED ones with few licenses, which are deleted along
	room   int      // how many more licenses can be deleted along
	admins []string // who is told of what nobody in particular bought; read when first needed
	policy map[string]bool
}

// aged is a purchase with what has become of it.
type aged struct {
	*ent.Purchase
	next      lifecycle.Purchase
	releasing bool // its licenses are cleared away behind it
}

// sweepSome sweeps those of the purchases that are due and that nobody else is at, in one
// transaction, and returns how many there were.
func (s *Service) sweepSome(ctx context.Context, ids []string) (did int, err error) {
	var start time.Time
	var b *batch
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		start = s.now()
		b = &batch{now: instant.From(start), room: releasedAtOnce, policy: map[string]bool{}}
		list, err := lockDue(ctx, tx, ids, b.now)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			if err := b.add(ctx, tx, p); err != nil {
				return err
			}
		}
		return s.write(ctx, tx, b)
	})
	if err != nil {
		return 0, err
	}
	s.sweeping.Took(len(b.rows), s.now().Sub(start))
	if len(b.mails) > 0 {
		s.outbox.Wake()
	}
	if slices.ContainsFunc(b.rows, func(a aged) bool { return a.releasing }) {
		s.wakeUp()
	}
	return len(b.rows), nil
}

// lockDue reads what is still due, with all that is told of it.
func lockDue(ctx context.Context, tx *store.Tx, ids []string, now instant.Milli) ([]*ent.Purchase, error) {
	q := tx.Purchase.Query().Where(
		purchase.IDIn(ids...), purchase.StatusNEQ(string(model.SubscriptionStatusDeleted)), purchase.ActiveMoveIDIsNil(), purchase.DueAtLTE(now),
	).Order(purchase.ByDueAt(), purchase.ByID()).WithProduct().WithPurchaser()
	if tx.Postgres() {
		q.ForUpdate(sql.WithLockAction(sql.SkipLocked))
	}
	list, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return list, nil
}

// add finds out what becomes of a purchase.
func (b *batch) add(ctx context.Context, tx *store.Tx, p *ent.Purchase) error {
	a := aged{Purchase: p, next: lifecycle.Of(p)}
	converts := a.next.Converts()
	if converts {
		var err error
		if converts, err = b.mayConvert(ctx, tx, p); err != nil {
			return err
		}
	}
	for _, step := range a.next.Advance(b.now, converts) {
		b.tell(p, step)
		a.next = step.After
	}
	if days := a.next.Notice(b.now); days > 0 {
		a.next.Noticed = days
		if !converts {
			if err := b.warn(ctx, tx, a); err != nil {
				return err
			}
		}
	}
	if a.next.Status == model.SubscriptionStatusDeleted && p.Assigned > 0 {
		if a.releasing = p.Assigned > b.room; !a.releasing {
			b.room -= p.Assigned
			b.little = append(b.little, p.ID)
		}
	}
	b.rows = append(b.rows, a)
	return nil
}

// mayConvert reads each policy once.
func (b *batch) mayConvert(ctx context.Context, tx *store.Tx, p *ent.Purchase) (bool, error) {
	key := p.Source + p.ProductID
	may, known := b.policy[key]
	if !known {
		var err error
		if may, err = mayConvert(ctx, tx, p); err != nil {
			return false, err
		}
		b.policy[key] = may
	}
	return may, nil
}

// tell adds the event of a step in a purchase's life.
func (b *batch) tell(p *ent.Purchase, step lifecycle.Step) {
	e := audit.Event{Action: audit.PurchaseRenewed, Subject: p.ID, Changes: changes(step.Before, step.After)}
	switch {
	case step.Before.Status != step.After.Status:
		e.Action = audit.StatusChanged
	case step.Before.Kind != step.After.Kind:
		e.Action = audit.TrialConverted
	}
	if step.After.Status == model.SubscriptionStatusDeleted && p.Assigned > 0 {
		e.Changes = append(e.Changes, audit.ChangedInt("assignedQuantity", p.Assigned, 0))
	}
	e.Changes = append(e.Changes, audit.Changed("dueAt", "", step.At.String()))
	b.events = append(b.events, e)
}

// warn adds the mail that says that a purchase ends: to its purchaser, or to the administrators where
// the organization bought it or the purchaser has left.
func (b *batch) warn(ctx context.Context, tx *store.Tx, a aged) error {
	var to []string
	if u := a.Edges.Purchaser; a.Source == string(model.PurchaseSourceSelfService) && u != nil && !u.Removed && u.AccountEnabled {
		to = []string{u.ID}
	} else {
		if b.admins == nil {
			var err error
			if b.admins, err = outbox.Admins(ctx, tx, viewer.GlobalAdmin, viewer.BillingAdmin); err != nil {
				return err
			}
		}
		to = b.admins
	}
	for _, user := range to {
		b.mails = append(b.mails, outbox.Mail{To: user, Purchases: []string{a.ID}, About: outbox.ExpiryNotice{
			Purchase: a.ID, Subscription: a.Edges.Product.Name, Seats: a.Quantity, Users: a.Assigned,
			ExpiresAt: a.next.ExpiresAt, Days: a.next.DaysLeft(b.now), Trial: a.next.Trial(),
		}})
	}
	return nil
}

// write writes the batch down.
func (s *Service) write(ctx context.Context, tx *store.Tx, b *batch) error {
	for rows := range slices.Chunk(b.rows, agedAtOnce) {
		if err := age(ctx, tx, rows); err != nil {
			return err
		}
	}
	if len(b.little) > 0 {
		if _, err := tx.License.Delete().Where(license.PurchaseIDIn(b.little...)).Exec(ctx); err != nil {
			return fmt.Errorf("release the licenses: %w", err)
		}
	}
	if err := s.trail.Record(ctx, tx, b.events...); err != nil {
		return err
	}
	if len(b.mails) == 0 {
		return nil
	}
	_, err := s.outbox.QueueAll(ctx, tx, b.mails)
	return err
}

// agedAtOnce is how many purchases one statement changes.
const agedAtOnce = 400

// age changes purchases that are locked. It is raw for the sake of speed, and names the tenant itself.
func age(ctx context.Context, tx *store.Tx, rows []aged) error {
	const row = "(?, ?, ?, ?, CAST(? AS boolean), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS integer), CAST(? AS boolean))"
	args := make([]any, 0, 10*len(rows)+1)
	for _, a := range rows {
		args = append(args, a.ID, a.Status, string(a.next.Status), string(a.next.Kind), a.next.Renews,
			int64(a.next.ExpiresAt), int64(a.next.Anchor), int64(a.next.Due()), a.next.Noticed, a.releasing)
	}
	n, err := tx.Exec(ctx, `UPDATE purchases SET status = v.column3, kind = v.column4, recurring_billing = v.column5,
			expires_at = v.column6, term_anchor = v.column7, due_at = v.column8, noticed = v.column9, releasing = v.column10,
			assigned = CASE v.column3 WHEN 'DELETED' THEN 0 ELSE assigned END
		FROM (VALUES `+strings.TrimSuffix(strings.Repeat(row+", ", len(rows)), ", ")+`) AS v
		WHERE purchases.id = v.column1 AND purchases.status = v.column2 AND purchases.active_move_id IS NULL
			AND COALESCE(purchases.tenant_id = ?, FALSE)`, append(args, rows[0].TenantID)...)
	if err != nil {
		return fmt.Errorf("change what is due: %w", err)
	}
	if n != len(rows) { // they are locked, and were as they are when that was read
		return fault.New(fault.Internal, "of %d purchases that were due, %d changed", len(rows), n)
	}
	return nil
}

// putOff lets a purchase wait, unless another process has done it meanwhile.
func (s *Service) putOff(ctx context.Context, purchaseID string) (int, error) {
	now := instant.From(s.now())
	return s.db.Client().Purchase.Update().Where(purchase.ID(purchaseID), purchase.DueAtLTE(now)).SetDueAt(now.Add(postponed)).Save(ctx)
}
