package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// LicenseRequestUser is one user whom a license is requested for.
type LicenseRequestUser struct{ ent.Schema }

// Mixin of the table.
func (LicenseRequestUser) Mixin() []ent.Mixin { return []ent.Mixin{owned{}} }

// Fields of the table.
func (LicenseRequestUser) Fields() []ent.Field {
	return []ent.Field{
		field.String("request_id").Annotations(ordered),
		field.String("user_id").Annotations(ordered),
		field.String("decision").Annotations(ordered),
	}
}

// Edges of the table.
func (LicenseRequestUser) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("request", LicenseRequest.Type).Field("request_id").Unique().Required(),
		edge.To("user", User.Type).Field("user_id").Unique().Required(),
	}
}

// Annotations of the table.
func (LicenseRequestUser) Annotations() []schema.Annotation {
	return []schema.Annotation{
		field.ID("request_id", "user_id"),
		entsql.Checks(map[string]string{
			"license_request_decision": oneOf("decision", "PENDING", "APPROVED", "REJECTED"),
		}),
	}
}
