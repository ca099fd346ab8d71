package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect/sql"

	"purser/ent"
	"purser/ent/notification"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// atOnce is how many due mails are looked up at a time.
	atOnce = 50
	// lease is how long a mail belongs to the sender that claimed it: much longer than sending
	// takes. So long after a crash another one sends it.
	lease = 2 * time.Minute
	// txTimeout ends a transaction that hangs.
	txTimeout = 8 * time.Second
)

var (
	queued = string(model.NotificationStatusQueued)
	sent   = string(model.NotificationStatusSent)
)

// due is a mail that is to be sent.
type due struct{ tenant, id string }

// due lists the mails, of every tenant, that are to be sent now.
func (s *Sender) due(ctx context.Context) (list []due, err error) {
	rows, err := s.db.QueryUnwalled(ctx, `SELECT tenant_id, id FROM notifications
		WHERE status = 'QUEUED' AND due_at <= ? ORDER BY due_at, id LIMIT ?`, instant.From(s.now()), atOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var d due
		if err := rows.Scan(&d.tenant, &d.id); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// Queued counts the mails, of every tenant, that are not sent yet.
func Queued(ctx context.Context, db *store.DB) (int, error) {
	return db.CountUnwalled(ctx, "SELECT COUNT(*) FROM notifications WHERE status = 'QUEUED'")
}

// inTenant returns a context for a change that is not interrupted: what was claimed or sent must be
// known to be.
func inTenant(ctx context.Context, tenant string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
	return viewer.NewContext(ctx, viewer.System(tenant)), cancel
}

// claim takes a mail for the length of a lease, counts the attempt, and returns the mail with its
// recipient; nil when somebody else was faster.
func (s *Sender) claim(ctx context.Context, d due) (n *ent.Notification, err error) {
	ctx, cancel := inTenant(ctx, d.tenant)
	defer cancel()
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := instant.From(s.now())
		q := tx.Notification.Query().Where(notification.ID(d.id), notification.Status(queued), notification.DueAtLTE(now)).WithTo()
		if tx.Postgres() {
			q.ForUpdate(sql.WithLockAction(sql.SkipLocked))
		}
		n, err = q.Only(ctx)
		if ent.IsNotFound(err) {
			n = nil
			return nil
		}
		if err != nil {
			return err
		}
		n.Attempts++
		return tx.Notification.Update().Where(notification.ID(d.id)).SetDueAt(now.Add(lease)).SetAttempts(n.Attempts).Exec(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("claim the mail %s: %w", d.id, err)
	}
	return n, nil
}

// succeeded records that a mail was taken. That is so whatever else somebody may have recorded.
func (s *Sender) succeeded(ctx context.Context, n *ent.Notification) error {
	ctx, cancel := inTenant(ctx, n.TenantID)
	defer cancel()
	err := s.db.Client().Notification.Update().Where(notification.ID(n.ID), notification.StatusNEQ(sent)).
		SetStatus(sent).SetSentAt(instant.From(s.now())).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record that the mail %s was sent: %w", n.ID, err)
	}
	return nil
}

// failed records why a mail was not taken, unless somebody else has claimed it since, and when to
// try again. A mail is given up when it was refused for good, or its attempts are used up.
func (s *Sender) failed(ctx context.Context, n *ent.Notification, f *failure) error {
	giveUp := f.permanent || n.Attempts >= mostAttempts
	s.log.LogAttrs(ctx, slog.LevelWarn, "a mail was not sent", slog.String("notification", n.ID), slog.String("tenant", n.TenantID),
		slog.Int("attempt", n.Attempts), slog.Bool("given up", giveUp), slog.Any("error", f))
	ctx, cancel := inTenant(ctx, n.TenantID)
	defer cancel()
	u := s.mine(n).SetLastError(shortened(f.said))
	if giveUp {
		u.SetStatus(string(model.NotificationStatusFailed))
	} else {
		u.SetDueAt(instant.From(s.now()).Add(backoff(n.Attempts)))
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("record that the mail %s was not sent: %w", n.ID, err)
	}
	return nil
}

// giveBack lets another process send the mail at once, as if nobody had tried.
func (s *Sender) giveBack(ctx context.Context, n *ent.Notification) error {
	ctx, cancel := inTenant(ctx, n.TenantID)
	defer cancel()
	if err := s.mine(n).SetDueAt(instant.From(s.now())).AddAttempts(-1).Exec(ctx); err != nil {
		return fmt.Errorf("give the mail %s back: %w", n.ID, err)
	}
	return nil
}

// mine is a change to a mail that nobody else has claimed since.
func (s *Sender) mine(n *ent.Notification) *ent.NotificationUpdate {
	return s.db.Client().Notification.Update().Where(notification.ID(n.ID), notification.Status(queued), notification.Attempts(n.Attempts))
}

// longestError is how many characters of an error administrators are shown.
const longestError = 500

func shortened(s string) string {
	if r := []rune(oneLine(s)); len(r) > longestError {
		return string(r[:longestError-1]) + "…"
	}
	return oneLine(s)
}
