package licensing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"purser/ent"
	"purser/ent/export"
	"purser/ent/predicate"
	"purser/ent/product"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// linkTTL is how long an export's link works.
	linkTTL = 15 * time.Minute
	// maxPurchases is how many purchases one export takes.
	maxPurchases = 1000
)

// Selection is the subscriptions to export: either those named, or the usable ones of a product.
type Selection struct {
	Purchases []string
	Product   *string
	Source    *model.PurchaseSource
}

// Export makes a link to a CSV of everyone licensed on the subscriptions. Whoever sees all
// purchases may. In one transaction: the export and its event; the file itself is read when it is
// downloaded. It returns fault.Forbidden, fault.Invalid unless exactly one of purchases and product
// is given, and fault.NotFound for each that does not exist. The URL it returns is a path.
func (s *Service) Export(ctx context.Context, sel Selection) (*model.Export, error) {
	v, _ := viewer.From(ctx)
	if !v.SeesAllPurchases() {
		return nil, fault.New(fault.Forbidden, "Your roles do not allow exports.")
	}
	if err := sel.check(); err != nil {
		return nil, err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	hash := sha256.Sum256(key[:])
	now := instant.From(s.now())
	e := &model.Export{ContentType: "text/csv", ExpiresAt: now.Add(linkTTL), FileName: "licensed-users-" + s.now().UTC().Format("2006-01-02-1504") + ".csv"}
	exportID := s.ids.New(id.Export)
	err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := sel.rows(ctx, tx)
		if err != nil {
			return err
		}
		e.RowCount = rows
		if _, err := tx.Export.Delete().Where(export.ExpiresAtLTE(now)).Exec(ctx); err != nil {
			return fmt.Errorf("clear expired exports: %w", err)
		}
		err = tx.Export.Create().SetID(exportID).SetTenantID(v.Tenant).SetSecretHash(hash[:]).SetFileName(e.FileName).
			SetPurchaseIds(strings.Join(sel.Purchases, " ")).SetNillableProductID(sel.Product).
			SetNillableSource((*string)(sel.Source)).SetExpiresAt(e.ExpiresAt).Exec(ctx)
		if err != nil {
			return fmt.Errorf("make an export: %w", err)
		}
		return s.trail.Record(ctx, tx, audit.Event{Action: audit.ExportCreated, Subject: exportID, Changes: []audit.Change{audit.Changed("rowCount", "", fmt.Sprint(rows))}})
	})
	if err != nil {
		return nil, err
	}
	e.URL = "/exports/" + exportID + "?key=" + base64.RawURLEncoding.EncodeToString(key[:])
	return e, nil
}

func (sel Selection) check() error {
	switch {
	case (sel.Purchases == nil) == (sel.Product == nil):
		return fault.New(fault.Invalid, "Give exactly one of purchaseIds and productId.").At("purchaseIds")
	case sel.Purchases != nil && (len(sel.Purchases) == 0 || len(sel.Purchases) > maxPurchases):
		return fault.New(fault.Invalid, "purchaseIds takes 1 to %d ids.", maxPurchases).At("purchaseIds")
	}
	return nil
}

// rows counts the licenses of the selection by its purchases' counters, after checking that
// everything named exists.
func (sel Selection) rows(ctx context.Context, tx *store.Tx) (int, error) {
	if sel.Product != nil {
		ok, err := tx.Product.Query().Where(product.ID(id.Known(*sel.Product))).Exist(ctx)
		if err != nil {
			return 0, fmt.Errorf("look for a product: %w", err)
		}
		if !ok {
			return 0, fault.New(fault.NotFound, "There is no such product.").At("productId")
		}
	}
	if err := sel.known(ctx, tx); err != nil {
		return 0, err
	}
	var sums []struct{ Sum *int }
	err := tx.Purchase.Query().Where(sel.predicates()...).Aggregate(ent.As(ent.Sum(purchase.FieldAssigned), "sum")).Scan(ctx, &sums)
	if err != nil {
		return 0, fmt.Errorf("count licenses: %w", err)
	}
	if len(sums) == 0 || sums[0].Sum == nil {
		return 0, nil
	}
	return *sums[0].Sum, nil
}

// known reports every purchase that does not exist, with its place in the input.
func (sel Selection) known(ctx context.Context, tx *store.Tx) error {
	if sel.Purchases == nil {
		return nil
	}
	ids := make([]string, len(sel.Purchases))
	for i, p := range sel.Purchases {
		ids[i] = id.Known(p)
	}
	found, err := tx.Purchase.Query().Where(purchase.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for purchases: %w", err)
	}
	exists := map[string]bool{}
	for _, i := range found {
		exists[i] = true
	}
	var missing []error
	for i, p := range sel.Purchases {
		if !exists[p] {
			missing = append(missing, fault.New(fault.NotFound, "There is no such purchase within your reach.").At("purchaseIds", fmt.Sprint(i)))
		}
	}
	return errors.Join(missing...)
}

// predicates narrow to the purchases of the selection. Nobody holds a license of a DELETED one.
func (sel Selection) predicates() []predicate.Purchase {
	var ps []predicate.Purchase
	if sel.Product != nil {
		ps = append(ps, purchase.ProductID(*sel.Product),
			purchase.StatusIn(string(model.SubscriptionStatusActive), string(model.SubscriptionStatusExpired)))
	} else {
		ps = append(ps, purchase.IDIn(sel.Purchases...), purchase.StatusNEQ(string(model.SubscriptionStatusDeleted)))
	}
	if sel.Source != nil {
		ps = append(ps, purchase.Source(string(*sel.Source)))
	}
	return ps
}

// find returns an export by its id and the key of its link. Anything wrong is one and the same
// fault.NotFound.
func (s *Service) find(ctx context.Context, exportID, key string) (context.Context, *ent.Export, error) {
	notFound := fault.New(fault.NotFound, "There is no such export, or its link has expired.")
	secret, err := base64.RawURLEncoding.Strict().DecodeString(key)
	if err != nil || !id.Is(exportID, id.Export) {
		return ctx, nil, notFound
	}
	tenant, err := s.tenantOf(ctx, exportID)
	if err != nil {
		return ctx, nil, err
	}
	if tenant == "" {
		return ctx, nil, notFound
	}
	ctx = viewer.NewContext(ctx, viewer.System(tenant))
	e, err := s.db.Client().Export.Get(ctx, exportID)
	if err != nil {
		if ent.IsNotFound(err) {
			err = notFound
		}
		return ctx, nil, err
	}
	hash := sha256.Sum256(secret)
	if subtle.ConstantTimeCompare(hash[:], e.SecretHash) != 1 || e.ExpiresAt <= instant.From(s.now()) {
		return ctx, nil, notFound
	}
	return ctx, e, nil
}

// tenantOf looks outside of any tenant for the one that an export belongs to.
func (s *Service) tenantOf(ctx context.Context, exportID string) (string, error) {
	rows, err := s.db.QueryUnwalled(ctx, "SELECT tenant_id FROM exports WHERE id = ?", exportID)
	if err != nil {
		return "", fmt.Errorf("find an export: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	var tenant string
	for rows.Next() {
		if err := rows.Scan(&tenant); err != nil {
			return "", fmt.Errorf("find an export: %w", err)
		}
	}
	return tenant, rows.Err()
}
