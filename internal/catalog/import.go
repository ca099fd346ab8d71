package catalog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"purser/ent"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/lines"
	"purser/internal/store"
)

// MaxFile is the size in bytes that a catalogue file may have.
const MaxFile = 32 << 20

// Result says what an import did to the products of its file.
type Result struct{ Added, Updated, Unchanged int }

func (r Result) String() string {
	return fmt.Sprintf("products: %d added, %d updated, %d unchanged", r.Added, r.Updated, r.Unchanged)
}

// Import takes over the products of a tab-separated file with a header (see catalog.tsv), all or
// none of them, and leaves the other products alone. A product is known by its vendor's id, or
// by a former one under which the catalogue still has it: then it goes on under the new id. It
// returns a *lines.Error when something is wrong with the file.
func (c *Catalog) Import(ctx context.Context, r io.Reader) (Result, error) {
	// read before the transaction begins, which may be tried again
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return Result{}, fmt.Errorf("read the catalogue file: %w", err)
	}
	if len(text) > MaxFile {
		return Result{}, fmt.Errorf("the catalogue file is longer than %d bytes", MaxFile)
	}
	var result Result
	err = c.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		result, err = c.load(ctx, tx, lines.Open(bytes.NewReader(text)))
		return err
	})
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

func (c *Catalog) load(ctx context.Context, tx *store.Tx, file *lines.File) (Result, error) {
	if err := lock(ctx, tx); err != nil {
		return Result{}, err
	}
	known, err := Load(ctx, tx.Client)
	if err != nil {
		return Result{}, err
	}
	next, was := plan(file, known, parse(file))
	if err := file.Err(); err != nil {
		return Result{}, err
	}
	var result Result
	for i, p := range next {
		switch old := was[i]; {
		case old == nil:
			result.Added++
			p.ID = c.ids.New(id.Product)
			err = insert(ctx, tx, p)
		case same(old, p):
			result.Unchanged++
		default:
			result.Updated++
			p.ID = old.ID
			err = update(ctx, tx, old, p)
		}
		if err != nil {
			return Result{}, fmt.Errorf("write product %s: %w", p.VendorProductID, err)
		}
	}
	return result, nil
}

// lock lets one import at a time change the catalogue. SQLite has one writer anyway.
func lock(ctx context.Context, tx *store.Tx) error {
	if !tx.Postgres() {
		return nil
	}
	_, err := tx.Exec(ctx, "LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE")
	return err
}

// plan says which product each row becomes, and which one it was; nil for a new one. Ids that
// would then belong to two products are noted in the file.
func plan(file *lines.File, known *Index, rows []row) (next, was []*ent.Product) {
	owner := map[string]string{} // vendor id, current or former → current id of its product, as it will be
	replaced := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		p, old := r.product, find(known, r)
		former := r.former
		if _, twice := owner[p.VendorProductID]; twice || old != nil && replaced[old.ID] {
			file.Wrong(r.line, colID, "the product is in the file already")
			old = nil
		}
		if old != nil {
			replaced[old.ID] = true
			former = append(strings.Fields(old.FormerIds), former...)
			if old.VendorProductID != p.VendorProductID {
				former = append(former, old.VendorProductID)
			}
		}
		owner[p.VendorProductID] = p.VendorProductID
		slices.Sort(former)
		former = slices.DeleteFunc(slices.Compact(former), func(s string) bool { return s == p.VendorProductID })
		p.FormerIds = strings.Join(former, " ")
		p.SearchKey = fold.Keys(append([]string{p.Name, p.Family, p.VendorProductID}, former...)...)
		next, was = append(next, &p), append(was, old)
	}
	for _, p := range known.products {
		if !replaced[p.ID] {
			claim(owner, p, nil)
		}
	}
	for i, p := range next {
		claim(owner, p, func(column, id, other string) {
			file.Wrong(rows[i].line, column, "%s is an id of %s already", id, other)
		})
	}
	return next, was
}

// find returns the product that a row speaks of: the one with its id, or else with one of its former ids.
func find(known *Index, r *row) *ent.Product {
	for _, vendorID := range append([]string{r.product.VendorProductID}, r.former...) {
		if p, ok := known.Find(vendorID); ok && p.VendorProductID == vendorID {
			return p
		}
	}
	return nil
}

// claim notes the ids of p as its own, and calls taken for those that another product has.
func claim(owner map[string]string, p *ent.Product, taken func(column, id, other string)) {
	ids := append([]string{p.VendorProductID}, strings.Fields(p.FormerIds)...)
	for i, vendorID := range ids {
		other, ok := owner[vendorID]
		if ok && other != p.VendorProductID && taken != nil {
			column := colFormer
			if i == 0 {
				column = colID
			}
			taken(column, vendorID, other)
			continue
		}
		owner[vendorID] = p.VendorProductID
	}
}
