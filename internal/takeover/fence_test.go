package takeover

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/pace"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// history keeps what was committed to every move and license, and by whom, whatever a worker believes. The rows of a
// move are written one after the other, so n is their order.
const history = `
	CREATE TABLE move_history (n BIGSERIAL PRIMARY KEY, move_id TEXT, writer TEXT, fence INT, sequence INT, done INT);
	CREATE FUNCTION keep_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO move_history (move_id, writer, fence, sequence, done)
		VALUES (NEW.id, current_setting('application_name'), NEW.fence, NEW.sequence, NEW.moved + NEW.already_licensed + NEW.gone);
		RETURN NULL; END $$;
	CREATE TRIGGER moves_history AFTER UPDATE ON moves FOR EACH ROW
		WHEN (NEW.fence <> OLD.fence OR NEW.sequence <> OLD.sequence) EXECUTE FUNCTION keep_move();
	CREATE TABLE license_history (user_id TEXT, source_id TEXT);
	CREATE FUNCTION keep_license() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO license_history VALUES (OLD.user_id, OLD.purchase_id); RETURN NULL; END $$;
	CREATE TRIGGER licenses_history AFTER UPDATE OR DELETE ON licenses FOR EACH ROW EXECUTE FUNCTION keep_license()`

// TestFenceUnderLoad has four processes steal moves from one another all the time, and breaks their connections, too: every
// user is moved once, and no batch is committed by whoever has lost the lease.
func TestFenceUnderLoad(t *testing.T) {
	const moves, targets = 32, 4
	w := setup(t, storetest.OpenPostgres(t))
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, history)
		return err
	})
	workers := fourWorkers(t, w.World)
	random := rand.New(rand.NewPCG(3, 4))
	people := w.Users(t, 500)
	holders := map[string]map[string]bool{} // who is to hold each target in the end
	var into [targets]string
	for i := range into {
		into[i] = w.Purchase(t, central, 5_000, nil)
		holders[into[i]] = map[string]bool{}
	}
	total := 0
	var followers sync.WaitGroup
	for i := range moves {
		random.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		some := people[:50+random.IntN(251)]
		target := into[i%targets]
		for _, u := range some {
			holders[target][u] = true // several moves may bring the same user: one license is enough
		}
		total += len(some)
		users := len(some)
		events := workers[i%len(workers)].follow(t, w.move(t, w.Purchase(t, selfService, 500, some), target))
		followers.Go(func() {
			if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded || p.Total != users {
				t.Errorf("the last event: %+v", p)
			}
		})
	}
	for _, r := range workers {
		defer run(t, r.s)()
	}
	over := make(chan struct{})
	go func() { followers.Wait(); close(over) }()
	sabotage(t, w, workers, random, over)
	w.Check(t)
	for target, users := range holders {
		w.Holders(t, target, slices.Collect(maps.Keys(users))...)
	}
	checkHistory(t, w, moves, total)
}

// fourWorkers returns processes whose batches have ten users, and who listen to one another.
func fourWorkers(t *testing.T, w *takeovertest.World) []*replica {
	t.Helper()
	var workers []*replica
	for i := range 4 {
		r := newReplicaAt(t, w, w.DB.URL()+fmt.Sprintf("&application_name=worker%d", i))
		r.s.pace = pace.New(10)
		r.s.hub.anyway = 0 // connections break: some announcements are missed
		r.listen(t)
		workers = append(workers, r)
	}
	return workers
}

// sabotage ends leases and breaks connections at random until all moves are over.
func sabotage(t *testing.T, w bundle, workers []*replica, random *rand.Rand, over <-chan struct{}) {
	t.Helper()
	moves := w.DB.Client().Move.Query().IDsX(w.System(t))
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		select {
		case <-over:
			return
		case <-pause.C:
		}
		w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Move.Update().Where(move.ID(moves[random.IntN(len(moves))]), move.FinishedAtIsNil()).SetLeaseUntil(0).Exec(ctx)
		})
		workers[random.IntN(len(workers))].s.wakeUp()
		if n%20 == 0 {
			w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND application_name = ? ORDER BY random() LIMIT 1`, fmt.Sprintf("worker%d", random.IntN(len(workers))))
				return err
			})
		}
	}
}

// checkHistory reads what was committed, in order.
func checkHistory(t *testing.T, w bundle, moves, users int) {
	t.Helper()
	var all, different int
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.ReadRow(ctx, "SELECT COUNT(*), COUNT(DISTINCT user_id || source_id) FROM license_history", nil, &all, &different)
	})
	if all != users || different != users {
		t.Errorf("%d licenses were moved or released, %d different ones, want %d", all, different, users)
	}
	type state struct {
		writer                string
		fence, sequence, done int
	}
	now := map[string]state{}
	claims, batches := 0, 0
	w.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Read(ctx, "SELECT move_id, writer, fence, sequence, done FROM move_history ORDER BY n", nil, func(r *store.Rows) error {
			var id string
			var next state
			if err := r.Scan(&id, &next.writer, &next.fence, &next.sequence, &next.done); err != nil {
				return err
			}
			before := now[id]
			now[id] = next
			if next.fence == before.fence+1 && next.done == before.done { // a claim
				claims++
				return nil
			}
			batches++
			if next.fence != before.fence || next.writer != before.writer || next.sequence != before.sequence+1 || next.done < before.done {
				t.Errorf("move %s: %+v was followed by %+v", id, before, next)
			}
			return nil
		})
	})
	t.Logf("%d moves of %d users: %d claims, %d batches", moves, users, claims, batches)
	if claims < 2*moves {
		t.Errorf("%d claims of %d moves: nobody has stolen much", claims, moves)
	}
}
