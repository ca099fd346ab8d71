package reading

import (
	"context"

	"purser/graph/model"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// Notifications returns a page of the tenant's mails, newest first. It returns fault.NotFound for a
// purchase that does not exist.
func (s *Service) Notifications(ctx context.Context, use *shape.Field, args page.Args, kind *model.NotificationKind, purchase *string) (*model.NotificationConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	if purchase != nil {
		if err := l.exists(ctx, "purchases", "purchaseId", *purchase); err != nil {
			return nil, err
		}
	}
	sh := use.Of["Notification"]
	e, err := list(ctx, l, use, sh, args, func(sh *shape.Shape) (*query, func() *model.Notification, keyset) {
		ks := keyset{tag: "notifications " + l.me.Tenant, desc: true}
		sel, n := l.r.From("notifications", "n")
		ks.id = n.C("id")
		if purchase != nil { // walk what speaks of the purchase
			var np *sql.SelectTable
			sel, np = l.r.From("notification_purchases", "np")
			n = l.r.Join(sel, "notifications", "n", "id", np.C("notification_id"))
			sel.Where(sql.EQ(np.C("purchase_id"), *purchase))
			ks.id = np.C("notification_id")
		}
		if kind != nil {
			sel.Where(sql.EQ(n.C("kind"), string(*kind)))
		}
		q := l.query(sel)
		return q, q.notification(n, sh), ks
	})
	if err != nil {
		return nil, err
	}
	return &model.NotificationConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.Notification, c string) *model.NotificationEdge {
			return &model.NotificationEdge{Node: n, Cursor: c}
		}),
	}, some(ctx, l.fillNotifications, e.nodes, sh)
}

// notification binds a mail in table n.
func (q *query) notification(n *sql.SelectTable, sh *shape.Shape) func() *model.Notification {
	if sh == nil {
		return nil
	}
	m := model.Notification{}
	q.col(&m.ID, n.C("id"))
	q.want(sh, "kind", &m.Kind, n, "kind")
	q.want(sh, "locale", &m.Locale, n, "locale")
	q.want(sh, "subject", &m.Subject, n, "subject")
	q.want(sh, "body", &m.Body, n, "body")
	q.want(sh, "status", &m.Status, n, "status")
	q.want(sh, "attempts", &m.Attempts, n, "attempts")
	q.want(sh, "queuedAt", &m.QueuedAt, n, "queued_at")
	q.want(sh, "sentAt", &m.SentAt, n, "sent_at")
	q.want(sh, "lastError", &m.LastError, n, "last_error")
	to := q.userAt(sh, "to", n.C("to_id"))
	return func() *model.Notification {
		c := m
		c.To = to()
		c.Purchases = []*model.Purchase{}
		return &c
	}
}

// fillNotifications loads what hangs below the mails.
func (l *loader) fillNotifications(ctx context.Context, mails []*model.Notification, sh *shape.Shape) error {
	if err := below(ctx, l.fillUsers, mails, func(m *model.Notification) *model.User { return m.To }, sh.Sub("to", "User")); err != nil {
		return err
	}
	of := sh.Sub("purchases", "Purchase")
	if of == nil {
		return nil
	}
	ids, groups := byID(mails, func(m *model.Notification) string { return m.ID })
	sel, np := l.r.FromKeys("notification_purchases", "np", "notification_id", ids)
	q := l.query(sel)
	p := q.join("purchases", "id", np.C("purchase_id"))
	sel.OrderBy(np.C("notification_id"), np.C("purchase_id"))
	var mail string
	q.col(&mail, np.C("notification_id"))
	take := q.purchase(p, of)
	var all []*model.Purchase
	err := q.each(ctx, func() {
		v := take()
		all = append(all, v)
		for _, m := range groups[mail] {
			m.Purchases = append(m.Purchases, v)
		}
	})
	if err != nil {
		return err
	}
	return some(ctx, l.fillPurchases, all, of)
}

// notificationsByID loads the mails that exist.
func (l *loader) notificationsByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.Notification, error) {
	sel, n := l.r.FromKeys("notifications", "n", "id", ids)
	q := l.query(sel)
	take := q.notification(n, sh)
	var found []*model.Notification
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, some(ctx, l.fillNotifications, found, sh)
}
