package licensing

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

const (
	selfService = model.PurchaseSourceSelfService
	central     = model.PurchaseSourceCentral
)

// bundle is a world with a service at work in it.
type bundle struct {
	*takeovertest.World
	s *Service
}

func setup(t *testing.T, db *store.DB) bundle {
	t.Helper()
	w := takeovertest.New(t, db, "en")
	return bundle{w, newService(w)}
}

// newService returns one more service on the world's database, as another process would have.
func newService(w *takeovertest.World) *Service {
	return New(w.DB, audit.New(w.IDs, w.Clock.Now), outbox.New(w.IDs, w.Clock.Now), w.IDs, w.Clock.Now)
}

// licenseAdmin is a context of one.
func (b bundle) licenseAdmin(t *testing.T) context.Context {
	t.Helper()
	return b.As(t, b.Admin, viewer.Member, viewer.LicenseAdmin)
}

func status(s string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetStatus(s) }
}

func boughtBy(user string) func(*ent.PurchaseCreate) {
	return func(p *ent.PurchaseCreate) { p.SetPurchaserID(user) }
}

func blocked(u *ent.UserCreate) { u.SetAccountEnabled(false).SetDisplayName("Bo") }
func removed(u *ent.UserCreate) { u.SetRemoved(true).SetDisplayName("Ria") }
func guest(u *ent.UserCreate)   { u.SetKind("GUEST").SetDisplayName("Gus") }

// freeze has a move empty the purchase.
func (b bundle) freeze(t *testing.T, source, target string) {
	t.Helper()
	moveID, now := b.IDs.New(id.Move), instant.From(b.Clock.Now())
	b.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Move.Create().SetID(moveID).SetSourceID(source).SetTargetID(target).SetStatus("QUEUED").SetTotal(0).SetReserved(0).
			SetRequestedByName("Ada").SetRequestedAt(now).SetChangedAt(now).Exec(ctx)
	})
	b.Set(t, source, func(u *ent.PurchaseUpdate) { u.SetActiveMoveID(moveID) })
}

// paths writes down the faults of an error: "CODE field 3; CODE field".
func paths(t *testing.T, err error) string {
	t.Helper()
	faults, ok := fault.All(err)
	if !ok {
		t.Fatalf("not only faults: %v", err)
	}
	list := make([]string, len(faults))
	for i, f := range faults {
		list[i] = strings.TrimSpace(fmt.Sprint(f.Code, " ", strings.Join(f.Field, " ")))
	}
	return strings.Join(list, "; ")
}

// event returns the changes of the only event of an action.
func (b bundle) event(t *testing.T, action audit.Action) string {
	t.Helper()
	var found []string
	for _, e := range b.DB.Client().AuditEvent.Query().AllX(b.System(t)) {
		if e.Action == string(action) {
			found = append(found, e.SubjectID+" "+e.Changes)
		}
	}
	if len(found) != 1 {
		t.Fatalf("events %s: %v", action, found)
	}
	return found[0]
}
