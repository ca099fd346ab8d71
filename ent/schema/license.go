package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
)

// License is one seat of a purchase, held by one user.
type License struct{ ent.Schema }

// Mixin of the table.
func (License) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (License) Fields() []ent.Field {
	return []ent.Field{
		field.String("purchase_id").Annotations(ordered),
		field.String("user_id").Immutable().Annotations(ordered),
		field.Int64("assigned_at").GoType(instant.Milli(0)),
		field.String("assigned_by").Optional().Nillable().Annotations(ordered),
	}
}

// Edges of the table.
func (License) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("purchase", Purchase.Type).Field("purchase_id").Unique().Required(),
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
		edge.To("assigner", User.Type).Field("assigned_by").Unique(),
	}
}

// Indexes of the table.
func (License) Indexes() []ent.Index {
	return []ent.Index{
		// the user first: a license that is moved to another purchase stays where it is in this index. Not on SQLite, where
		// triggers see to it that nobody holds two licenses of a purchase, see schemadiff
		index.Fields("user_id", "purchase_id").Unique(),
		index.Fields("purchase_id", "id"),
		index.Fields("user_id", "id"),
	}
}
