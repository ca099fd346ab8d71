package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/money"
)

// ProductTotal is a part of what a tenant's purchases of a product add up to, by all that totals are asked by. The
// database keeps it by triggers on purchases, whoever writes them. Rows of the same key are to be added up: on
// PostgreSQL a writer takes any that nobody else holds, or a new one, so that totals let nobody wait. One of several may
// therefore be below zero; their sum is not.
type ProductTotal struct{ ent.Schema }

// Mixin of the table.
func (ProductTotal) Mixin() []ent.Mixin { return []ent.Mixin{owned{}} }

// Fields of the table.
func (ProductTotal) Fields() []ent.Field {
	return []ent.Field{
		field.String("product_key").Annotations(ordered).Comment("the product's name_key"),
		field.String("product_id").Annotations(ordered),
		field.String("source").Annotations(ordered),
		field.String("status").Annotations(ordered),
		field.String("currency").Annotations(ordered),
		field.String("billing_term").Annotations(ordered),
		field.Int("purchases").Default(0),
		field.Int("quantity").Default(0),
		field.Int("assigned").Default(0),
		field.Int("reserved").Default(0),
		field.Int64("spend").GoType(money.Amount(0)).Default(0).Comment("what the ACTIVE ones that are paid for and renew cost a billing term"),
	}
}

// Indexes of the table: without the totals, so that a change of these changes no index.
func (ProductTotal) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "product_key", "product_id", "source", "status", "currency", "billing_term").StorageKey("product_total_key")}
}

// Annotations of the table.
func (ProductTotal) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"product_total_source":       oneOf("source", "SELF_SERVICE", "CENTRAL"),
		"product_total_status":       oneOf("status", "ACTIVE", "EXPIRED", "DISABLED", "DELETED"),
		"product_total_billing_term": oneOf("billing_term", "MONTHLY", "ANNUAL", "TRIENNIAL"),
	})}
}
