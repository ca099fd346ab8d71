package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"purser/internal/bulk"
	"purser/internal/id"
	"purser/internal/lifecycle"
	"purser/internal/store"
	"purser/internal/viewer"
)

// write inserts the organization with all that it has.
func (o *organization) write(ctx context.Context, tx *store.Tx) error {
	if err := o.writeTenant(ctx, tx); err != nil {
		return err
	}
	ctx = viewer.NewContext(ctx, viewer.System(o.tenant.ID))
	if err := bulk.Users(ctx, tx, o.users); err != nil {
		return err
	}
	o.schedule()
	if err := bulk.Purchases(ctx, tx, o.purchases); err != nil {
		return err
	}
	if err := bulk.Licenses(ctx, tx, o.licenses); err != nil {
		return err
	}
	if err := o.writePolicies(ctx, tx); err != nil {
		return err
	}
	if err := o.writePartners(ctx, tx); err != nil {
		return err
	}
	return o.writeEvents(ctx, tx)
}

// schedule says when the purchases' life goes on. What there would be to tell by the end of today
// has been told.
func (o *organization) schedule() {
	for _, p := range o.purchases {
		p.TermAnchor = p.PurchasedAt
		p.Noticed = lifecycle.Of(p).Notice(o.today.Add(day))
		p.DueAt = lifecycle.Of(p).Due()
	}
}

func (o *organization) writeTenant(ctx context.Context, tx *store.Tx) error {
	t := o.tenant
	return tx.Tenant.Create().SetID(t.ID).SetDomain(t.Domain).SetName(t.Name).SetNameKey(t.NameKey).SetSearchKey(t.SearchKey).
		SetCloud(t.Cloud).SetSegment(t.Segment).SetCountry(t.Country).SetLocale(t.Locale).SetDefaultPolicy(t.DefaultPolicy).Exec(ctx)
}

func (o *organization) writePolicies(ctx context.Context, tx *store.Tx) error {
	for _, p := range o.policies {
		err := tx.SelfServicePolicy.Create().SetID(p.ID).SetTenantID(o.tenant.ID).SetProductID(p.ProductID).
			SetValue(p.Value).SetChangedAt(p.ChangedAt).SetNillableChangedBy(p.ChangedBy).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *organization) writePartners(ctx context.Context, tx *store.Tx) error {
	for _, p := range o.partners {
		err := tx.PartnerAccess.Create().SetID(p.ID).SetTenantID(o.tenant.ID).SetPartnerDomain(p.PartnerDomain).SetRoles(p.Roles).
			SetGrantedAt(p.GrantedAt).SetExpiresAt(p.ExpiresAt).SetNillableGrantedBy(p.GrantedBy).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeEvents inserts the history, oldest first: ids sort by the time they tell of. An
// audit.Trail tells of what happens now, so it cannot.
func (o *organization) writeEvents(ctx context.Context, tx *store.Tx) error {
	slices.SortStableFunc(o.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	for _, e := range o.events {
		changes, err := json.Marshal(e.changes)
		if err != nil {
			return err
		}
		o.eventAt = e.at
		err = tx.AuditEvent.Create().SetID(o.eventIDs.New(id.AuditEvent)).SetTenantID(o.tenant.ID).SetAt(e.at).
			SetActorID(e.by.ID).SetActorName(e.by.DisplayName).SetAction(string(e.action)).SetSubjectID(e.subject).
			SetChanges(string(changes)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
