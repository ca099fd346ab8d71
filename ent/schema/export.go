package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
)

// Export is a file to be read through a secret link: what was asked for, not its content.
type Export struct{ ent.Schema }

// Mixin of the table.
func (Export) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (Export) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("secret_hash").Immutable().Comment("SHA-256 of the link's secret"),
		field.String("file_name").Immutable().Annotations(ordered),
		field.Text("purchase_ids").Immutable().Default("").Annotations(ordered).Comment("parted by spaces; empty: by product"),
		field.String("product_id").Optional().Nillable().Immutable().Annotations(ordered),
		field.String("source").Optional().Nillable().Immutable().Annotations(ordered),
		field.Int64("expires_at").GoType(instant.Milli(0)).Immutable(),
	}
}

// Indexes of the table.
func (Export) Indexes() []ent.Index { return []ent.Index{index.Fields("tenant_id", "expires_at")} }
