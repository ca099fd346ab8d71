package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/instant"
)

// IdempotencyKey is the answer to a mutation that its caller may send again: it is written in the
// transaction of what the mutation did. Its id is made of the credential's id and the caller's key.
type IdempotencyKey struct{ ent.Schema }

// Mixin of the table.
func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("input_hash").Immutable().Comment("SHA-256 of the mutation, its input and what it asks for"),
		field.Text("answer").Immutable().Annotations(ordered).Comment("the value of the root field, JSON; encrypted, in base 64"),
		field.Int64("expires_at").GoType(instant.Milli(0)).Immutable(),
	}
}

// Indexes of the table.
func (IdempotencyKey) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }
