package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"purser/internal/instant"
)

// BootstrapLink is the one link with which a database without tenants gets its first. There is at most one
// row; it belongs to no tenant, since there is none.
type BootstrapLink struct{ ent.Schema }

// Mixin of the table.
func (BootstrapLink) Mixin() []ent.Mixin { return []ent.Mixin{key{}} }

// Fields of the table.
func (BootstrapLink) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("hash").Comment("SHA-256 of the secret"),
		field.Int64("expires_at").GoType(instant.Milli(0)),
	}
}
