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

// Notification is a mail to a person, queued in the transaction of what it tells of.
type Notification struct{ ent.Schema }

// Mixin of the table.
func (Notification) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (Notification) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").Immutable().Annotations(ordered),
		field.String("to_id").Immutable().Annotations(ordered),
		field.String("locale").Immutable().Annotations(ordered),
		field.String("subject").Immutable().Annotations(ordered),
		field.Text("body").Immutable().Annotations(ordered).Comment("the text part"),
		field.Text("html").Default("").Immutable().Annotations(ordered).Comment("the HTML part; \"\" where there is none"),
		field.String("status").Annotations(ordered),
		field.Int("attempts").Default(0),
		field.Int64("due_at").GoType(instant.Milli(0)).Default(0).Comment("while QUEUED: when to try next, or until when a sender has it"),
		field.Int64("queued_at").GoType(instant.Milli(0)).Immutable(),
		field.Int64("sent_at").GoType(instant.Milli(0)).Optional().Nillable(),
		field.String("last_error").Optional().Nillable().Annotations(ordered),
	}
}

// Edges of the table.
func (Notification) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("to", User.Type).Field("to_id").Unique().Required().Immutable(),
		edge.To("purchases", Purchase.Type).Through("notification_purchases", NotificationPurchase.Type),
	}
}

// Indexes of the table.
func (Notification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "id"),
		index.Fields("tenant_id", "kind", "id"),
		index.Fields("due_at").Annotations(entsql.IndexWhere("status = 'QUEUED'")),
	}
}

// Annotations of the table.
func (Notification) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"notification_subject": oneOf("kind", "SUBSCRIPTION_CANCELED", "OWNERSHIP_TAKEN", "CANCELLATION_REQUESTED",
			"SELF_SERVICE_PURCHASED", "LICENSE_REQUESTED", "LICENSE_REQUEST_DECIDED", "EXPIRY_NOTICE"),
		"notification_status": oneOf("status", "QUEUED", "SENT", "FAILED"),
	})}
}
