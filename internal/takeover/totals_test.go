package takeover

import (
	"context"
	"sync"
	"testing"

	"purser/graph/model"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestTotalsUnderFire has two processes work on twelve moves between purchases of one product, while seats of other
// purchases of it are bought and given up, two purchases to a transaction and in either order of who has which: all
// of it is done, and the product's totals are those of its purchases.
func TestTotalsUnderFire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		other := newReplica(t, b.World)
		defer run(t, b.s)()
		defer run(t, other.s)()
		var busy sync.WaitGroup
		for i := range 8 {
			mine := []string{b.Purchase(t, selfService, 9, nil), b.Purchase(t, central, 9, nil)}
			from := []*store.DB{b.DB, other.DB}[i%2]
			busy.Go(func() {
				for round := range 20 {
					err := from.InTx(b.System(t), func(ctx context.Context, tx *store.Tx) error {
						for n := range mine {
							const change = "UPDATE purchases SET quantity = ? WHERE id = ? AND COALESCE(tenant_id = ?, FALSE)"
							if _, err := tx.Exec(ctx, change, 9+round%3, mine[(i+n)%2], b.Tenant); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		var followed []<-chan *model.MoveProgress
		for range 12 {
			users := b.Users(t, 30)
			moveID := b.move(t, b.Purchase(t, selfService, 30, users), b.Purchase(t, central, 30, nil))
			events, err := b.s.Follow(b.System(t), moveID)
			if err != nil {
				t.Fatal(err)
			}
			followed = append(followed, events)
		}
		for _, events := range followed {
			if p := last(t, events); p.Status != model.MoveStatusSucceeded || p.Moved != 30 {
				t.Errorf("the last event: %+v", p)
			}
		}
		busy.Wait()
		b.Check(t)
	})
}
