package reading

import (
	"context"
	"encoding/json"

	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/sql"
)

// AuditEvents returns a page of what happened in the tenant, newest first.
func (s *Service) AuditEvents(ctx context.Context, use *shape.Field, args page.Args, filter *model.AuditEventFilter) (*model.AuditEventConnection, error) {
	l, err := s.loader(ctx)
	if err != nil {
		return nil, err
	}
	e, err := list(ctx, l, use, use.Of["AuditEvent"], args, l.eventRows(func(sel *sql.Selector, e *sql.SelectTable) { filterEvents(sel, e, filter) }))
	if err != nil {
		return nil, err
	}
	return eventConnection(e, use), l.fillEvents(ctx, e.nodes, use.Of["AuditEvent"])
}

func filterEvents(s *sql.Selector, e *sql.SelectTable, f *model.AuditEventFilter) {
	if f == nil {
		return
	}
	if f.Action != nil {
		s.Where(anyValue(e.C("action"), strs(f.Action)))
	}
	if f.ActorID != nil {
		s.Where(sql.EQ(e.C("actor_id"), id.Known(*f.ActorID)))
	}
	if f.SubjectID != nil {
		s.Where(sql.EQ(e.C("subject_id"), id.Known(*f.SubjectID)))
	}
	where(s, bound(sql.GTE, e.C("at"), f.After), bound(sql.LT, e.C("at"), f.Before))
}

type eventScope func(s *sql.Selector, e *sql.SelectTable)

// histories has a page of the events of each of the subjects loaded, and given to whom it is for.
func (l *loader) histories(b *batch, use *shape.Field, args page.Args, subjects []string, give func(int, *model.AuditEventConnection)) error {
	pages, err := perKeyIn(b, use, use.Of["AuditEvent"], args, subjects,
		l.eventRows(func(s *sql.Selector, e *sql.SelectTable) { s.Where(sql.EQ(e.C("subject_id"), l.r.Key())) }))
	b.after(func(ctx context.Context) error {
		var all []*model.AuditEvent
		for i, e := range pages {
			all = append(all, e.nodes...)
			give(i, eventConnection(e, use))
		}
		return l.fillEvents(ctx, all, use.Of["AuditEvent"])
	})
	return err
}

func (l *loader) eventRows(scope eventScope) source[*model.AuditEvent] {
	return func(sh *shape.Shape) (*query, func() *model.AuditEvent, keyset) {
		sel, e := l.r.From("audit_events", "e")
		q := l.query(sel)
		scope(sel, e)
		return q, q.event(e, sh), keyset{tag: "events " + l.me.Tenant, id: e.C("id"), desc: true}
	}
}

func eventConnection(e *entries[*model.AuditEvent], use *shape.Field) *model.AuditEventConnection {
	return &model.AuditEventConnection{
		Nodes: e.nodes, PageInfo: e.info, TotalCount: e.total,
		Edges: edges(e, use, func(n *model.AuditEvent, c string) *model.AuditEventEdge {
			return &model.AuditEventEdge{Node: n, Cursor: c}
		}),
	}
}

// event binds an event in table e.
func (q *query) event(e *sql.SelectTable, sh *shape.Shape) func() *model.AuditEvent {
	if sh == nil {
		return nil
	}
	var m model.AuditEvent
	var changes string
	q.col(&m.ID, e.C("id"))
	q.want(sh, "at", &m.At, e, "at")
	q.want(sh, "actorName", &m.ActorName, e, "actor_name")
	q.want(sh, "action", &m.Action, e, "action")
	q.col(&m.SubjectID, e.C("subject_id"))
	q.want(sh, "changes", &changes, e, "changes")
	q.want(sh, "requestId", &m.RequestID, e, "request_id")
	actor := q.maybeUser(sh, "actor", e.C("actor_id"))
	return func() *model.AuditEvent {
		c := m
		c.Actor, c.Changes = actor(), auditChanges(changes)
		return &c
	}
}

// auditChanges reads what the trail has stored.
func auditChanges(stored string) []*model.AuditChange {
	var list []audit.Change
	if json.Unmarshal([]byte(stored), &list) != nil { // not asked for
		return nil
	}
	changes := make([]*model.AuditChange, len(list))
	for i, c := range list {
		changes[i] = &model.AuditChange{Field: c.Field, From: c.From, To: c.To}
	}
	return changes
}

// fillEvents loads what hangs below the events; their subjects kind by kind.
func (l *loader) fillEvents(ctx context.Context, events []*model.AuditEvent, sh *shape.Shape) error {
	if sh == nil || len(events) == 0 {
		return nil
	}
	if sh.Has("tenant") {
		t, err := l.tenant(ctx, sh.Sub("tenant", "Tenant"))
		if err != nil {
			return err
		}
		for _, e := range events {
			e.Tenant = t
		}
	}
	for _, use := range sh.Uses("subject") {
		ids, groups := byID(events, func(e *model.AuditEvent) string { return e.SubjectID })
		nodes, err := l.nodes(ctx, ids, use.Of)
		if err != nil {
			return err
		}
		for id, n := range nodes {
			for _, e := range groups[id] {
				e.Subject = n
			}
		}
	}
	return below(ctx, l.fillUsers, events, func(e *model.AuditEvent) *model.User { return e.Actor }, sh.Sub("actor", "User"))
}

// eventsByID loads the events that exist.
func (l *loader) eventsByID(ctx context.Context, ids []string, sh *shape.Shape) ([]*model.AuditEvent, error) {
	sel, e := l.r.FromKeys("audit_events", "e", "id", ids)
	q := l.query(sel)
	take := q.event(e, sh)
	var found []*model.AuditEvent
	if err := q.each(ctx, func() { found = append(found, take()) }); err != nil {
		return nil, err
	}
	return found, l.fillEvents(ctx, found, sh)
}
