package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"purser/ent"
	"purser/internal/catalog"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// world holds what all organizations of a demo share: the day, the products and the sources of
// ids and chance, which begin the same every time.
type world struct {
	today    instant.Milli
	products *catalog.Index
	rand     *rand.Rand
	ids      *id.Source
	eventIDs *id.Source
	eventAt  instant.Milli // the clock of eventIDs
	missing  string        // a product that the demo needs and the catalogue lacks
}

func newWorld(size Size, today instant.Milli, products *catalog.Index) *world {
	w := &world{today: today, products: products}
	source := func(purpose string) *rand.ChaCha8 {
		var seed [32]byte
		copy(seed[:], string(size)+" "+purpose)
		return rand.NewChaCha8(seed)
	}
	w.rand = rand.New(source("chance")) //nolint:gosec // made-up data, repeatable on purpose
	clock := today.Add(-day)            // before all ids that are made later
	w.ids = id.NewSourceFrom(func() time.Time {
		clock++
		return clock.Time()
	}, source("rows"))
	w.eventIDs = id.NewSourceFrom(func() time.Time { return w.eventAt.Time() }, source("events"))
	return w
}

// ago is an instant during the day that was n days ago, at a working hour.
func (w *world) ago(n, hours int) instant.Milli {
	return w.today.Add(-time.Duration(n)*day + time.Duration(hours)*hour)
}

// product finds a product by one of its vendor's ids.
func (w *world) product(vendorID string) *ent.Product {
	p, ok := w.products.Find(vendorID)
	if !ok {
		w.missing = vendorID
		return &ent.Product{}
	}
	return p
}

// write makes the rows of a demo.
func (w *world) write(ctx context.Context, tx *store.Tx, size Size, progress func(done, total int)) (Result, error) {
	switch size {
	case Medium:
		return w.writeBig(ctx, tx, figures{users: 20_000, purchases: 10_000, licenses: 200_000, biggest: 20_000}, progress)
	case Large:
		return w.writeBig(ctx, tx, figures{users: 200_000, purchases: 100_000, licenses: 1_000_000, biggest: 20_000}, progress)
	case Small:
	}
	organizations := []*organization{w.contoso(), w.tulip(), w.lotus(), w.fabrikam()}
	if w.missing != "" {
		return Result{}, fmt.Errorf("the catalogue has no product %s", w.missing)
	}
	var result Result
	for i, o := range organizations {
		if err := o.write(ctx, tx); err != nil {
			return Result{}, fmt.Errorf("write %s: %w", o.tenant.Domain, err)
		}
		result.Tenants++
		result.Users += len(o.users)
		result.Purchases += len(o.purchases)
		result.Licenses += len(o.licenses)
		progress(i+1, len(organizations))
	}
	return result, nil
}
