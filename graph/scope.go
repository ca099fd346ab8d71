package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/fault"
	"purser/internal/idempotency"
	"purser/internal/viewer"
)

// in enters the tenant that an argument names, or the only one in reach. The roles of the root
// field's @allow come first: who holds none of them anywhere is refused whatever they name.
func in(ctx context.Context, tenant *string) (context.Context, viewer.Viewer, error) {
	c, roles, err := caller(ctx)
	if err != nil {
		return ctx, viewer.Viewer{}, err
	}
	switch {
	case tenant != nil:
	case len(c.Reach) == 1:
		tenant = &c.Reach[0].Tenant
	default:
		return ctx, viewer.Viewer{}, errTenantRequired.At("tenantId")
	}
	v, ok := c.In(*tenant)
	if !ok {
		return ctx, v, errNotFound.At("tenantId")
	}
	return enter(ctx, v, roles)
}

// at enters the tenant in which an id lies; ok is false when it lies in none within reach. Where only
// one is, that is entered whatever the id: whether it exists shows when it is read there.
func (r *Resolver) at(ctx context.Context, id string) (_ context.Context, v viewer.Viewer, ok bool, _ error) {
	c, roles, err := caller(ctx)
	if err != nil {
		return ctx, v, false, err
	}
	tenant := c.Reach[0].Tenant
	if len(c.Reach) > 1 {
		tenants, err := r.Reading.Locate(ctx, id)
		if err != nil {
			return ctx, v, false, err
		}
		tenant = tenants[id]
	}
	if v, ok = c.In(tenant); !ok {
		return ctx, v, false, nil
	}
	ctx, v, err = enter(ctx, v, roles)
	return ctx, v, err == nil, err
}

// home enters the tenant that the caller belongs to.
func home(ctx context.Context) (context.Context, viewer.Viewer, error) {
	c, roles, err := caller(ctx)
	if err != nil {
		return ctx, viewer.Viewer{}, err
	}
	v, _ := c.In(c.Home)
	return enter(ctx, v, roles)
}

// atFirst enters the tenant in which the first of the ids that is within reach lies, or where none is,
// the caller's first: there the ids do not exist either.
func (r *Resolver) atFirst(ctx context.Context, ids []string) (context.Context, viewer.Viewer, error) {
	c, roles, err := caller(ctx)
	if err != nil {
		return ctx, viewer.Viewer{}, err
	}
	tenants, err := r.Reading.Locate(ctx, ids[:min(len(ids), maxLocated)]...)
	if err != nil {
		return ctx, viewer.Viewer{}, err
	}
	tenant := c.Reach[0].Tenant
	for _, id := range ids {
		if t, ok := tenants[id]; ok {
			tenant = t
			break
		}
	}
	v, _ := c.In(tenant)
	return enter(ctx, v, roles)
}

// maxLocated is how many ids are looked for at most; no call takes more.
const maxLocated = 1000

// enter begins work as v, who must hold one of the roles where there are any. A mutation whose key says
// that it was answered before ends here, with an error.
func enter(ctx context.Context, v viewer.Viewer, roles []viewer.Role) (context.Context, viewer.Viewer, error) {
	if roles != nil && !v.Roles.Has(roles...) {
		return ctx, v, errForbidden
	}
	ctx = viewer.NewContext(ctx, v)
	viewer.Need(ctx, v.Tenant, roles...)
	return ctx, v, idempotency.Enter(ctx)
}

// caller returns who asks, and the roles that the root field's @allow names.
func caller(ctx context.Context) (*viewer.Caller, []viewer.Role, error) {
	c := viewer.CallerFrom(ctx)
	if c == nil || len(c.Reach) == 0 {
		return nil, nil, fault.New(fault.Unauthenticated, "Show a valid credential: Authorization: Bearer …")
	}
	roles := allowedRoles(graphql.GetFieldContext(ctx).Field.Definition)
	if roles != nil && !c.HasAnywhere(roles...) {
		return nil, nil, errForbidden
	}
	return c, roles, nil
}

var (
	errNotFound       = fault.New(fault.NotFound, "There is no such thing within your reach.")
	errTenantRequired = fault.New(fault.TenantRequired, "Several tenants are within your reach: name one with tenantId.")
)
