package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ProductTotal is a part of what a tenant's purchases of a product that users can work on, ACTIVE and EXPIRED, add up to,
// by source. The database keeps it by triggers on purchases, whoever writes them. Rows of the same key are to be added up:
// on PostgreSQL a writer takes any that nobody else holds, or a new one, so that totals let nobody wait. One of
// several may therefore be below zero; their sum is not.
type ProductTotal struct{ ent.Schema }

// Mixin of the table.
func (ProductTotal) Mixin() []ent.Mixin { return []ent.Mixin{owned{}} }

// Fields of the table.
func (ProductTotal) Fields() []ent.Field {
	return []ent.Field{
		field.String("product_key").Annotations(ordered).Comment("the product's name_key"),
		field.String("product_id").Annotations(ordered),
		field.String("source").Annotations(ordered),
		field.Int("purchases").Default(0),
		field.Int("quantity").Default(0),
		field.Int("assigned").Default(0),
		field.Int("reserved").Default(0),
	}
}

// Indexes of the table: without the totals, so that a change of these changes no index.
func (ProductTotal) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "product_key", "product_id", "source")}
}

// Annotations of the table.
func (ProductTotal) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{"product_total_source": oneOf("source", "SELF_SERVICE", "CENTRAL")})}
}
