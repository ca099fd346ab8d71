package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/viewer"
)

// asked returns what the operation asks of the field that is being resolved. Fields that carry
// @allow and that none of the roles reaches are left out, so that they stay null, and reported once
// for each place in the document.
func asked(ctx context.Context, roles viewer.Roles) *shape.Field {
	f, kept := graphql.GetFieldContext(ctx).Field, shapesOf(graphql.GetOperationContext(ctx).Doc)
	if use := kept.find(f.Selections); use != nil {
		return use
	}
	return newBuilder(ctx).build(f, kept, roles)
}

// askedOf is asked for a field that is an object of the type named.
func askedOf(ctx context.Context, roles viewer.Roles, typ string) *shape.Shape {
	return asked(ctx, roles).Of[typ]
}

// builder reads the selections of one root field. It may read them once for each of several tenants,
// where other roles are held, and still reports each place once.
type builder struct {
	ctx      context.Context //nolint:containedctx // lives for one call
	op       *graphql.OperationContext
	tenant   string // in which the roles are held
	roles    viewer.Roles
	reported map[string]bool
	tell     func(*gqlerror.Error) // takes what is reported
	personal *bool                 // whether who asks has a part in the shape
	// below a tenant of Viewer.access the roles held there count: what lies inside of one, and all the
	// rest, is decided at different times
	inAccess, decidesAccess bool
}

func newBuilder(ctx context.Context) *builder {
	v, _ := viewer.From(ctx) // of an operation that lists tenants there is none yet
	return &builder{
		ctx: ctx, op: graphql.GetOperationContext(ctx), tenant: v.Tenant, reported: map[string]bool{},
		tell: func(e *gqlerror.Error) { graphql.AddError(ctx, e) }, personal: new(bool),
	}
}

// as returns what is asked of the root field, for a tenant in which the roles are held.
func (b *builder) as(roles viewer.Roles) *shape.Field {
	f, kept := graphql.GetFieldContext(b.ctx).Field, shapesOf(b.op.Doc)
	if use := kept.find(f.Selections); use != nil {
		return use
	}
	return b.build(f, kept, roles)
}

// build is as for a shape that is not kept yet.
func (b *builder) build(f graphql.CollectedField, kept *keptShapes, roles viewer.Roles) *shape.Field {
	b.roles = roles
	use := b.value(f, graphql.GetPath(b.ctx))
	if !*b.personal && constant(f.Selections, map[string]bool{}) {
		kept.keep(f.Selections, use)
	}
	return use
}

// value returns the use of one field, by the type of its value.
func (b *builder) value(f graphql.CollectedField, path ast.Path) *shape.Field {
	typ := f.Definition.Type.Name()
	use := &shape.Field{}
	if node, ok := strings.CutSuffix(typ, "Connection"); ok {
		b.connection(use, f, node, path)
		return use
	}
	def := parsedSchema.Types[typ]
	switch def.Kind {
	case ast.Object:
		use.Of = map[string]*shape.Shape{typ: b.object(f.Selections, typ, path)}
	case ast.Interface, ast.Union:
		use.Of = map[string]*shape.Shape{}
		for _, possible := range parsedSchema.GetPossibleTypes(def) {
			use.Of[possible.Name] = b.object(f.Selections, possible.Name, path)
		}
	case ast.Scalar, ast.Enum, ast.InputObject:
	}
	return use
}

// connection looks through a list's edges and nodes to what is asked of its entries.
func (b *builder) connection(use *shape.Field, f graphql.CollectedField, node string, path ast.Path) {
	of := shape.New()
	use.Of = map[string]*shape.Shape{node: of}
	for _, c := range b.collect(f.Selections, node+"Connection") {
		at := below(path, c)
		switch c.Name {
		case "totalCount":
			use.Count = true
		case "nodes":
			use.Rows = true
			b.fields(of, c.Selections, node, at)
		case "edges":
			use.Rows, use.Edges = true, true
			for _, e := range b.collect(c.Selections, node+"Edge") {
				if e.Name == "node" {
					b.fields(of, e.Selections, node, below(at, e))
				}
			}
		case "pageInfo":
			use.Rows, use.Info = true, true
		}
	}
}

func (b *builder) object(sel ast.SelectionSet, typ string, path ast.Path) *shape.Shape {
	s := shape.New()
	b.fields(s, sel, typ, path)
	return s
}

// fields adds what the selections ask of an object of the type.
func (b *builder) fields(s *shape.Shape, sel ast.SelectionSet, typ string, path ast.Path) {
	for _, f := range b.collect(sel, typ) {
		at := below(path, f)
		if strings.HasPrefix(f.Name, "__") || !b.allowed(f, at) {
			continue
		}
		var args any
		if decode, ok := arguments[typ+"."+f.Name]; ok {
			var err error
			if args, err = decode(b.ctx, f.ArgumentMap(b.op.Variables)); err != nil {
				continue // gqlgen reads them again when it comes to the field, and reports it
			}
		}
		policy, ok := args.(model.PolicyArgs)
		if ok && !b.reachable(policy, at) {
			continue
		}
		use := b.in(typ, f.Name, policy.TenantID).value(f, at)
		use.Args = args
		s.Add(f.Name, use)
	}
}

