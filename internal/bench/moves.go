package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"purser/ent"
	"purser/ent/purchase"
	"purser/internal/bench/bigtenant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// movedUsers is how many users each move has.
const movedUsers = 20_000

// printMoves measures moves over the API, and the same change of as many licenses by one statement.
func printMoves(ctx context.Context, o options, d *database) (lines []string, err error) {
	if d == nil {
		return []string{"20,000 users moved\tdatabase\tseconds\tusers a second\tone bare UPDATE\tratio\t(lowest–highest)"}, nil
	}
	t := bigtenant.Tenant{Domain: domain, Users: movedUsers, Seats: movedUsers}
	if err := d.importFile(ctx, t.Write); err != nil {
		return nil, err
	}
	token, err := d.token(ctx)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Options{URL: d.url})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var took, bare, ratios []float64
	for n := range o.moves {
		moved, plain := fmt.Sprintf("moved%d", n), fmt.Sprintf("plain%d", n)
		for _, name := range []string{moved, plain} {
			if err := d.importFile(ctx, func(w io.Writer) error { return t.WritePair(w, name) }); err != nil {
				return nil, err
			}
		}
		update, err := bareUpdate(ctx, db, plain)
		if err != nil {
			return nil, err
		}
		move, err := d.move(ctx, db, moved, token)
		if err != nil {
			return nil, err
		}
		took, bare = append(took, move.Seconds()), append(bare, update.Seconds())
		ratios = append(ratios, move.Seconds()/update.Seconds())
	}
	ratio := median(ratios)
	return []string{fmt.Sprintf("request to end\t%s\t%.2f\t%.0f\t%.2f\t%.1f\t(%.1f–%.1f)", d.kind, median(took), movedUsers/median(took),
		median(bare), ratio, ratios[0], ratios[len(ratios)-1])}, nil
}

// importFile imports what write writes.
func (d *database) importFile(ctx context.Context, write func(io.Writer) error) (err error) {
	dir, err := os.MkdirTemp("", "purser-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "tenant.jsonl")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	_, err = d.purser(ctx, "import", "tenant", name)
	return err
}

// ends returns the two purchases of a pair.
func ends(ctx context.Context, db *store.DB, pair string) (source, target *ent.Purchase, in context.Context, err error) {
	t, err := db.Client().Tenant.Query().Only(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	in = viewer.NewContext(ctx, viewer.System(t.ID))
	if source, err = db.Client().Purchase.Query().Where(purchase.Ref(pair + "-source")).Only(in); err != nil {
		return nil, nil, nil, err
	}
	target, err = db.Client().Purchase.Query().Where(purchase.Ref(pair + "-target")).Only(in)
	return source, target, in, err
}

// bareUpdate gives all licenses of the source to the target, and nothing else.
func bareUpdate(ctx context.Context, db *store.DB, pair string) (time.Duration, error) {
	source, target, _, err := ends(ctx, db, pair)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE licenses SET purchase_id = ?, assigned_at = 0 WHERE purchase_id = ?", target.ID, source.ID)
		if err == nil && n != movedUsers {
			err = fmt.Errorf("%d licenses were updated", n)
		}
		return err
	})
	return time.Since(start), err
}

// move has Purser move the users, and returns how long that took by its own account.
func (d *database) move(ctx context.Context, db *store.DB, pair, token string) (took time.Duration, err error) {
	source, target, in, err := ends(ctx, db, pair)
	if err != nil {
		return 0, err
	}
	s, err := start(ctx, ours, d, "")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r, err := workload{
		query:     `mutation Move($from: ID!, $to: ID!) { moveUsers(input: {fromPurchaseId: $from, toPurchaseId: $to}) { move { id } userErrors { code message } } }`,
		variables: map[string]any{"from": source.ID, "to": target.ID},
	}.ours(ctx, s.url, token)
	if err != nil {
		return 0, err
	}
	data, err := do(http.DefaultClient, r)
	if err != nil {
		return 0, err
	}
	var answer struct {
		MoveUsers struct{ Move *struct{ ID string } }
	}
	if err := json.Unmarshal(data, &answer); err != nil || answer.MoveUsers.Move == nil {
		return 0, fmt.Errorf("the move was refused: %s", data)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		m, err := db.Client().Move.Get(in, answer.MoveUsers.Move.ID)
		if err != nil {
			return 0, err
		}
		if m.FinishedAt != nil {
			if m.Moved != movedUsers {
				return 0, fmt.Errorf("the move ended %s with %d users moved", m.Status, m.Moved)
			}
			return time.Duration(*m.FinishedAt-m.RequestedAt) * time.Millisecond, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
