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

// MoveUser is what became of one user in a move; of a subset also who is still to be moved.
type MoveUser struct{ ent.Schema }

// Mixin of the table.
func (MoveUser) Mixin() []ent.Mixin { return []ent.Mixin{owned{}} }

// Fields of the table.
func (MoveUser) Fields() []ent.Field {
	return []ent.Field{
		field.String("move_id").Annotations(ordered),
		field.String("license_id").Annotations(ordered).Comment("the license of the source by which the user came to be moved; it may be gone"),
		field.String("user_id").Annotations(ordered),
		field.String("result").Annotations(ordered),
		field.Int64("at").GoType(instant.Milli(0)).Optional().Nillable().Comment("not while it is PENDING"),
	}
}

// Edges of the table.
func (MoveUser) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("move", Move.Type).Field("move_id").Unique().Required(),
		edge.To("user", User.Type).Field("user_id").Unique().Required(),
	}
}

// Indexes of the table.
func (MoveUser) Indexes() []ent.Index {
	return []ent.Index{
		// in the order in which the worker comes to them: what it records goes to the end
		index.Fields("move_id", "license_id").Unique(),
		// most were moved: those are found by walking the other one, and cost no second entry
		index.Fields("move_id", "result", "license_id").Annotations(entsql.IndexWhere("result <> 'MOVED'")),
	}
}

// Annotations of the table.
func (MoveUser) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Checks(map[string]string{
			// not by IN: for more than two, SQLite makes a table of them for each row that it checks
			"move_user_result": "result = 'PENDING' OR result = 'MOVED' OR result = 'ALREADY_LICENSED' OR result = 'GONE'",
			"move_user_at":     "at IS NULL AND result = 'PENDING' OR at IS NOT NULL AND result <> 'PENDING'",
		}),
	}
}
