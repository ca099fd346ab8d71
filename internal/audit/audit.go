// Package audit records who did what, to which thing, when, from what to what.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Change is one field's old and new value; nil where there was or is none.
type Change struct {
	Field    string
	From, To *string
}

// Changed is a change from one value to another; "" stands for none.
func Changed(field, from, to string) Change {
	return Change{Field: field, From: optional(from), To: optional(to)}
}

// ChangedInt is a change of a number.
func ChangedInt(field string, from, to int) Change {
	return Changed(field, fmt.Sprint(from), fmt.Sprint(to))
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stored is a change the short way it is stored: [field, from, to].
type stored [3]*string

func (c *Change) stored() stored { return stored{&c.Field, c.From, c.To} }

// MarshalJSON writes the change as it is stored.
func (c Change) MarshalJSON() ([]byte, error) { return json.Marshal(c.stored()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Change) UnmarshalJSON(b []byte) error {
	parts := []any{&c.Field, &c.From, &c.To}
	return json.Unmarshal(b, &parts)
}

// Event is what happened to one thing.
type Event struct {
	Action  Action
	Subject string // the thing's id
	Changes []Change
}

// Trail records events.
type Trail struct {
	ids *id.Source
	now func() time.Time
}

// New returns a trail.
func New(ids *id.Source, now func() time.Time) *Trail { return &Trail{ids: ids, now: now} }

// perStatement is how many events one statement adds.
const perStatement = 500

const columns = 9 // of an event

// Record adds the events to the transaction of what they tell of. The viewer in the context is the actor.
func (t *Trail) Record(ctx context.Context, tx *store.Tx, events ...Event) error {
	statements, err := t.Statements(ctx, events...)
	if err != nil {
		return err
	}
	if err := tx.Together(ctx, statements...); err != nil {
		return fmt.Errorf("record %s: %w", events[0].Action, err)
	}
	return nil
}

// Statements are what Record runs, some hundred events each. They are not made by ent: that takes longer than the database.
func (t *Trail) Statements(ctx context.Context, events ...Event) ([]store.Statement, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "an event without an actor")
	}
	at, actor, request := instant.From(t.now()), v.Actor(), optional(RequestID(ctx))
	var statements []store.Statement
	for some := range slices.Chunk(events, perStatement) {
		args := make([]any, 0, len(some)*columns)
		for _, e := range some {
			changes, err := encode(e.Changes)
			if err != nil {
				return nil, fmt.Errorf("record %s: %w", e.Action, err)
			}
			args = append(args, t.ids.New(id.AuditEvent), v.Tenant, at, actor, v.Name, string(e.Action), e.Subject, changes, request)
		}
		statements = append(statements, store.Statement{SQL: `INSERT INTO audit_events (id, tenant_id, at, actor_id, actor_name, action, subject_id, changes, request_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)` + strings.Repeat(", (?, ?, ?, ?, ?, ?, ?, ?, ?)", len(some)-1), Args: args})
	}
	return statements, nil
}

// encode writes changes as they are stored, at once: to ask each of them takes four times as long.
func encode(changes []Change) (string, error) {
	if changes == nil {
		return "null", nil
	}
	list := make([]stored, len(changes))
	for i := range changes {
		list[i] = changes[i].stored()
	}
	b, err := json.Marshal(list)
	return string(b), err
}

type requestKey struct{}

// WithRequestID returns a context in which everything is done for the request with this id.
func WithRequestID(ctx context.Context, requestID string) context.Context {
	return context.WithValue(ctx, requestKey{}, requestID)
}

// RequestID returns the id of the request that is being served; "" outside of one.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestKey{}).(string)
	return s
}
