// Package demo fills an empty database with made-up organizations, the same ones every time.
package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"purser/internal/catalog"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
)

// Size says how much there is.
type Size string

// The sizes. Small shows every situation in a few dozen people; the others are one organization,
// as big as its name says: 20,000 users, 10,000 purchases and 200,000 licenses, or 200,000, 100,000 and 1,000,000.
const (
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

// Sizes lists the sizes.
var Sizes = []Size{Small, Medium, Large}

// Result says what was made.
type Result struct{ Tenants, Users, Purchases, Licenses int }

// Demo makes the data.
type Demo struct {
	db      *store.DB
	catalog *catalog.Catalog
	now     func() time.Time
}

// New returns the demo for a database. The data is laid around the day that now tells.
func New(db *store.DB, products *catalog.Catalog, now func() time.Time) *Demo {
	return &Demo{db: db, catalog: products, now: now}
}

// Seed makes the data in one transaction, and loads the built-in catalogue first if there is
// none. On one day it makes the same rows with the same ids. progress, which may be nil, is told
// how many rows of how many are there. Seed is for the command line. It returns fault.Conflict
// when the database has tenants, and fault.Invalid for an unknown size.
func (d *Demo) Seed(ctx context.Context, size Size, progress func(done, total int)) (Result, error) {
	if !slices.Contains(Sizes, size) {
		return Result{}, fault.New(fault.Invalid, "%q is not one of %v.", size, Sizes)
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := d.catalog.LoadBuiltIn(ctx); err != nil {
		return Result{}, err
	}
	var result Result
	err := d.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		some, err := tx.Tenant.Query().Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for tenants: %w", err)
		}
		if some {
			return fault.New(fault.Conflict, "The database has tenants already; the demo needs an empty one.")
		}
		products, err := catalog.Load(ctx, tx.Client)
		if err != nil {
			return err
		}
		w := newWorld(size, d.today(), products)
		result, err = w.write(ctx, tx, size, progress)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("seed the %s demo: %w", size, err)
	}
	if err := d.db.Analyze(ctx); err != nil {
		return result, fmt.Errorf("renew the statistics: %w", err)
	}
	return result, nil
}

// today is the midnight (UTC) before now.
func (d *Demo) today() instant.Milli { return instant.From(d.now().UTC().Truncate(24 * time.Hour)) }
