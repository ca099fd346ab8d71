package licensing

import (
	"context"
	"flag"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover"
	"purser/internal/viewer"
)

// races is how many races for the last seat are run.
var races = flag.Int("races", 200, "how many races for the last seat")

// second returns a service on a connection pool of its own, as another process would have.
func (b bundle) second(t *testing.T) *Service {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: b.DB.URL(), Synchronous: "normal"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	own := *b.World
	own.DB = db
	return newService(&own)
}

// atOnce does all of it at the same moment.
func atOnce(n int, do func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// TestLastSeat has 32 administrators, at two processes, give the last seat to somebody else each:
// exactly one does, and the others are told that there are no seats, every time.
func TestLastSeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		services := []*Service{b.s, b.second(t)}
		const racers = 32
		users, ctx := b.Users(t, racers), b.licenseAdmin(t)
		p := b.Purchase(t, central, 3, b.Users(t, 2))
		for range *races {
			var errs [racers]error
			atOnce(racers, func(i int) { _, errs[i] = services[i%2].Assign(ctx, p, users[i:i+1]) })
			winner := slices.Index(errs[:], nil)
			for i, err := range errs {
				if (err == nil) != (i == winner) || err != nil && fault.CodeOf(err) != fault.NotEnoughSeats {
					t.Fatalf("racer %d, when %d won: %v", i, winner, err)
				}
			}
			if got := b.Get(t, p).Assigned; got != 3 {
				t.Fatalf("assigned %d of 3", got)
			}
			if err := b.s.Unassign(ctx, p, users[winner:winner+1]); err != nil {
				t.Fatal(err)
			}
		}
		b.Check(t)
	})
}

// TestSameSeat has everybody give a license to the same user, and then take it back: one does.
func TestSameSeat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		user, ctx, p := b.Users(t, 1), b.licenseAdmin(t), b.Purchase(t, central, 9, nil)
		for range min(*races, 20) {
			for _, c := range []struct {
				do    func() error
				other fault.Code
			}{
				{func() error { _, err := b.s.Assign(ctx, p, user); return err }, fault.AlreadyLicensed},
				{func() error { return b.s.Unassign(ctx, p, user) }, fault.NotLicensed},
			} {
				var won atomic.Int32
				atOnce(16, func(int) {
					switch err := c.do(); {
					case err == nil:
						won.Add(1)
					case fault.CodeOf(err) != c.other:
						t.Error(err)
					}
				})
				if won.Load() != 1 {
					t.Fatalf("%d did it", won.Load())
				}
			}
		}
		b.Check(t)
	})
}

