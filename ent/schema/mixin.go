package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"purser/ent/intercept"
	"purser/internal/fault"
	"purser/internal/viewer"
)

// key is the text primary key of a table, see package id.
type key struct{ mixin.Schema }

// Fields of the mixin.
func (key) Fields() []ent.Field {
	return []ent.Field{field.String("id").Immutable().Annotations(ordered)}
}

// owned is the tenant wall: every row of the table belongs to one tenant, every query and every
// mutation is narrowed to the viewer's, and without a viewer both are refused.
type owned struct{ mixin.Schema }

// Fields of the mixin.
func (owned) Fields() []ent.Field {
	return []ent.Field{field.String("tenant_id").Immutable().Annotations(ordered)}
}

// Edges of the mixin.
func (owned) Edges() []ent.Edge {
	return []ent.Edge{edge.To("tenant", Tenant.Type).Field("tenant_id").Unique().Required().Immutable()}
}

// Interceptors of the mixin.
func (owned) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		v, ok := viewer.From(ctx)
		if !ok {
			return errNoViewer
		}
		q.WhereP(sql.FieldEQ("tenant_id", v.Tenant))
		return nil
	})}
}

// narrowed is what the wall needs of a mutation.
type narrowed interface {
	ent.Mutation
	SetTenantID(string)
	WhereP(...func(*sql.Selector))
}

// Hooks of the mixin.
func (owned) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			v, ok := viewer.From(ctx)
			if !ok {
				return nil, errNoViewer
			}
			mut, ok := m.(narrowed)
			if !ok {
				return nil, fault.New(fault.Internal, "%T cannot be narrowed to a tenant", m)
			}
			if m.Op().Is(ent.OpCreate) {
				mut.SetTenantID(v.Tenant)
			} else {
				mut.WhereP(sql.FieldEQ("tenant_id", v.Tenant))
			}
			return next.Mutate(ctx, m)
		})
	}}
}

var errNoViewer = fault.New(fault.Internal, "the database was asked without a viewer")
