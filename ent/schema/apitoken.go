package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
	"purser/internal/viewer"
)

// APIToken is a credential. Of the secret only the hash is kept.
type APIToken struct{ ent.Schema }

// Mixin of the table.
func (APIToken) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (APIToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Immutable().Annotations(ordered),
		field.String("user_id").Optional().Nillable().Immutable().Annotations(ordered).Comment("null: a service credential, which has roles of its own"),
		field.Uint8("roles").GoType(viewer.Roles(0)).Immutable(),
		field.Bytes("hash").Immutable().Comment("SHA-256 of the secret"),
		field.String("prefix").Immutable().Annotations(ordered).Comment("the first characters of the secret, to tell tokens apart"),
		field.Int64("created_at").GoType(instant.Milli(0)).Immutable(),
		field.Int64("expires_at").GoType(instant.Milli(0)).Immutable(),
		field.String("created_by").Optional().Nillable().Immutable().Annotations(ordered).Comment("null: a service credential, or the command line"),
		field.Int64("last_used_at").Optional().Nillable().GoType(instant.Milli(0)).Comment("up to a minute late"),
		field.Int64("revoked_at").Optional().Nillable().GoType(instant.Milli(0)),
	}
}

// Edges of the table.
func (APIToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Field("user_id").Unique().Immutable(),
		edge.To("creator", User.Type).Field("created_by").Unique().Immutable(),
	}
}

// Indexes of the table.
func (APIToken) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("hash").Unique(),
		index.Fields("tenant_id", "id").Annotations(entsql.IndexWhere("revoked_at IS NULL")),
	}
}