// TestSeatGivenBackJustThen: whoever sees no free seat, and then waits for somebody who is giving one back, gets it.
func TestSeatGivenBackJustThen(t *testing.T) {
	b := setup(t, storetest.OpenPostgres(t)) // on SQLite nobody sees anything while somebody writes
	users, ctx := b.Users(t, 2), b.licenseAdmin(t)
	p, done := b.Purchase(t, central, 1, users[:1]), make(chan error, 1)
	b.InTx(t, func(_ context.Context, tx *store.Tx) error {
		if err := b.s.unassign(ctx, tx, viewer.System(b.Tenant), p, people{field: "userIds", ids: users[:1], nth: []int{0}}); err != nil {
			return err
		}
		go func() {
			_, err := b.s.Assign(ctx, p, users[1:])
			done <- err
		}()
		for !b.somebodyWaits(ctx, t) && t.Context().Err() == nil {
			continue
		}
		return nil
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
	b.Holders(t, p, users[1])
	b.Check(t)
}

// somebodyWaits tells whether somebody waits for a lock in the database. Whoever asks within a transaction
// gets the first answer again and again.
func (b bundle) somebodyWaits(ctx context.Context, t *testing.T) (waits bool) {
	t.Helper()
	rows, err := b.DB.QueryUnwalled(ctx, "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		if err := rows.Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return waits
}

// TestSeatsUnderFire assigns and unassigns while the number of seats changes and moves reserve some: nobody
// meets the database's own check, and in the end every seat is accounted for.
func TestSeatsUnderFire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		services, ctx := []*Service{b.s, b.second(t)}, b.licenseAdmin(t)
		p := b.Purchase(t, central, 12, nil)
		users := b.Users(t, 16)
		statement := func(query string, args ...any) (n int, err error) {
			err = b.DB.InTx(b.System(t), func(ctx context.Context, tx *store.Tx) error {
				n, err = tx.Exec(ctx, query, args...)
				return err
			})
			return n, err
		}
		usual := []fault.Code{"", fault.NotEnoughSeats, fault.AlreadyLicensed, fault.NotLicensed, fault.Conflict}
		var assigned atomic.Int32
		atOnce(24, func(i int) {
			for round := range 20 {
				mine, s := users[i%16:i%16+1], services[i%2]
				var err error
				switch {
				case i >= 20: // seats are bought and given up
					_, err = statement("UPDATE purchases SET quantity = ? WHERE id = ? AND assigned + reserved <= ?", 8+(round+i)%6, p, 8+(round+i)%6)
				case i >= 16: // a move is accepted and stopped
					var n int
					n, err = statement("UPDATE purchases SET reserved = reserved + 3 WHERE id = ? AND assigned + reserved + 3 <= quantity", p)
					if err == nil && n == 1 {
						_, err = statement("UPDATE purchases SET reserved = reserved - 3 WHERE id = ?", p)
					}
				case round%2 == 0:
					if _, err = s.Assign(ctx, p, mine); err == nil {
						assigned.Add(1)
					}
				default:
					err = s.Unassign(ctx, p, mine)
				}
				if !slices.Contains(usual, fault.CodeOf(err)) {
					t.Error(err)
				}
			}
		})
		b.Check(t)
		if assigned.Load() == 0 {
			t.Error("nobody got a license")
		}
	})
}

// TestAssignDuringMove moves twenty users to a purchase that has seats for five more, while 32 administrators
// give seats away: the move gets what it reserved, five of the others get the rest.
func TestAssignDuringMove(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		moves := takeover.New(takeover.Deps{
			DB: db, Trail: audit.New(b.IDs, b.Clock.Now), Outbox: outbox.New(b.IDs, b.Clock.Now), IDs: b.IDs, Now: b.Clock.Now, Log: slog.New(slog.DiscardHandler),
		})
		movers, others := b.Users(t, 20), b.Users(t, 32)
		source, target := b.Purchase(t, selfService, 20, movers), b.Purchase(t, central, 25, nil)
		ctx, cancel := context.WithCancel(t.Context())
		worked := make(chan error)
		go func() { worked <- moves.Run(ctx) }()
		answer, err := moves.MoveUsers(b.As(t, b.Admin, viewer.GlobalAdmin), takeover.Request{From: source, To: target})
		if err != nil {
			t.Fatal(err)
		}
		events, err := moves.Follow(b.System(t), answer.MoveID)
		if err != nil {
			t.Fatal(err)
		}
		var got atomic.Int32
		atOnce(32, func(i int) {
			switch _, err := b.s.Assign(b.licenseAdmin(t), target, others[i:i+1]); {
			case err == nil:
				got.Add(1)
			case fault.CodeOf(err) != fault.NotEnoughSeats:
				t.Error(err)
			}
			// what is being emptied, or is gone, takes nobody
			if _, err := b.s.Assign(b.As(t, b.Admin, viewer.Member), source, others[i:i+1]); !slices.Contains([]fault.Code{fault.MoveInProgress, fault.WrongStatus}, fault.CodeOf(err)) {
				t.Errorf("to the source: %v", err)
			}
		})
		for range events { // until the move is over
			continue
		}
		cancel()
		if err := <-worked; err != nil {
			t.Error(err)
		}
		if p := b.Get(t, target); got.Load() != 5 || p.Assigned != 25 || p.Reserved != 0 {
			t.Errorf("%d of the others got a seat; assigned %d, reserved %d", got.Load(), p.Assigned, p.Reserved)
		}
		b.Check(t)
	})
}
