package access

import (
	"context"
	"fmt"
	"strings"

	"purser/ent"
	"purser/ent/partneraccess"
	"purser/internal/audit"
	"purser/internal/domainname"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Grant is what the users of a partner may do in a tenant, and until when.
type Grant struct {
	PartnerDomain string
	Roles         viewer.Roles
	ExpiresAt     instant.Milli
}

// GrantPartnerAccess lets the users of a partner act in the viewer's tenant; a partner who may already gets the
// roles and the end anew. One of the tenant's own global admins may: whoever was given access gives none. In one
// transaction: the access, its event, and the word to open connections. It returns the access's id, or
// fault.Forbidden or fault.Invalid.
func (s *Service) GrantPartnerAccess(ctx context.Context, g Grant) (accessID string, err error) {
	v, _ := viewer.From(ctx)
	if !givesAccess(v) {
		return "", fault.New(fault.Forbidden, "Only one of the tenant's own global admins gives partners access.")
	}
	g.PartnerDomain = normal(g.PartnerDomain)
	now := instant.From(s.now())
	if err := g.check(now); err != nil {
		return "", err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		own, err := tx.Tenant.Get(ctx, v.Tenant)
		if err != nil {
			return fmt.Errorf("find the tenant: %w", err)
		}
		if own.Domain == g.PartnerDomain {
			return fault.New(fault.Invalid, "That is the tenant's own domain: its users have their own roles.").At("partnerDomain")
		}
		accessID, err = s.grant(ctx, tx, g, now)
		return err
	})
	if err != nil {
		return "", err
	}
	s.Changes.Happened(ctx, v.Tenant)
	return accessID, nil
}

// givesAccess tells whether the viewer may let others into the tenant. A partner's user may not, whatever
// their roles: what they give would outlive their own access.
func givesAccess(v viewer.Viewer) bool { return v.Roles.Has(viewer.GlobalAdmin) && !v.Delegated }

func normal(domain string) string { return strings.ToLower(strings.TrimSpace(domain)) }

func (g Grant) check(now instant.Milli) error {
	switch {
	case !domainname.Valid(g.PartnerDomain):
		return fault.New(fault.Invalid, "A partner is named by a domain such as fabrikam.example.").At("partnerDomain")
	case g.Roles == 0:
		return fault.New(fault.Invalid, "A partner's users need a role.").At("roles")
	case g.Roles.Has(viewer.Member):
		return fault.New(fault.Invalid, "MEMBER means nothing to a partner's users.").At("roles")
	case g.ExpiresAt <= now || g.ExpiresAt > now.Add(MaxTTL):
		return fault.New(fault.Invalid, "Access ends in the future, at most a year from now.").At("expiresAt")
	}
	return nil
}

// grant writes the access, unless it is just so already.
func (s *Service) grant(ctx context.Context, tx *store.Tx, g Grant, now instant.Milli) (accessID string, err error) {
	v, _ := viewer.From(ctx)
	old, err := partner(ctx, tx, g.PartnerDomain)
	if err != nil {
		return "", err
	}
	was := old
	switch {
	case old == nil:
		was, accessID = &ent.PartnerAccess{}, s.ids.New(id.PartnerAccess)
		err = tx.PartnerAccess.Create().SetID(accessID).SetTenantID(v.Tenant).SetPartnerDomain(g.PartnerDomain).SetRoles(g.Roles).
			SetExpiresAt(g.ExpiresAt).SetGrantedAt(now).SetNillableGrantedBy(v.Actor()).Exec(ctx)
	case old.RevokedAt == nil && old.Roles == g.Roles && old.ExpiresAt == g.ExpiresAt:
		return old.ID, nil
	default:
		accessID = old.ID
		write := tx.PartnerAccess.UpdateOneID(old.ID).SetRoles(g.Roles).SetExpiresAt(g.ExpiresAt).SetGrantedAt(now).ClearRevokedAt().ClearGrantedBy()
		if by := v.Actor(); by != nil {
			write.SetGrantedBy(*by)
		}
		err = write.Exec(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("write a partner's access: %w", err)
	}
	return accessID, s.tell(ctx, tx, audit.PartnerGranted, accessID, g.changes(was, now))
}

// changes tells what is other than before: everything, where access was revoked or had ended.
func (g Grant) changes(was *ent.PartnerAccess, now instant.Milli) []audit.Change {
	var before [3]string
	if works(was, now) {
		before = [3]string{was.PartnerDomain, was.Roles.String(), was.ExpiresAt.String()}
	}
	var list []audit.Change
	for i, c := range [3][2]string{{"partnerDomain", g.PartnerDomain}, {"roles", g.Roles.String()}, {"expiresAt", g.ExpiresAt.String()}} {
		if c[1] != before[i] {
			list = append(list, audit.Changed(c[0], before[i], c[1]))
		}
	}
	return list
}

// RevokePartnerAccess ends a partner's access at once. A global admin may, a partner's too. In one transaction: the
// access, its event, and the word to open connections. It returns the access's id, or fault.Forbidden, or
// fault.NotFound for a partner that has no access.
func (s *Service) RevokePartnerAccess(ctx context.Context, domain string) (accessID string, err error) {
	v, _ := viewer.From(ctx)
	if !v.Roles.Has(viewer.GlobalAdmin) {
		return "", fault.New(fault.Forbidden, "Only a global admin revokes access.")
	}
	domain = normal(domain)
	if !domainname.Valid(domain) {
		return "", errNoPartner.At("partnerDomain")
	}
	now := instant.From(s.now())
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := partner(ctx, tx, domain)
		if err != nil {
			return err
		}
		if p == nil || !works(p, now) {
			return errNoPartner.At("partnerDomain")
		}
		if err := tx.PartnerAccess.UpdateOneID(p.ID).SetRevokedAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("revoke a partner's access: %w", err)
		}
		accessID = p.ID
		return s.tell(ctx, tx, audit.PartnerRevoked, p.ID, []audit.Change{audit.Changed("revokedAt", "", now.String())})
	})
	if err != nil {
		return "", err
	}
	s.Changes.Happened(ctx, v.Tenant)
	return accessID, nil
}

var errNoPartner = fault.New(fault.NotFound, "There is no such partner with access.")

// partner returns what a tenant has noted of a partner, nil for nothing, and has others wait who want to
// change it.
func partner(ctx context.Context, tx *store.Tx, domain string) (*ent.PartnerAccess, error) {
	v, _ := viewer.From(ctx)
	if err := tx.LockName(ctx, "partner access "+v.Tenant+" "+domain); err != nil {
		return nil, fmt.Errorf("lock a partner's access: %w", err)
	}
	p, err := tx.PartnerAccess.Query().Where(partneraccess.PartnerDomain(domain)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("find a partner's access: %w", err)
	}
	return p, nil
}

func works(p *ent.PartnerAccess, now instant.Milli) bool {
	return p.RevokedAt == nil && p.ExpiresAt > now
}

// tell leaves the event of a change of access, and announces it.
func (s *Service) tell(ctx context.Context, tx *store.Tx, action audit.Action, subject string, changes []audit.Change) error {
	if err := s.trail.Record(ctx, tx, audit.Event{Action: action, Subject: subject, Changes: changes}); err != nil {
		return err
	}
	return s.Changes.Announce(ctx, tx)
}
