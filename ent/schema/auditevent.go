package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
)

// AuditEvent says who did what, to which thing, when, from what to what. It is never changed.
type AuditEvent struct{ ent.Schema }

// Mixin of the table.
func (AuditEvent) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (AuditEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("at").GoType(instant.Milli(0)).Immutable(),
		field.String("actor_id").Optional().Nillable().Immutable().Annotations(ordered),
		field.String("actor_name").Immutable().Annotations(ordered),
		field.String("action").Immutable().Annotations(ordered),
		field.String("subject_id").Immutable().Annotations(ordered),
		field.Text("changes").Immutable().Annotations(ordered).Comment("JSON: [[field, from, to], …]"),
		field.String("request_id").Optional().Nillable().Immutable().Annotations(ordered),
	}
}

// Edges of the table.
func (AuditEvent) Edges() []ent.Edge {
	return []ent.Edge{edge.To("actor", User.Type).Field("actor_id").Unique().Immutable()}
}

// Indexes of the table.
func (AuditEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "id"),
		index.Fields("tenant_id", "subject_id", "id"),
		index.Fields("tenant_id", "actor_id", "id"),
		index.Fields("tenant_id", "action", "id"),
	}
}
