package reading

import (
	"context"
	"strings"

	"purser/internal/id"
	"purser/internal/viewer"
)

// Locate says in which tenant within the caller's reach each id lies; ids that lie in none, or
// nowhere, are left out. It takes one statement a kind, and none when only one tenant is in reach:
// then whether the id exists shows when it is read there.
func (s *Service) Locate(ctx context.Context, ids ...string) (map[string]string, error) {
	c := viewer.CallerFrom(ctx)
	tenants := map[string]string{}
	if c == nil || len(c.Reach) == 0 {
		return tenants, nil
	}
	byTable := map[string][]any{}
	for _, i := range ids {
		k := id.KindOf(i)
		switch table := tables[k]; {
		case k == "":
		case k == id.Tenant:
			tenants[i] = i
		case k == id.Product:
			tenants[i] = c.Reach[0].Tenant
		case table == "":
			tenants[i] = composedTenant(i)
		case len(c.Reach) == 1:
			tenants[i] = c.Reach[0].Tenant
		default:
			byTable[table] = append(byTable[table], i)
		}
	}
	for table, keys := range byTable {
		if err := s.locateRows(ctx, table, keys, tenants); err != nil {
			return nil, err
		}
	}
	for i, t := range tenants {
		if _, ok := c.Find(t); !ok {
			delete(tenants, i)
		}
	}
	return tenants, nil
}

// tables holds the kinds whose rows belong to a tenant.
var tables = map[id.Kind]string{
	id.User: "users", id.Purchase: "purchases", id.License: "licenses", id.Move: "moves",
	id.LicenseRequest: "license_requests", id.Notification: "notifications", id.AuditEvent: "audit_events",
	id.APIToken: "api_tokens", id.PartnerAccess: "partner_accesses",
}

// composedTenant returns the tenant that a composed id names.
func composedTenant(s string) string {
	if tenant, _, ok := id.Pair(s); ok {
		return tenant
	}
	g, _ := id.ParseGroup(s)
	return g.Tenant
}

// locateRows looks for rows outside of any tenant, and tells nothing but where they lie.
func (s *Service) locateRows(ctx context.Context, table string, keys []any, tenants map[string]string) error {
	rows, err := s.db.QueryUnwalled(ctx, "SELECT id, tenant_id FROM "+table+" WHERE id IN (?"+strings.Repeat(", ?", len(keys)-1)+")", keys...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var i, tenant string
		if err := rows.Scan(&i, &tenant); err != nil {
			return err
		}
		tenants[i] = tenant
	}
	return rows.Err()
}
