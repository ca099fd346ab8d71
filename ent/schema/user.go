package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"purser/internal/viewer"
)

// User is a person in a tenant's directory.
type User struct{ ent.Schema }

// Mixin of the table.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{key{}, owned{}} }

// Fields of the table.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("display_name").Annotations(ordered),
		field.String("name_key").Annotations(ordered).Comment("orders users by name, see package fold"),
		field.String("search_key").Annotations(ordered).Comment("display name, sign-in name and mail, folded"),
		field.String("user_principal_name").Annotations(ordered),
		field.String("upn_key").Annotations(ordered).Comment("the sign-in name, folded"),
		field.String("mail").Optional().Nillable().Annotations(ordered),
		field.String("department").Optional().Nillable().Annotations(ordered),
		field.String("locale").Annotations(ordered),
		field.String("kind").Annotations(ordered),
		field.Bool("account_enabled"),
		field.Bool("removed").Default(false).Comment("has left; the row stays because history names it"),
		field.Uint8("roles").GoType(viewer.Roles(0)).Comment("admin roles; MEMBER goes without saying"),
	}
}

// Edges of the table.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("license_requests", LicenseRequest.Type).Ref("users").Through("license_request_users", LicenseRequestUser.Type),
	}
}

// Indexes of the table.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "upn_key").Unique(),
		index.Fields("tenant_id", "name_key", "id"),
		// the administrators, who are few, get mail
		index.Fields("tenant_id", "id").StorageKey("user_admins").Annotations(entsql.IndexWhere("roles <> 0")),
		// whoever moves people's licenses looks for those who have left, who are few
		index.Fields("tenant_id", "id").Annotations(entsql.IndexWhere("removed")),
		// what those bought who have left or are blocked, who are few, is orphaned
		index.Fields("tenant_id", "name_key", "id").StorageKey("user_absent").Annotations(entsql.IndexWhere("removed OR NOT account_enabled")),
	}
}

// Annotations of the table.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"user_kind": oneOf("kind", "MEMBER", "GUEST"),
	})}
}
