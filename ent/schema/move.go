package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
)

// Move is the durable operation that moves the users of one purchase to another. The row is both
// its record and the lease by which one worker at a time works on it.
type Move struct{ ent.Schema }

// Mixin of the table.
func (Move) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (Move) Fields() []ent.Field {
	return []ent.Field{
		field.String("source_id").Immutable().Annotations(ordered),
		field.String("target_id").Immutable().Annotations(ordered),
		field.String("status").Annotations(ordered),
		field.Bool("subset").Default(false).Immutable().Comment("only the users that move_users named when it was requested"),
		field.Int("total").Comment("users to move when it was requested"),
		field.Int("moved").Default(0),
		field.Int("already_licensed").Default(0),
		field.Int("gone").Default(0),
		field.Int("reserved").Comment("seats of the target that it still holds"),
		field.Int("sequence").Default(0).Comment("grows with every change that followers see"),
		field.String("requested_by").Optional().Nillable().Immutable().Annotations(ordered),
		field.String("requested_by_name").Immutable().Annotations(ordered),
		field.String("request_id").Default("").Immutable().Annotations(ordered),
		field.Int64("requested_at").GoType(instant.Milli(0)).Immutable(),
		field.Int64("started_at").GoType(instant.Milli(0)).Optional().Nillable(),
		field.Int64("changed_at").GoType(instant.Milli(0)),
		field.Int64("finished_at").GoType(instant.Milli(0)).Optional().Nillable(),
		field.String("failure").Optional().Nillable().Annotations(ordered),
		field.String("failure_message").Optional().Nillable().Annotations(ordered),
		field.String("lease_owner").Default("").Annotations(ordered),
		field.Int64("lease_until").GoType(instant.Milli(0)).Default(0),
		field.Int("fence").Default(0).Comment("counts the leases: who holds an older one has lost it"),
	}
}

// Edges of the table.
func (Move) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("source", Purchase.Type).Field("source_id").Unique().Required().Immutable(),
		edge.To("target", Purchase.Type).Field("target_id").Unique().Required().Immutable(),
		edge.To("requester", User.Type).Field("requested_by").Unique().Immutable(),
		edge.From("move_users", MoveUser.Type).Ref("move"),
	}
}

// Indexes of the table.
func (Move) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "id"),
		index.Fields("tenant_id", "status", "id"),
		index.Fields("source_id", "id"),
		index.Fields("target_id", "id"),
		// a purchase can be emptied by one move at a time
		index.Fields("source_id").Unique().Annotations(entsql.IndexWhere("finished_at IS NULL")),
		// to ask whether users are being moved to a purchase, which may have received many before
		index.Fields("target_id").Annotations(entsql.IndexWhere("finished_at IS NULL")),
		index.Fields("lease_until").Annotations(entsql.IndexWhere("finished_at IS NULL")),
	}
}

// Annotations of the table.
func (Move) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"move_status": oneOf("status", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"),
		"move_counts": "moved >= 0 AND already_licensed >= 0 AND gone >= 0 AND reserved >= 0 AND moved + already_licensed + gone <= total",
		"move_ends":   "source_id <> target_id",
		"move_open":   "finished_at IS NULL AND status IN ('QUEUED', 'RUNNING') OR finished_at IS NOT NULL AND status NOT IN ('QUEUED', 'RUNNING')",
	})}
}