// in returns the builder for what lies below a field, which may lead into another tenant: the one it names,
// or one in reach after the other.
func (b *builder) in(typ, field string, tenant *string) *builder {
	inner := *b
	switch {
	case tenant != nil:
		a, _ := viewer.CallerFrom(b.ctx).Find(*tenant)
		inner.tenant, inner.roles, inner.inAccess = *tenant, a.Roles, b.decidesAccess
	case typ == "TenantAccess" && field == "tenant":
		inner.inAccess = true
	default:
		return b
	}
	return &inner
}

func (b *builder) collect(sel ast.SelectionSet, typ string) []graphql.CollectedField {
	return graphql.CollectFields(b.op, sel, append([]string{typ}, parsedSchema.Types[typ].Interfaces...))
}

func (b *builder) allowed(f graphql.CollectedField, path ast.Path) bool {
	roles := allowedRoles(f.Definition)
	*b.personal = *b.personal || roles != nil
	if roles == nil || b.inAccess != b.decidesAccess {
		return true
	}
	if b.roles.Has(roles...) {
		viewer.Need(b.ctx, b.tenant, roles...)
		return true
	}
	b.report(path, errForbidden)
	return false
}

// reachable tells whether the caller reaches the tenant that a product's policy is asked for; what
// is wrong is reported once.
func (b *builder) reachable(args model.PolicyArgs, path ast.Path) bool {
	*b.personal = true
	c := viewer.CallerFrom(b.ctx)
	switch {
	case args.TenantID != nil:
		if _, ok := c.Find(*args.TenantID); !ok {
			b.report(path, errNotFound)
			return false
		}
		viewer.Need(b.ctx, *args.TenantID)
	case len(c.Reach) > 1:
		b.report(path, errTenantRequired)
		return false
	}
	return true
}

func (b *builder) report(path ast.Path, f *fault.Error) {
	if key := path.String(); !b.reported[key] {
		b.reported[key] = true
		b.tell(gqlerror.WrapPath(path, f))
	}
}

var errForbidden = fault.New(fault.Forbidden, "Your roles do not allow this.")

// below returns the path of a field without the indices of lists: a place in the document.
func below(path ast.Path, f graphql.CollectedField) ast.Path {
	return append(slices.Clip(path), ast.PathName(f.Alias))
}

// allowedRoles returns the roles of a field's @allow; nil where it carries none.
func allowedRoles(def *ast.FieldDefinition) []viewer.Role {
	d := def.Directives.ForName("allow")
	if d == nil {
		return nil
	}
	roles := []viewer.Role{}
	for _, c := range d.Arguments.ForName("roles").Value.Children {
		roles = append(roles, viewer.Role(c.Value.Raw))
	}
	return roles
}

type decoder func(ctx context.Context, raw map[string]any) (any, error)

// arguments reads the arguments of every field with arguments that is not a root field, with
// gqlgen's own functions, into the type that the loaded parts are found by.
var arguments = map[string]decoder{
	"Viewer.access":               decode((*executionContext).field_Viewer_access_args, searchArgs),
	"Tenant.purchases":            decode((*executionContext).field_Tenant_purchases_args, purchasesArgs),
	"User.purchases":              decode((*executionContext).field_User_purchases_args, purchasesArgs),
	"User.licenses":               decode((*executionContext).field_User_licenses_args, searchArgs),
	"Product.policy":              decode((*executionContext).field_Product_policy_args, policyArgs),
	"Purchase.licenses":           decode((*executionContext).field_Purchase_licenses_args, searchArgs),
	"Purchase.moveTargets":        decode((*executionContext).field_Purchase_moveTargets_args, pageArgs),
	"Purchase.history":            decode((*executionContext).field_Purchase_history_args, pageArgs),
	"SelfServicePolicy.history":   decode((*executionContext).field_SelfServicePolicy_history_args, pageArgs),
	"ProductLicenses.purchasers":  decode((*executionContext).field_ProductLicenses_purchasers_args, searchArgs),
	"PurchaserLicenses.purchases": decode((*executionContext).field_PurchaserLicenses_purchases_args, purchasesArgs),
	"PurchaserLicenses.licenses":  decode((*executionContext).field_PurchaserLicenses_licenses_args, searchArgs),
	"Move.users":                  decode((*executionContext).field_Move_users_args, movedUsersArgs),
}

func decode[A any](read func(*executionContext, context.Context, map[string]any) (map[string]any, error), typed func(map[string]any) A) decoder {
	return func(ctx context.Context, raw map[string]any) (any, error) {
		args, err := read(&executionContext{}, ctx, raw)
		if err != nil {
			return nil, err
		}
		return typed(args), nil
	}
}

func arg[T any](args map[string]any, name string) *T {
	v, _ := args[name].(*T)
	return v
}

func pageArgs(a map[string]any) page.Args {
	return page.Args{First: arg[int](a, "first"), After: arg[string](a, "after"), Last: arg[int](a, "last"), Before: arg[string](a, "before")}
}

func searchArgs(a map[string]any) model.SearchArgs {
	return model.SearchArgs{Args: pageArgs(a), Search: arg[string](a, "search")}
}

func purchasesArgs(a map[string]any) model.PurchasesArgs {
	return model.PurchasesArgs{Args: pageArgs(a), Filter: arg[model.PurchaseFilter](a, "filter"), OrderBy: arg[model.PurchaseOrder](a, "orderBy")}
}

func movedUsersArgs(a map[string]any) model.MovedUsersArgs {
	return model.MovedUsersArgs{Args: pageArgs(a), Result: arg[model.MovedUserResult](a, "result")}
}

func policyArgs(a map[string]any) model.PolicyArgs {
	return model.PolicyArgs{TenantID: arg[string](a, "tenantId")}
}
