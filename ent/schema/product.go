package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/money"
)

// Product is something that can be bought. The catalogue is shared by all tenants.
type Product struct{ ent.Schema }

// Mixin of the table.
func (Product) Mixin() []ent.Mixin { return []ent.Mixin{key{}} }

// Fields of the table.
func (Product) Fields() []ent.Field {
	return []ent.Field{
		field.String("vendor_product_id").Annotations(ordered),
		field.String("former_ids").Default("").Annotations(ordered).Comment("vendor ids it carried before, parted by spaces"),
		field.String("name").Annotations(ordered),
		field.String("name_key").Annotations(ordered),
		field.String("search_key").Annotations(ordered).Comment("name, family and vendor ids, folded"),
		field.String("family").Annotations(ordered),
		field.String("family_key").Annotations(ordered),
		field.String("kind").Annotations(ordered),
		field.Bool("self_service_eligible"),
		field.Bool("trial_without_payment_method"),
		field.Int("trial_days"),
		field.Int64("list_price").GoType(money.Amount(0)).Optional().Nillable().Comment("US dollars a seat and month"),
		field.String("excluded_countries").Default("").Annotations(ordered).Comment("two-letter codes, parted by spaces"),
	}
}

// Indexes of the table.
func (Product) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("vendor_product_id").Unique(),
		index.Fields("name_key", "id"),
		index.Fields("family_key", "id"),
	}
}

// Annotations of the table.
func (Product) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"product_kind":       oneOf("kind", "PRODUCT", "OFFER_TYPE"),
		"product_trial_days": "trial_days >= 0",
		"product_list_price": "list_price >= 0",
	})}
}
