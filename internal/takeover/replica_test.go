package takeover

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// replica is a service on a connection pool of its own, as another process would have.
type replica struct {
	bundle
	statements atomic.Int64 // those that ent ran
}

func newReplica(t *testing.T, w *takeovertest.World) *replica {
	t.Helper()
	return newReplicaAt(t, w, w.DB.URL())
}

// newReplicaAt connects the replica by a URL of its own.
func newReplicaAt(t *testing.T, w *takeovertest.World, dbURL string) *replica {
	t.Helper()
	r := &replica{}
	own := *w
	own.DB = openTraced(t, dbURL, func(string) { r.statements.Add(1) })
	r.bundle = bundle{&own, newService(&own)}
	r.s.hub.anyway = time.Hour // rows are read when there is a reason
	return r
}

// openTraced opens a database once more, and is told of its statements.
func openTraced(t *testing.T, dbURL string, trace func(statement string)) *store.DB {
	t.Helper()
	return storetest.Again(t, dbURL, store.Options{Trace: func(_ context.Context, statement string, _ any) { trace(statement) }})
}

// listen has the replica listen until the test ends; on PostgreSQL it does when listen returns.
func (r *replica) listen(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.s.Listen(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if r.DB.Postgres() {
		<-r.s.hub.missed // nobody follows yet and takes note of it
	}
}

func (r *replica) follow(t *testing.T, moveID string) <-chan *model.MoveProgress {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.System(t), time.Minute) // else a test that fails hangs
	t.Cleanup(cancel)
	events, err := r.s.Follow(ctx, moveID)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// TestFollowOnReplica follows moves on one process that another one works on: every kind of change
// arrives, exactly as it is in the row, and without the row being read.
func TestFollowOnReplica(t *testing.T) {
	a := setup(t, storetest.OpenPostgres(t))
	b := newReplica(t, a.World)
	b.s.hub.spacing = 0
	b.listen(t)
	for name, c := range map[string]struct {
		end  func(t *testing.T, moveID, target string)
		want model.MoveStatus
	}{
		"succeeded": {func(*testing.T, string, string) {}, model.MoveStatusSucceeded},
		"canceled": {func(t *testing.T, moveID, _ string) {
			if err := a.s.CancelMove(a.As(t, a.Admin, viewer.BillingAdmin), moveID); err != nil {
				t.Fatal(err)
			}
		}, model.MoveStatusCanceled},
		"failed": {func(t *testing.T, _, target string) {
			a.Set(t, target, func(u *ent.PurchaseUpdate) { u.SetStatus("DISABLED") })
		}, model.MoveStatusFailed},
	} {
		t.Run(name, func(t *testing.T) {
			target := a.Purchase(t, central, 9, nil)
			moveID := a.move(t, a.Purchase(t, selfService, 9, a.Users(t, 9)), target)
			before := b.statements.Load()
			events := b.follow(t, moveID)
			expect := func(want model.MoveStatus) {
				t.Helper()
				p, ok := <-events
				if !ok {
					t.Fatalf("no event, want %s", want)
				}
				if diff := cmp.Diff(progressOf(a.get(t, moveID)), p); diff != "" || p.Status != want {
					t.Errorf("want %s (-row +event):\n%s", want, diff)
				}
			}
			expect(model.MoveStatusQueued)
			for _, nonsense := range []string{"nonsense", `{"move":"` + moveID + `","status":"NEVER_HEARD_OF","sequence":99}`} {
				a.InTx(t, func(ctx context.Context, tx *store.Tx) error { return tx.Notify(ctx, channel, nonsense) })
			}
			tasks := a.s.look(t.Context(), nil)
			expect(model.MoveStatusRunning)
			for range 3 {
				a.Clock.Advance(time.Second)
				tasks = a.s.round(t.Context(), tasks)
				expect(model.MoveStatusRunning)
			}
			c.end(t, moveID, target)
			for len(tasks) > 0 {
				tasks = a.s.round(t.Context(), tasks)
			}
			if p := last(t, events); p == nil || p.Status != c.want {
				t.Fatalf("the last event: %+v", p)
			} else if diff := cmp.Diff(progressOf(a.get(t, moveID)), p); diff != "" {
				t.Errorf("the last event (-row +event):\n%s", diff)
			}
			if n := b.statements.Load() - before; n != 1 {
				t.Errorf("%d statements on the replica, want 1 for the state at the beginning", n)
			}
		})
	}
}

// TestMissedAnnouncements finishes a move of which a replica hears nothing, though it believes that it does:
// what it missed it reads when it hears again, and else now and then.
func TestMissedAnnouncements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a := setup(t, db)
		for name, c := range map[string]struct {
			anyway time.Duration
			then   func(*hub)
		}{
			"hears again":   {time.Hour, (*hub).hear},
			"now and then":  {0, func(*hub) {}},
			"hears no more": {time.Hour, (*hub).deafen},
		} {
			t.Run(name, func(t *testing.T) {
				b := newReplica(t, a.World)
				b.s.hub.anyway = c.anyway
				b.s.hub.hear()
				<-b.s.hub.missed
				events := b.follow(t, a.move(t, a.Purchase(t, selfService, 5, a.Users(t, 5)), a.Purchase(t, central, 5, nil)))
				<-events
				work(t.Context(), a.s)
				c.then(b.s.hub)
				if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded || p.Moved != 5 {
					t.Errorf("the last event: %+v", p)
				}
			})
		}
	})
}

