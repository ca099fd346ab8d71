package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Tenant is an organization. It is the wall's own table, and not behind it.
type Tenant struct{ ent.Schema }

// Mixin of the table.
func (Tenant) Mixin() []ent.Mixin { return []ent.Mixin{key{}} }

// Fields of the table.
func (Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Annotations(ordered),
		field.String("name_key").Annotations(ordered).Comment("orders tenants by name, see package fold"),
		field.String("search_key").Annotations(ordered).Comment("name and domain, folded"),
		field.String("domain").Annotations(ordered).Comment("lower case"),
		field.String("external_id").Optional().Nillable().Annotations(ordered),
		field.String("cloud").Annotations(ordered),
		field.String("segment").Annotations(ordered),
		field.String("country").Annotations(ordered),
		field.String("locale").Annotations(ordered),
		field.String("default_policy").Default("ENABLED").Annotations(ordered),
	}
}

// Indexes of the table.
func (Tenant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("domain").Unique(),
		index.Fields("external_id").Unique(),
		index.Fields("name_key", "id"),
	}
}

// Annotations of the table.
func (Tenant) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"tenant_cloud":          oneOf("cloud", "WORLDWIDE", "GERMANY", "CHINA_21VIANET"),
		"tenant_segment":        oneOf("segment", "COMMERCIAL", "NONPROFIT", "GOVERNMENT", "EDUCATION"),
		"tenant_default_policy": oneOf("default_policy", "ENABLED", "TRIALS_ONLY", "DISABLED"),
	})}
}
