package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/bulk"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Organization is a tenant that is to be. What is not here, such as its cloud, an import can say later.
type Organization struct {
	Name, Domain, Country string
	Locale                string // "" is English
}

// Admin is the first user of a tenant.
type Admin struct {
	UserPrincipalName, DisplayName string
	Mail                           string // "" is none
}

// Found makes a tenant with its first user, who is a global admin, in one transaction with its event. It is for
// the bootstrap link, which lets nobody in twice.
// It returns every fault.Invalid with its path into the two, or fault.Conflict for a domain that is taken.
func (d *Directory) Found(ctx context.Context, o Organization, a Admin) (tenantID, userID string, err error) {
	o, a = o.trimmed(), a.trimmed()
	tenantID, userID = d.ids.New(id.Tenant), d.ids.New(id.User)
	ctx = viewer.NewContext(ctx, viewer.System(tenantID))
	err = d.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := errors.Join(o.check(), a.check()); err != nil { // only whoever may gets help with the form
			return err
		}
		err := tx.Tenant.Create().SetID(tenantID).SetDomain(o.Domain).SetName(o.Name).SetNameKey(fold.Key(o.Name)).
			SetSearchKey(fold.Keys(o.Name, o.Domain)).SetCloud(string(model.CloudWorldwide)).
			SetSegment(string(model.TenantSegmentCommercial)).SetCountry(o.Country).SetLocale(o.Locale).Exec(ctx)
		if err != nil {
			return fmt.Errorf("create tenant %s: %w", o.Domain, err)
		}
		if err := bulk.Users(ctx, tx, []*ent.User{a.user(userID, o.Locale)}); err != nil {
			return fmt.Errorf("create the admin of %s: %w", o.Domain, err)
		}
		return d.trail.Record(ctx, tx, audit.Event{Action: audit.TenantCreated, Subject: tenantID, Changes: []audit.Change{
			audit.Changed("name", "", o.Name), audit.Changed("domain", "", o.Domain), audit.Changed("admin", "", userID),
		}})
	})
	if err != nil {
		return "", "", err
	}
	return tenantID, userID, nil
}

func (o Organization) trimmed() Organization {
	for _, s := range []*string{&o.Name, &o.Domain, &o.Country, &o.Locale} {
		*s = strings.TrimSpace(*s)
	}
	o.Domain, o.Country = strings.ToLower(o.Domain), strings.ToUpper(o.Country)
	if o.Locale == "" {
		o.Locale = "en"
	}
	return o
}

func (o Organization) check() error {
	return errors.Join(
		invalid(wrongWith(o.Name, maxName), "organization", "name"),
		invalid(wrongWith(o.Domain, maxDomain, isDomain), "organization", "domain"),
		invalid(wrongWith(o.Country, maxLocale, isCountry), "organization", "country"),
		invalid(wrongWith(o.Locale, maxLocale, isLocale), "organization", "locale"),
	)
}

func (a Admin) trimmed() Admin {
	for _, s := range []*string{&a.UserPrincipalName, &a.DisplayName, &a.Mail} {
		*s = strings.TrimSpace(*s)
	}
	return a
}

func (a Admin) check() error {
	var mail error
	if a.Mail != "" {
		mail = invalid(wrongWith(a.Mail, maxUPN, isMail), "admin", "mail")
	}
	return errors.Join(
		invalid(wrongWith(a.UserPrincipalName, maxUPN, isWord), "admin", "userPrincipalName"),
		invalid(wrongWith(a.DisplayName, maxName), "admin", "displayName"),
		mail,
	)
}

// user returns the admin as a row.
func (a Admin) user(userID, locale string) *ent.User {
	u := &ent.User{
		ID: userID, UserPrincipalName: a.UserPrincipalName, DisplayName: a.DisplayName, Locale: locale,
		Kind: string(model.UserKindMember), AccountEnabled: true, Roles: viewer.SetOf(viewer.GlobalAdmin),
	}
	if a.Mail != "" {
		u.Mail = &a.Mail
	}
	bulk.KeyUser(u)
	return u
}

// invalid returns a fault for each of the messages about a field.
func invalid(messages []string, path ...string) error {
	var list []error
	for _, m := range messages {
		list = append(list, fault.New(fault.Invalid, "It %s.", m).At(path...))
	}
	return errors.Join(list...)
}
