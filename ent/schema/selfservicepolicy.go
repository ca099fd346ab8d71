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

// SelfServicePolicy is what a tenant has set for one product. Its id is composed of the two: one row at most.
type SelfServicePolicy struct{ ent.Schema }

// Mixin of the table.
func (SelfServicePolicy) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (SelfServicePolicy) Fields() []ent.Field {
	return []ent.Field{
		field.String("product_id").Immutable().Annotations(ordered),
		field.String("value").Annotations(ordered),
		field.Int64("changed_at").GoType(instant.Milli(0)),
		field.String("changed_by").Optional().Nillable().Annotations(ordered),
	}
}

// Edges of the table.
func (SelfServicePolicy) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Field("product_id").Unique().Required().Immutable(),
		edge.To("changer", User.Type).Field("changed_by").Unique(),
	}
}

// Indexes of the table.
func (SelfServicePolicy) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "product_id").Unique()}
}

// Annotations of the table.
func (SelfServicePolicy) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"policy_value": oneOf("value", "ENABLED", "TRIALS_ONLY", "DISABLED"),
	})}
}
