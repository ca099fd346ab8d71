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

// LicenseRequest is a user's wish that people get licenses of a product which they may not buy themselves.
type LicenseRequest struct{ ent.Schema }

// Mixin of the table.
func (LicenseRequest) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (LicenseRequest) Fields() []ent.Field {
	return []ent.Field{
		field.String("product_id").Immutable().Annotations(ordered),
		field.String("requested_by").Immutable().Annotations(ordered),
		field.Int64("requested_at").GoType(instant.Milli(0)).Immutable(),
		field.Text("message").Optional().Nillable().Immutable().Annotations(ordered),
		field.String("status").Annotations(ordered),
		field.String("decided_by").Optional().Nillable().Annotations(ordered).Comment("who decided last"),
		field.Int64("decided_at").GoType(instant.Milli(0)).Optional().Nillable(),
		field.Text("reply").Optional().Nillable().Annotations(ordered),
	}
}

// Edges of the table.
func (LicenseRequest) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Field("product_id").Unique().Required().Immutable(),
		edge.To("requester", User.Type).Field("requested_by").Unique().Required().Immutable(),
		edge.To("decider", User.Type).Field("decided_by").Unique(),
		edge.To("users", User.Type).Through("license_request_users", LicenseRequestUser.Type),
	}
}

// Indexes of the table.
func (LicenseRequest) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "id"),
		index.Fields("tenant_id", "status", "id"),
		index.Fields("tenant_id", "requested_by", "id"),
	}
}

// Annotations of the table.
func (LicenseRequest) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"license_request_status":  oneOf("status", "PENDING", "COMPLETED"),
		"license_request_decided": "status <> 'COMPLETED' OR decided_at IS NOT NULL",
	})}
}
