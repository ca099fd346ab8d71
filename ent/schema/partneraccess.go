package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
	"purser/internal/viewer"
)

// PartnerAccess lets the users of a partner tenant act in the tenant that owns the row.
type PartnerAccess struct{ ent.Schema }

// Mixin of the table.
func (PartnerAccess) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (PartnerAccess) Fields() []ent.Field {
	return []ent.Field{
		field.String("partner_domain").Immutable().Annotations(ordered).Comment("not looked up: a grant says nothing about which tenants exist"),
		field.Uint8("roles").GoType(viewer.Roles(0)),
		field.Int64("expires_at").GoType(instant.Milli(0)),
		field.Int64("granted_at").GoType(instant.Milli(0)),
		field.String("granted_by").Optional().Nillable().Annotations(ordered),
		field.Int64("revoked_at").Optional().Nillable().GoType(instant.Milli(0)).Comment("null again when it is granted anew"),
	}
}

// Edges of the table.
func (PartnerAccess) Edges() []ent.Edge {
	return []ent.Edge{edge.To("granter", User.Type).Field("granted_by").Unique()}
}

// Indexes of the table.
func (PartnerAccess) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "partner_domain").Unique(),
		index.Fields("partner_domain"),
	}
}
