package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"purser/ent"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/viewer"
)

// userLine is a line about a user.
type userLine struct {
	*record
	key              string // the folded sign-in name
	upn              *string
	name, locale     *string
	mail, department clearable
	kind             *string
	enabled, removed *bool
	roles            *viewer.Roles
}

func (im *importer) user(ctx context.Context, r *record) error {
	l := &userLine{
		record:     r,
		upn:        r.text("userPrincipalName", maxUPN, isWord),
		name:       r.text("displayName", maxName),
		mail:       r.clearable("mail", maxUPN, isMail),
		department: r.clearable("department", maxName),
		locale:     r.text("locale", maxLocale, isLocale),
		kind:       enum(r, "kind", model.AllUserKind),
		enabled:    r.boolean("accountEnabled"),
		removed:    r.boolean("removed"),
		roles:      r.roles(),
	}
	need(r, "userPrincipalName", l.upn)
	if l.upn != nil {
		l.key = fold.Key(*l.upn)
	}
	if !r.end() {
		im.bad[userKey(l.key)] = true
		return nil
	}
	if err := im.define(ctx, userKey(l.key)); err != nil {
		return err
	}
	im.users = append(im.users, l)
	return nil
}

// roles reads the admin roles; MEMBER goes without saying.
func (r *record) roles() *viewer.Roles {
	list := decode[[]viewer.Role](r, "roles", "a list of roles")
	if list == nil {
		return nil
	}
	for _, role := range *list {
		if !role.Valid() {
			r.wrong("roles", "%q is not a role", clip(string(role)))
		}
	}
	s := viewer.SetOf(*list...) &^ viewer.SetOf(viewer.Member)
	return &s
}

func (im *importer) saveUsers(ctx context.Context) error {
	if len(im.users) == 0 {
		return nil
	}
	keys := make([]string, 0, len(im.users))
	for _, l := range im.users {
		keys = append(keys, l.key)
	}
	known, err := im.usersByKey(ctx, keys)
	if err != nil {
		return err
	}
	var save []*ent.User
	var renamed []string
	for _, l := range im.users {
		old := known[l.key]
		next := l.apply(old, im.tenant)
		if l.failed {
			im.bad[userKey(l.key)] = true
			continue
		}
		changed := old != nil && !sameUser(old, next)
		im.result.Users.count(old == nil, changed)
		if old == nil {
			next.ID = im.d.ids.New(id.User)
		} else if !changed {
			continue
		} else if old.SearchKey != next.SearchKey {
			renamed = append(renamed, next.ID)
		}
		save = append(save, next)
	}
	if err := bulk.Users(ctx, im.tx, save); err != nil {
		return err
	}
	return im.renamePurchases(ctx, renamed)
}

// apply returns the user as it will be.
func (l *userLine) apply(old *ent.User, t *ent.Tenant) *ent.User {
	next := &ent.User{Locale: t.Locale, Kind: string(model.UserKindMember), AccountEnabled: true}
	if old == nil {
		need(l.record, "displayName", l.name)
	} else {
		*next = *old
	}
	set(&next.UserPrincipalName, l.upn)
	set(&next.DisplayName, l.name)
	set(&next.Locale, l.locale)
	set(&next.Kind, l.kind)
	set(&next.AccountEnabled, l.enabled)
	set(&next.Removed, l.removed)
	set(&next.Roles, l.roles)
	setClearable(&next.Mail, l.mail)
	setClearable(&next.Department, l.department)
	bulk.KeyUser(next)
	return next
}

func sameUser(a, b *ent.User) bool {
	return a.UserPrincipalName == b.UserPrincipalName && a.DisplayName == b.DisplayName && a.Locale == b.Locale &&
		a.Kind == b.Kind && a.AccountEnabled == b.AccountEnabled && a.Removed == b.Removed && a.Roles == b.Roles &&
		sameText(a.Mail, b.Mail) && sameText(a.Department, b.Department)
}

// usersByKey returns those of the users who exist, by folded sign-in name.
func (im *importer) usersByKey(ctx context.Context, keys []string) (map[string]*ent.User, error) {
	found := make(map[string]*ent.User, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	users, err := im.tx.User.Query().Where(user.UpnKeyIn(keys...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find users: %w", err)
	}
	for _, u := range users {
		found[u.UpnKey] = u
	}
	return found, nil
}

// keysOf returns the keys of a set in a fixed order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