// TestConnectionLost breaks the replica's connection for announcements in the middle of a move, and lets nobody
// connect again until the move is over.
func TestConnectionLost(t *testing.T) {
	a := setup(t, storetest.OpenPostgres(t))
	b := newReplica(t, a.World)
	b.listen(t)
	target := a.Purchase(t, central, 10, nil)
	events := b.follow(t, a.move(t, a.Purchase(t, selfService, 5, a.Users(t, 5)), target))
	<-events
	tasks := a.s.round(t.Context(), a.s.look(t.Context(), nil))
	for p := range events {
		if p.Moved > 0 {
			break
		}
	}
	admit(t, a.DB, false)
	a.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		var ended bool
		return tx.ReadRow(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'purser listens to %'`, nil, &ended)
	})
	for len(tasks) > 0 {
		tasks = a.s.round(t.Context(), tasks)
	}
	if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded || p.Moved != 5 {
		t.Errorf("the last event: %+v", p)
	}
	admit(t, a.DB, true)
	events = b.follow(t, a.move(t, a.Purchase(t, selfService, 5, a.Users(t, 5)), target))
	work(t.Context(), a.s)
	if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded {
		t.Errorf("the last event of the next move: %+v", p)
	}
}

// admit lets new connections into the database, or none.
func admit(t *testing.T, db *store.DB, yes bool) {
	t.Helper()
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres" // it cannot be done from inside
	server, err := store.Open(t.Context(), store.Options{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	err = server.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", name, yes))
		return err
	})
	if err := errors.Join(err, server.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestThreeReplicas has three processes work on moves and follow all of them; some followers read
// nothing before the move is over, and find its end waiting.
func TestThreeReplicas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a := setup(t, db)
		var replicas []*replica
		for range 3 {
			r := newReplica(t, a.World)
			r.listen(t)
			replicas = append(replicas, r)
		}
		target := a.Purchase(t, central, 100, nil)
		var users []string
		var slow []<-chan *model.MoveProgress
		var followers sync.WaitGroup
		for i := range 6 {
			us := a.Users(t, 5+i)
			users = append(users, us...)
			moveID := replicas[i%3].move(t, a.Purchase(t, selfService, 20, us), target)
			for _, r := range replicas {
				slow = append(slow, r.follow(t, moveID))
				events := r.follow(t, moveID)
				followers.Go(func() {
					if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded || p.Moved != len(us) {
						t.Errorf("the last event: %+v", p)
					}
				})
			}
		}
		for _, r := range replicas {
			defer run(t, r.s)()
		}
		followers.Wait()
		for _, events := range slow {
			p, ok := <-events
			if !ok || p.Status != model.MoveStatusSucceeded {
				t.Errorf("who did not read finds %+v", p)
			}
			if p, ok := <-events; ok {
				t.Errorf("and then %+v", p)
			}
		}
		a.Check(t)
		a.Holders(t, target, users...)
	})
}

// TestReadAll reads the rows of all followed moves in one statement a tenant, however many follow them.
func TestReadAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a := setup(t, db)
		other := takeovertest.New(t, db, "en")
		elsewhere := bundle{other, newService(other)}
		var followed []<-chan *model.MoveProgress
		b := newReplica(t, a.World)
		b.s.hub.hear() // no reading on its own
		<-b.s.hub.missed
		for range 3 {
			moveID := a.move(t, a.Purchase(t, selfService, 2, a.Users(t, 2)), a.Purchase(t, central, 2, nil))
			for range 10 {
				followed = append(followed, b.follow(t, moveID))
			}
		}
		moveID := elsewhere.move(t, elsewhere.Purchase(t, selfService, 2, elsewhere.Users(t, 2)), elsewhere.Purchase(t, central, 2, nil))
		events, err := b.s.Follow(elsewhere.System(t), moveID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Follow(elsewhere.System(t), "mov_unknown"); err == nil {
			t.Fatal("followed nothing")
		}
		followed = append(followed, events)
		work(t.Context(), a.s)
		ctx, n := store.CountStatements(t.Context())
		moves, hearing, ok := b.s.hub.followed()
		if !ok || !hearing || len(moves[a.Tenant]) != 3 || len(moves[elsewhere.Tenant]) != 1 || len(moves) != 2 {
			t.Fatalf("followed are %v, %v, %v", moves, hearing, ok)
		}
		b.s.readAll(ctx, moves)
		if n.Load() != 2 {
			t.Errorf("%d statements, want one a tenant", n.Load())
		}
		for _, events := range followed {
			if p := last(t, events); p == nil || p.Status != model.MoveStatusSucceeded {
				t.Errorf("the last event: %+v", p)
			}
		}
	})
}
