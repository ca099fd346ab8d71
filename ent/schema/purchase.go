package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
	"purser/internal/money"
)

// Purchase is one subscription bought for a tenant.
type Purchase struct{ ent.Schema }

// Mixin of the table.
func (Purchase) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (Purchase) Fields() []ent.Field {
	return []ent.Field{
		field.String("ref").Optional().Nillable().Immutable().Annotations(ordered).Comment("its name in an import"),
		field.String("product_id").Immutable().Annotations(ordered),
		field.String("purchaser_id").Optional().Nillable().Annotations(ordered),
		field.String("source").Annotations(ordered),
		field.String("kind").Annotations(ordered),
		field.String("status").Annotations(ordered),
		field.Int("quantity"),
		field.Int("assigned").Default(0).Comment("the number of its licenses"),
		field.Int("reserved").Default(0).Comment("seats held for moves to it"),
		field.Int64("unit_price").GoType(money.Amount(0)).Comment("a seat and billing term"),
		field.String("currency").Annotations(ordered),
		field.String("billing_term").Annotations(ordered),
		field.Bool("recurring_billing"),
		field.Int64("purchased_at").GoType(instant.Milli(0)),
		field.Int64("expires_at").GoType(instant.Milli(0)),
		field.Int64("term_anchor").GoType(instant.Milli(0)).Default(0).Comment("when the first of the terms began that follow on one another; they end on its day"),
		field.String("active_move_id").Optional().Nillable().Annotations(ordered).Comment("the move that empties it; while set it is frozen"),
		field.String("tried_by").Optional().Nillable().Immutable().Annotations(ordered).Comment("who began it as a trial, whatever it is and whoever has it now"),
		field.Int64("due_at").GoType(instant.Milli(0)).Default(0).Comment("when the life-cycle sweeper looks at it next: at the latest when its status changes"),
		field.Int("noticed").Default(0).Comment("the last expiry notice of this term, in days before its end; 0: none"),
		field.Int64("ownership_taken_at").GoType(instant.Milli(0)).Optional().Nillable().Comment("when the organization took it from its purchaser"),
		field.Bool("releasing").Default(false).Comment("DELETED, with licenses still to be cleared away"),
		field.Int64("canceled_at").GoType(instant.Milli(0)).Optional().Nillable(),
		field.String("canceled_by").Optional().Nillable().Annotations(ordered),
		field.String("cancellation_reason").Optional().Nillable().Annotations(ordered),
		field.String("cancellation_feedback").Optional().Nillable().Annotations(ordered),
		field.String("cancellation_cause").Optional().Nillable().Annotations(ordered),
		field.String("product_key").Annotations(ordered).Comment("the product's name_key"),
		field.String("purchaser_key").Default("").Annotations(ordered).Comment("the purchaser's name_key"),
		field.String("search_key").Annotations(ordered).Comment("the product's name, and the purchaser's names and mail, folded"),
	}
}

// Edges of the table.
func (Purchase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Field("product_id").Unique().Required().Immutable(),
		edge.To("purchaser", User.Type).Field("purchaser_id").Unique(),
		edge.To("canceler", User.Type).Field("canceled_by").Unique(),
		edge.From("notifications", Notification.Type).Ref("purchases").Through("notification_purchases", NotificationPurchase.Type),
	}
}

// Indexes of the table: one for every order, and for every narrowing that is often asked for.
func (Purchase) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "ref").Unique(),
		index.Fields("tenant_id", "purchased_at", "id"),
		index.Fields("tenant_id", "expires_at", "id"),
		index.Fields("tenant_id", "product_key", "id"),
		index.Fields("tenant_id", "purchaser_key", "id"),
		index.Fields("tenant_id", "quantity", "id"),
		index.Fields("tenant_id", "assigned", "id"),
		index.Fields("tenant_id", "source", "purchased_at", "id"),
		index.Fields("tenant_id", "status", "purchased_at", "id"),
		index.Fields("tenant_id", "product_id", "purchased_at", "id"),
		index.Fields("tenant_id", "purchaser_id", "purchased_at", "id"),
		// what is summed by purchaser, with all that the sums need; what is summed by product is in ProductTotal
		index.Fields("tenant_id", "source", "purchaser_key", "purchaser_id", "status", "product_id", "quantity", "assigned", "reserved").
			StorageKey("purchase_by_purchaser"),
		index.Fields("tenant_id", "purchaser_key", "purchaser_id"), // who bought, of every source
		index.Fields("due_at").Annotations(entsql.IndexWhere("status <> 'DELETED'")),
		// what ends soon is counted, with all that the count needs
		index.Fields("tenant_id", "expires_at", "status", "recurring_billing").StorageKey("purchase_ending_soon").Annotations(entsql.IndexWhere("status = 'ACTIVE' AND NOT recurring_billing")),
		// a user tries a product once
		index.Fields("tried_by", "product_id").Annotations(entsql.IndexWhere("tried_by IS NOT NULL")),
		index.Fields("releasing").Annotations(entsql.IndexWhere("releasing")),
	}
}

// Annotations of the table.
func (Purchase) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"purchase_source":       oneOf("source", "SELF_SERVICE", "CENTRAL"),
		"purchase_kind":         oneOf("kind", "PAID", "TRIAL_WITH_PAYMENT_METHOD", "TRIAL_WITHOUT_PAYMENT_METHOD"),
		"purchase_status":       oneOf("status", "ACTIVE", "EXPIRED", "DISABLED", "DELETED"),
		"purchase_billing_term": oneOf("billing_term", "MONTHLY", "ANNUAL", "TRIENNIAL"),
		"purchase_cause":        oneOf("cancellation_cause", "PURCHASER", "ADMIN_TAKE_OVER_CANCEL", "ADMIN_TAKE_OVER_MOVE", "ADMIN_CENTRAL"),
		"purchase_reason": oneOf("cancellation_reason", "NO_LONGER_NEEDED", "TOO_EXPENSIVE", "MISSING_FEATURES", "QUALITY_PROBLEMS",
			"SWITCHED_PRODUCT", "CENTRALIZED", "BOUGHT_BY_MISTAKE", "POLICY", "OTHER"),
		"purchase_purchaser": "source = 'CENTRAL' OR purchaser_id IS NOT NULL",
		"purchase_seats":     "quantity >= 1 AND assigned >= 0 AND reserved >= 0 AND assigned + reserved <= quantity",
		"purchase_price":     "unit_price >= 0",
	})}
}
