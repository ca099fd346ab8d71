package directory

import (
	"context"
	"fmt"
	"strings"

	"purser/ent"
	"purser/ent/tenant"
	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/id"
)

// tenantLine is the line about the tenant itself.
type tenantLine struct {
	*record
	domain                                *string
	name, cloud, segment, country, locale *string
	externalID                            clearable
}

// ownLine takes over the tenant's own line.
func (im *importer) ownLine(ctx context.Context, r *record) error {
	l := &tenantLine{
		record:     r,
		domain:     r.text("domain", maxDomain, isDomain),
		name:       r.text("name", maxName),
		externalID: r.clearable("externalId", maxName),
		cloud:      enum(r, "cloud", model.AllCloud),
		segment:    enum(r, "segment", model.AllTenantSegment),
		country:    r.text("country", maxLocale, isCountry),
		locale:     r.text("locale", maxLocale, isLocale),
	}
	need(r, "domain", l.domain)
	im.tenantSeen = true
	if !r.end() {
		return nil
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	*l.domain = strings.ToLower(*l.domain)
	if im.tenant != nil && im.tenant.Domain != *l.domain {
		r.wrong("domain", "the file is about %s", im.tenant.Domain)
		return nil
	}
	return im.saveTenant(ctx, l)
}

func (im *importer) saveTenant(ctx context.Context, l *tenantLine) error {
	if err := im.lock(ctx, "SELECT id FROM tenants WHERE domain = ? FOR NO KEY UPDATE", *l.domain); err != nil {
		return err
	}
	old, err := im.tx.Tenant.Query().Where(tenant.Domain(*l.domain)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("find tenant %s: %w", *l.domain, err)
	}
	next := &ent.Tenant{
		Domain: *l.domain, DefaultPolicy: string(model.SelfServicePolicyValueEnabled), Locale: "en",
		Cloud: string(model.CloudWorldwide), Segment: string(model.TenantSegmentCommercial),
	}
	if old == nil {
		need(l.record, "name", l.name)
		need(l.record, "country", l.country)
		next.ID = im.d.ids.New(id.Tenant)
	} else {
		*next = *old
	}
	l.apply(next)
	if err := im.checkExternalID(ctx, l, next); err != nil || l.failed {
		return err
	}
	im.tenant, im.result.TenantID, im.result.Domain = next, next.ID, next.Domain
	changed := old != nil && !sameTenant(old, next)
	im.result.Tenant.count(old == nil, changed)
	if old == nil {
		err = im.insertTenant(ctx, next)
	} else if changed {
		err = im.updateTenant(ctx, next)
	}
	if err != nil {
		return fmt.Errorf("write tenant %s: %w", next.Domain, err)
	}
	return nil
}

// checkExternalID says that no other tenant has the external id.
func (im *importer) checkExternalID(ctx context.Context, l *tenantLine, t *ent.Tenant) error {
	if t.ExternalID == nil {
		return nil
	}
	taken, err := im.tx.Tenant.Query().Where(tenant.ExternalID(*t.ExternalID), tenant.IDNEQ(t.ID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find the tenant with external id %s: %w", *t.ExternalID, err)
	}
	if taken {
		l.wrong("externalId", "another tenant has it")
	}
	return nil
}

func (l *tenantLine) apply(t *ent.Tenant) {
	set(&t.Name, l.name)
	set(&t.Cloud, l.cloud)
	set(&t.Segment, l.segment)
	set(&t.Country, l.country)
	set(&t.Locale, l.locale)
	setClearable(&t.ExternalID, l.externalID)
	t.NameKey, t.SearchKey = fold.Key(t.Name), fold.Keys(t.Name, t.Domain)
}

func sameTenant(a, b *ent.Tenant) bool {
	return a.Name == b.Name && a.Cloud == b.Cloud && a.Segment == b.Segment && a.Country == b.Country &&
		a.Locale == b.Locale && sameText(a.ExternalID, b.ExternalID)
}

func (im *importer) insertTenant(ctx context.Context, t *ent.Tenant) error {
	return im.tx.Tenant.Create().SetID(t.ID).SetDomain(t.Domain).SetNillableExternalID(t.ExternalID).
		SetName(t.Name).SetNameKey(t.NameKey).SetSearchKey(t.SearchKey).SetCloud(t.Cloud).SetSegment(t.Segment).
		SetCountry(t.Country).SetLocale(t.Locale).SetDefaultPolicy(t.DefaultPolicy).Exec(ctx)
}

func (im *importer) updateTenant(ctx context.Context, t *ent.Tenant) error {
	u := im.tx.Tenant.UpdateOneID(t.ID).
		SetName(t.Name).SetNameKey(t.NameKey).SetSearchKey(t.SearchKey).SetCloud(t.Cloud).SetSegment(t.Segment).
		SetCountry(t.Country).SetLocale(t.Locale)
	if t.ExternalID == nil {
		u.ClearExternalID()
	} else {
		u.SetExternalID(*t.ExternalID)
	}
	return u.Exec(ctx)
}

// set takes over a value that is given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setClearable(to **string, from clearable) {
	if from.given {
		*to = from.value
	}
}

func sameText(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
