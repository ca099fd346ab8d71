// Package catalog holds the products that all tenants share.
package catalog

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"purser/ent"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
)

//go:embed catalog.tsv
var builtIn []byte

// Catalog is the list of products.
type Catalog struct {
	db  *store.DB
	ids *id.Source
}

// New returns the catalogue of a database.
func New(db *store.DB, ids *id.Source) *Catalog { return &Catalog{db: db, ids: ids} }

// LoadBuiltIn fills an empty catalogue with the one that Purser brings along. Its products have
// the same ids in every installation. Of several processes that call it at once, one does it.
func (c *Catalog) LoadBuiltIn(ctx context.Context) error {
	some, err := c.db.Client().Product.Query().Exist(ctx)
	if err != nil || some {
		return err
	}
	made := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	random := rand.NewChaCha8([32]byte{}) // repeatable on purpose
	fixed := &Catalog{db: c.db, ids: id.NewSourceFrom(func() time.Time { return made }, random)}
	if _, err = fixed.Import(ctx, bytes.NewReader(builtIn)); fault.CodeOf(err) == fault.Conflict {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("load the built-in catalogue: %w", err)
	}
	return nil
}

// Lookup returns the product that carries the vendor's id now or carried it before, or fault.NotFound.
func (c *Catalog) Lookup(ctx context.Context, vendorID string) (*ent.Product, error) {
	index, err := Load(ctx, c.db.Client())
	if err != nil {
		return nil, err
	}
	if p, ok := index.Find(vendorID); ok {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "No product has or had the id %q.", vendorID)
}

// Index finds products by the vendor's ids.
type Index struct {
	products []*ent.Product
	byID     map[string]*ent.Product
}

// Load reads the whole catalogue.
func Load(ctx context.Context, client *ent.Client) (*Index, error) {
	products, err := client.Product.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	i := &Index{products: products, byID: make(map[string]*ent.Product, 2*len(products))}
	for _, p := range products {
		i.byID[p.VendorProductID] = p
		for former := range strings.FieldsSeq(p.FormerIds) {
			i.byID[former] = p
		}
	}
	return i, nil
}

// Find returns the product that carries the vendor's id now or carried it before.
func (i *Index) Find(vendorID string) (*ent.Product, bool) {
	p, ok := i.byID[vendorID]
	return p, ok
}
