package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// NotificationPurchase says which purchases a notification speaks of.
type NotificationPurchase struct{ ent.Schema }

// Mixin of the table.
func (NotificationPurchase) Mixin() []ent.Mixin { return []ent.Mixin{owned{}} }

// Fields of the table.
func (NotificationPurchase) Fields() []ent.Field {
	return []ent.Field{
		field.String("notification_id").Annotations(ordered),
		field.String("purchase_id").Annotations(ordered),
	}
}

// Edges of the table.
func (NotificationPurchase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("notification", Notification.Type).Field("notification_id").Unique().Required(),
		edge.To("purchase", Purchase.Type).Field("purchase_id").Unique().Required(),
	}
}

// Indexes of the table.
func (NotificationPurchase) Indexes() []ent.Index {
	return []ent.Index{index.Fields("purchase_id", "notification_id")}
}

// Annotations of the table.
func (NotificationPurchase) Annotations() []schema.Annotation {
	return []schema.Annotation{field.ID("notification_id", "purchase_id")}
}
