package takeover

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// BenchmarkMove moves 20,000 users, and compares that with one bare UPDATE of as many licenses
// in the same database: what moving them costs without record, counts, progress and leases.
//
//	users/s       of the move, from the request to its end
//	users/s-bare  of the bare UPDATE
//	x-bare        how many times as long as the bare UPDATE the move takes
//	max-batch-ms  the longest transaction that other writers had to wait for
//	request-ms    the request's answer
func BenchmarkMove(b *testing.B) {
	const users = 20_000
	for _, kind := range storetest.Kinds(b) {
		b.Run(kind, func(b *testing.B) {
			db := storetest.Open(b, kind)
			w := takeovertest.New(b, db, "en")
			people := w.Users(b, users)
			rand.New(rand.NewPCG(1, 2)).Shuffle(users, func(i, j int) { people[i], people[j] = people[j], people[i] })
			s := New(Deps{
				DB: db, Trail: audit.New(w.IDs, time.Now), Outbox: outbox.New(w.IDs, time.Now), IDs: id.NewSource(time.Now),
				Now: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			var moving, bare, request, batch time.Duration
			for b.Loop() {
				b.StopTimer()
				source, target := w.Purchase(b, selfService, users, people), w.Purchase(b, central, users, nil)
				plain, other := w.Purchase(b, selfService, users, people), w.Purchase(b, central, users, nil)
				if err := db.Analyze(b.Context()); err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				w.InTx(b, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, "UPDATE licenses SET purchase_id = ?, assigned_at = 0 WHERE purchase_id = ?", other, plain)
					return err
				})
				bare += time.Since(start)
				b.StartTimer()
				start = time.Now()
				if _, err := s.MoveUsers(w.As(b, w.Admin, viewer.GlobalAdmin), Request{From: source, To: target}); err != nil {
					b.Fatal(err)
				}
				request += time.Since(start)
				for tasks := s.look(b.Context(), nil); len(tasks) > 0; {
					began := time.Now()
					tasks = s.round(b.Context(), tasks)
					batch = max(batch, time.Since(began))
				}
				moving += time.Since(start)
				b.StopTimer()
				if n := w.Get(b, target).Assigned; n != users {
					b.Fatalf("%d users were moved", n)
				}
				b.StartTimer()
			}
			n := float64(users * b.N)
			b.ReportMetric(n/moving.Seconds(), "users/s")
			b.ReportMetric(n/bare.Seconds(), "users/s-bare")
			b.ReportMetric(moving.Seconds()/bare.Seconds(), "x-bare")
			b.ReportMetric(float64(batch.Milliseconds()), "max-batch-ms")
			b.ReportMetric(float64(request.Milliseconds())/float64(b.N), "request-ms")
		})
	}
}
