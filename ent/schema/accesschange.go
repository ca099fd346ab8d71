package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// AccessChange counts how often it has changed what credentials mean in a tenant, whose id is the row's. Processes
// that cannot hear each other see by it that they have to ask again who their callers are.
type AccessChange struct{ ent.Schema }

// Mixin of the table.
func (AccessChange) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (AccessChange) Fields() []ent.Field { return []ent.Field{field.Int("count")} }
