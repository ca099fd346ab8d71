package licensing

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/sql"
	"purser/internal/store"
)

// columns of the file.
var columns = []string{
	"product", "vendorProductId", "purchaseId", "purchaserName", "purchaserUserPrincipalName",
	"userName", "userPrincipalName", "mail", "department", "assignedAt",
}

// batch is how many licenses one statement reads: the file is streamed, so that neither memory nor
// a read transaction grows with it.
const batch = 2000

// Open returns the name of an export's file and a function that writes it, as of when it is called.
// Anything but the right key, in time, is fault.NotFound.
func (s *Service) Open(ctx context.Context, exportID, key string) (string, func(context.Context, io.Writer) error, error) {
	ctx, e, err := s.find(ctx, exportID, key)
	if err != nil {
		return "", nil, err
	}
	sel := Selection{Purchases: strings.Fields(e.PurchaseIds), Product: e.ProductID, Source: (*model.PurchaseSource)(e.Source)}
	own := ctx
	return e.FileName, func(_ context.Context, w io.Writer) error { return s.write(own, w, sel) }, nil
}

func (s *Service) write(ctx context.Context, w io.Writer, sel Selection) error {
	purchases, err := s.db.Client().Purchase.Query().Where(sel.predicates()...).
		Order(purchase.ByProductKey(), purchase.ByPurchaserKey(), purchase.ByID()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	if err := out.Write(columns); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, p := range purchases {
		if err := s.writePurchase(ctx, out, p); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

func (s *Service) writePurchase(ctx context.Context, out *csv.Writer, purchaseID string) error {
	for after, more := "", true; more; {
		n := 0
		err := s.licenses(ctx, purchaseID, after, func(licenseID string, record []string) error {
			n++
			after = licenseID
			for i := range record {
				record[i] = defuse(record[i])
			}
			return out.Write(record)
		})
		if err != nil {
			return err
		}
		more = n == batch
	}
	return nil
}

// licenses reads the next batch of a purchase's licenses, with all that the file says of them.
func (s *Service) licenses(ctx context.Context, purchaseID, after string, each func(licenseID string, record []string) error) error {
	r, err := s.db.Reader(ctx)
	if err != nil {
		return err
	}
	sel, p := r.FromKeys("purchases", "p", "id", []string{purchaseID})
	l := r.Join(sel, "licenses", "l", "purchase_id", p.C("id"))
	u := r.Join(sel, "users", "u", "id", l.C("user_id"))
	pr := r.Join(sel, "products", "pr", "id", p.C("product_id"))
	by := r.LeftJoin(sel, "users", "b", "id", p.C("purchaser_id"))
	sel.Select(l.C("id"), l.C("assigned_at"), pr.C("name"), pr.C("vendor_product_id"), p.C("id"), by.C("display_name"), by.C("user_principal_name"),
		u.C("display_name"), u.C("user_principal_name"), u.C("mail"), u.C("department")).
		Where(sql.And(sql.GT(l.C("id"), after), sql.NEQ(p.C("status"), string(model.SubscriptionStatusDeleted)))).
		OrderBy(l.C("id")).Limit(batch)
	return r.Query(ctx, sel, func(rows *store.Rows) error {
		var licenseID string
		var at instant.Milli
		texts := make([]*string, len(columns)-1)
		dest := []any{&licenseID, &at}
		for i := range texts {
			dest = append(dest, &texts[i])
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		record := make([]string, 0, len(columns))
		for _, t := range texts {
			if t == nil {
				record = append(record, "")
			} else {
				record = append(record, *t)
			}
		}
		return each(licenseID, append(record, at.String()))
	})
}

// formulas are what begins one, to some spreadsheets in the wide forms of East Asia too.
const formulas = "=+-@\t\r\n＝＋－＠"

// defuse keeps a spreadsheet from running a cell as a formula.
func defuse(cell string) string {
	if r, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune(formulas, r) {
		return "'" + cell
	}
	return cell
}
