// Package directory holds the tenants and their users, and takes them over from files.
package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"purser/ent"
	"purser/ent/tenant"
	"purser/ent/user"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Directory is the list of tenants and users.
type Directory struct {
	db    *store.DB
	ids   *id.Source
	trail *audit.Trail
	// changes is told when an import may have changed who may do what.
	changes *access.Changes
	now     func() time.Time
}

// New returns the directory of a database.
func New(db *store.DB, ids *id.Source, trail *audit.Trail, changes *access.Changes, now func() time.Time) *Directory {
	return &Directory{db: db, ids: ids, trail: trail, changes: changes, now: now}
}

// TenantByDomain returns the tenant with the domain, compared without case, or fault.NotFound.
// It is for the command line, which reaches every tenant.
func (d *Directory) TenantByDomain(ctx context.Context, domain string) (*ent.Tenant, error) {
	t, err := d.db.Client().Tenant.Query().Where(tenant.Domain(strings.ToLower(strings.TrimSpace(domain)))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no tenant %q.", domain)
	}
	if err != nil {
		return nil, fmt.Errorf("find tenant %q: %w", domain, err)
	}
	return t, nil
}

// UserByName returns the user of a tenant with the sign-in name, compared without case, also
// one who has left, or fault.NotFound. It is for the command line, which reaches every tenant.
func (d *Directory) UserByName(ctx context.Context, tenantID, userPrincipalName string) (*ent.User, error) {
	ctx = viewer.NewContext(ctx, viewer.System(tenantID))
	u, err := d.db.Client().User.Query().Where(user.UpnKey(fold.Key(userPrincipalName))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no user %q in the tenant.", userPrincipalName)
	}
	if err != nil {
		return nil, fmt.Errorf("find user %q: %w", userPrincipalName, err)
	}
	return u, nil
}
