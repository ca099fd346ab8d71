package outbox

import (
	"context"
	"fmt"
	"slices"

	"purser/ent"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// readAtOnce is how many recipients one statement reads.
	readAtOnce = 1000
	// writtenAtOnce is how many rows one statement inserts.
	writtenAtOnce = 500
)

// noAddress is said of a recipient to whom nothing can be sent.
const noAddress = "The recipient has no mail address."

// Queue writes the mail in the recipient's language, adds it to the transaction, and returns the
// notification's id. The viewer in the context says in which tenant. Somebody without a mail address
// is no error: the notification is FAILED from the start, and says so. Call Wake after the commit.
func (o *Outbox) Queue(ctx context.Context, tx *store.Tx, m Mail) (notification string, err error) {
	ids, err := o.QueueAll(ctx, tx, []Mail{m})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// QueueAll queues mails like Queue, a few hundred a statement, and returns the notifications' ids in
// their order.
func (o *Outbox) QueueAll(ctx context.Context, tx *store.Tx, mails []Mail) (notifications []string, err error) {
	letters, err := o.Write(ctx, tx.Client, mails)
	if err != nil {
		return nil, err
	}
	return o.Post(ctx, tx, letters)
}

// Letter is a mail that was written in its recipient's language.
type Letter struct {
	mail    Mail
	locale  string
	nowhere bool // the recipient has no mail address
	words   written
}

// Write writes mails, which Post queues then. That takes most of the time: of many mails it is better done before the
// transaction, in which others wait.
func (o *Outbox) Write(ctx context.Context, db *ent.Client, mails []Mail) ([]Letter, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "a mail without a tenant")
	}
	people, err := recipients(ctx, db, mails)
	if err != nil {
		return nil, fmt.Errorf("queue mail: read the recipients: %w", err)
	}
	tenant, err := db.Tenant.Get(ctx, v.Tenant)
	if err != nil {
		return nil, fmt.Errorf("queue mail: read the tenant: %w", err)
	}
	letters := make([]Letter, len(mails))
	for i, m := range mails {
		to, ok := people[m.To]
		if !ok {
			return nil, fault.New(fault.Internal, "a mail to %s, who is nobody in this tenant", m.To)
		}
		t := tongueOf(to.Locale, tenant.Locale)
		w, err := t.write(letter{Recipient: to.DisplayName, Organization: tenant.Name, About: m.About})
		if err != nil {
			return nil, fmt.Errorf("write a mail %s: %w", m.About.kind(), err)
		}
		letters[i] = Letter{mail: m, locale: t.tag.String(), nowhere: to.Mail == nil || *to.Mail == "", words: w}
	}
	return letters, nil
}

// Post queues letters like QueueAll.
func (o *Outbox) Post(ctx context.Context, tx *store.Tx, letters []Letter) (notifications []string, err error) {
	rows, links := make([]*ent.NotificationCreate, len(letters)), []*ent.NotificationPurchaseCreate(nil)
	notifications = make([]string, len(letters))
	at := instant.From(o.now())
	for i, l := range letters {
		notifications[i] = o.ids.New(id.Notification)
		rows[i] = l.row(tx).SetID(notifications[i]).SetQueuedAt(at).SetDueAt(at)
		for _, p := range l.mail.Purchases {
			links = append(links, tx.NotificationPurchase.Create().SetNotificationID(notifications[i]).SetPurchaseID(p))
		}
	}
	for chunk := range slices.Chunk(rows, writtenAtOnce) {
		if err := tx.Notification.CreateBulk(chunk...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("queue mail: %w", err)
		}
	}
	for chunk := range slices.Chunk(links, writtenAtOnce) {
		if err := tx.NotificationPurchase.CreateBulk(chunk...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("queue mail: name its purchases: %w", err)
		}
	}
	return notifications, nil
}

// recipients reads to whom the mails go.
func recipients(ctx context.Context, db *ent.Client, mails []Mail) (map[string]*ent.User, error) {
	ids := make([]string, len(mails))
	for i, m := range mails {
		ids[i] = m.To
	}
	slices.Sort(ids)
	people := make(map[string]*ent.User, len(ids))
	for chunk := range slices.Chunk(slices.Compact(ids), readAtOnce) {
		list, err := db.User.Query().Where(user.IDIn(chunk...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			people[u.ID] = u
		}
	}
	return people, nil
}

// row is the letter as a notification.
func (l Letter) row(tx *store.Tx) *ent.NotificationCreate {
	n := tx.Notification.Create().SetKind(string(l.mail.About.kind())).SetToID(l.mail.To).SetLocale(l.locale).
		SetSubject(l.words.subject).SetBody(l.words.text).SetHTML(l.words.html)
	if l.nowhere {
		return n.SetStatus(string(model.NotificationStatusFailed)).SetLastError(noAddress)
	}
	return n.SetStatus(string(model.NotificationStatusQueued))
}
