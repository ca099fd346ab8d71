package takeover

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"slices"
	"syscall"
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

var million = flag.Bool("million", false, "have BenchmarkMove move a million users, too")

// BenchmarkMove moves 10,000 and 100,000 users, and compares that with one bare UPDATE of as many
// licenses in the same database: what moving them costs without record, counts, progress and leases.
// Somebody else writes all the while. The users got their licenses in the order of their own ids, as
// people do who come one after the other, or shuffled, the worst there is for the indexes.
//
//	users/s       of the move, from the request to its end
//	cpu-us/user   CPU time of this process meanwhile, which a busy machine changes little; PostgreSQL's is not in it
//	x-bare        how many times as long as the bare UPDATE the move takes
//	max-batch-ms  the longest round of the worker
//	request-ms    the request's answer
//	other-p99-ms  what one in a hundred small writes of somebody else takes, or longer
//	grown-MB      how much the heap has grown at most
func BenchmarkMove(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if *million {
		sizes = append(sizes, 1_000_000)
	}
	for _, kind := range storetest.Kinds(b) {
		for _, users := range sizes {
			b.Run(fmt.Sprintf("%s/%d/in order", kind, users), func(b *testing.B) { benchmarkMove(b, kind, users, false) })
			b.Run(fmt.Sprintf("%s/%d/shuffled", kind, users), func(b *testing.B) { benchmarkMove(b, kind, users, true) })
		}
	}
}

func benchmarkMove(b *testing.B, kind string, users int, shuffled bool) {
	b.Helper()
	db := storetest.Open(b, kind)
	w := takeovertest.New(b, db, "en")
	people := w.Users(b, users)
	if shuffled {
		rand.New(rand.NewPCG(1, 2)).Shuffle(users, func(i, j int) { people[i], people[j] = people[j], people[i] })
	}
	s := New(Deps{
		DB: db, Trail: audit.New(w.IDs, time.Now), Outbox: outbox.New(w.IDs, time.Now), IDs: id.NewSource(time.Now),
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	var moving, computing, bare, request, batch time.Duration
	var others []time.Duration
	var grown uint64
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
		runtime.GC()
		before := heap()
		stop := writeBeside(b, w)
		b.StartTimer()
		start = time.Now()
		used := cpu(b)
		if _, err := s.MoveUsers(w.As(b, w.Admin, viewer.GlobalAdmin), Request{From: source, To: target}); err != nil {
			b.Fatal(err)
		}
		request += time.Since(start)
		for tasks := s.look(b.Context(), nil); len(tasks) > 0; {
			began := time.Now()
			tasks = s.round(b.Context(), tasks)
			batch = max(batch, time.Since(began))
			if now := heap(); now > before {
				grown = max(grown, now-before)
			}
		}
		moving += time.Since(start)
		computing += cpu(b) - used
		b.StopTimer()
		others = append(others, stop()...)
		if n := w.Get(b, target).Assigned; n != users {
			b.Fatalf("%d users were moved", n)
		}
		b.StartTimer()
	}
	slices.Sort(others)
	b.ReportMetric(float64(users*b.N)/moving.Seconds(), "users/s")
	b.ReportMetric(float64(computing.Microseconds())/float64(users*b.N), "cpu-us/user")
	b.ReportMetric(moving.Seconds()/bare.Seconds(), "x-bare")
	b.ReportMetric(float64(batch.Milliseconds()), "max-batch-ms")
	b.ReportMetric(float64(request.Milliseconds())/float64(b.N), "request-ms")
	b.ReportMetric(float64(others[len(others)*99/100].Microseconds())/1000, "other-p99-ms")
	b.ReportMetric(float64(grown)/1e6, "grown-MB")
}

// writeBeside changes a small row again and again until stop, which returns how long each took.
func writeBeside(b *testing.B, w *takeovertest.World) (stop func() []time.Duration) {
	b.Helper()
	ctx, cancel := context.WithCancel(w.System(b))
	done := make(chan []time.Duration)
	go func() {
		var took []time.Duration
		pause := time.NewTicker(5 * time.Millisecond) // a person, not a load test
		defer pause.Stop()
		for ctx.Err() == nil {
			start := time.Now()
			err := w.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE tenants SET country = 'US' WHERE id = ?", w.Tenant)
				return err
			})
			if err != nil {
				b.Error(err)
			}
			took = append(took, time.Since(start))
			<-pause.C
		}
		done <- took
	}()
	return func() []time.Duration { cancel(); return <-done }
}

// cpu is what this process has computed so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
