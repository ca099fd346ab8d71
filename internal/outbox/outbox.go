// Package outbox queues mail in the transaction of what it tells of: it is never queued for what
// did not happen, and never lost for what did.
package outbox

import (
	"context"
	"fmt"
	"time"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Mail is a message to one person of the viewer's tenant.
type Mail struct {
	// To is the id of the user who gets it.
	To string
	// Purchases are the ids of the purchases that it speaks of.
	Purchases []string
	// About is what it says, and so of which kind it is.
	About Content
}

// Content is what a mail of one kind says.
type Content interface {
	kind() model.NotificationKind
	// clean returns the content with every text on one line, so that no name can pass for a
	// part of the mail.
	clean() Content
}

// SubscriptionCanceled tells a purchaser that an administrator has taken their subscription over.
type SubscriptionCanceled struct {
	Purchase     string // the purchase's id
	Subscription string // the product's name
	Seats        int    // how many were bought
	Users        int    // how many held one
	At           instant.Milli
	By           string // the administrator's name
	Reason       model.CancellationReason
	MovedTo      string // the product that its users were moved to; "" where they lost their licenses
}

func (SubscriptionCanceled) kind() model.NotificationKind {
	return model.NotificationKindSubscriptionCanceled
}

func (c SubscriptionCanceled) clean() Content {
	c.Subscription, c.By, c.MovedTo = oneLine(c.Subscription), oneLine(c.By), oneLine(c.MovedTo)
	return c
}

// Outbox queues mail.
type Outbox struct {
	ids *id.Source
	now func() time.Time
}

// New returns an outbox.
func New(ids *id.Source, now func() time.Time) *Outbox { return &Outbox{ids: ids, now: now} }

// Queue writes the mail in the recipient's language and adds it to the transaction. The viewer
// in the context says in which tenant. Somebody without a mail address is no error: the
// notification is FAILED from the start, and says so.
func (o *Outbox) Queue(ctx context.Context, tx *store.Tx, m Mail) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "a mail without a tenant")
	}
	kind := m.About.kind()
	to, err := tx.User.Get(ctx, m.To)
	if err != nil {
		return fmt.Errorf("queue %s: read the recipient: %w", kind, err)
	}
	tenant, err := tx.Tenant.Get(ctx, v.Tenant)
	if err != nil {
		return fmt.Errorf("queue %s: read the tenant: %w", kind, err)
	}
	lang := languageOf(to.Locale, tenant.Locale)
	subject, body, err := write(lang, letter{Recipient: oneLine(to.DisplayName), Organization: oneLine(tenant.Name), About: m.About.clean()})
	if err != nil {
		return fmt.Errorf("queue %s: %w", kind, err)
	}
	notification := o.ids.New(id.Notification)
	create := tx.Notification.Create().
		SetID(notification).SetKind(string(kind)).SetToID(to.ID).SetLocale(lang.String()).
		SetSubject(subject).SetBody(body).SetQueuedAt(instant.From(o.now()))
	if to.Mail == nil || *to.Mail == "" {
		create.SetStatus(string(model.NotificationStatusFailed)).SetLastError("The recipient has no mail address.")
	} else {
		create.SetStatus(string(model.NotificationStatusQueued))
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("queue %s: %w", kind, err)
	}
	links := make([]*ent.NotificationPurchaseCreate, 0, len(m.Purchases))
	for _, p := range m.Purchases {
		links = append(links, tx.NotificationPurchase.Create().SetNotificationID(notification).SetPurchaseID(p))
	}
	if err := tx.NotificationPurchase.CreateBulk(links...).Exec(ctx); err != nil {
		return fmt.Errorf("queue %s: name its purchases: %w", kind, err)
	}
	return nil
}
