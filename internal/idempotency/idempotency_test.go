package idempotency_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/idempotency"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// world is a database with two tenants, whose names count what calls have done.
type world struct {
	db   *store.DB
	keys *idempotency.Keys
	now  atomic.Int64 // milliseconds
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db}
	w.now.Store(1_800_000_000_000)
	w.keys = idempotency.New(db, func() time.Time { return time.UnixMilli(w.now.Load()) })
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []string{"ten_a", "ten_b"} {
			err := tx.Tenant.Create().SetID(id).SetName("").SetNameKey(id).SetSearchKey(id).SetDomain(id + ".example").
				SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale("en").Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// done returns how often something was done in a tenant.
func (w *world) done(t *testing.T, tenant string) int {
	t.Helper()
	return len(w.db.Client().Tenant.GetX(t.Context(), tenant).Name)
}

// do does something in a tenant, and returns as its answer how often that has been done.
func (w *world) do(ctx context.Context) ([]byte, error) {
	v, _ := viewer.From(ctx)
	var n int
	err := w.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE tenants SET name = name || 'x' WHERE id = ?", v.Tenant); err != nil {
			return err
		}
		return tx.ReadRow(ctx, "SELECT length(name) FROM tenants WHERE id = ?", []any{v.Tenant}, &n)
	})
	return fmt.Append(nil, n), err
}

// in enters a tenant first.
func in(tenant string, run func(context.Context) ([]byte, error)) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		ctx = viewer.NewContext(ctx, viewer.System(tenant))
		if err := idempotency.Enter(ctx); err != nil {
			return nil, err
		}
		return run(ctx)
	}
}

func call(key, input string) idempotency.Call {
	return idempotency.Call{Credential: "tok_a", Key: key, Input: sha256.Sum256([]byte(input))}
}

// outcome is what came of a call, in words.
func (w *world) outcome(t *testing.T, c idempotency.Call, run func(context.Context) ([]byte, error)) string {
	t.Helper()
	answer, replayed, err := w.keys.Do(t.Context(), c, run)
	switch {
	case err != nil:
		return string(fault.CodeOf(err))
	case replayed:
		return "again " + string(answer)
	}
	return string(answer)
}

// TestDo calls one after the other, on one database.
func TestDo(t *testing.T) {
	no := fault.New(fault.NotFound, "no")
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		refused := func(context.Context) ([]byte, error) { return []byte("refused"), nil }
		afterwards := func(run func(context.Context) ([]byte, error)) func(context.Context) ([]byte, error) {
			return func(ctx context.Context) ([]byte, error) {
				if _, err := run(ctx); err != nil {
					return nil, err
				}
				return nil, no
			}
		}
		other := call("key", "input")
		other.Credential = "tok_b"
		for _, s := range []struct {
			what   string
			call   idempotency.Call
			run    func(context.Context) ([]byte, error)
			passes time.Duration // before it
			want   string
		}{
			{"a call", call("key", "input"), in("ten_a", w.do), 0, "1"},
			{"the same", call("key", "input"), in("ten_a", w.do), 0, "again 1"},
			{"the same, which goes no further than entering", call("key", "input"), in("ten_a", func(context.Context) ([]byte, error) {
				t.Error("it went further")
				return nil, no
			}), 0, "again 1"},
			{"the same, which enters only to write", call("key", "input"), func(ctx context.Context) ([]byte, error) {
				return w.do(viewer.NewContext(ctx, viewer.System("ten_a")))
			}, 0, "again 1"},
			{"the same, which takes no notice", call("key", "input"), func(ctx context.Context) ([]byte, error) {
				ctx = viewer.NewContext(ctx, viewer.System("ten_a"))
				_ = idempotency.Enter(ctx)
				_, _ = w.do(ctx)
				return []byte("nonsense"), nil
			}, 0, "again 1"},
			{"other input", call("key", "other input"), in("ten_a", w.do), 0, "IDEMPOTENCY_MISMATCH"},
			{"other input, which is refused anyway", call("key", "other input"), in("ten_a", refused), 0, "IDEMPOTENCY_MISMATCH"},
			{"another key", call("key 2", "input"), in("ten_a", w.do), 0, "2"},
			{"another credential", other, in("ten_a", w.do), 0, "3"},
			{"another tenant", call("key", "other input"), in("ten_b", w.do), 0, "1"},
			{"the first again", call("key", "input"), in("ten_a", w.do), 0, "again 1"},
			{"who may not enter", call("key", "input"), func(context.Context) ([]byte, error) { return nil, no }, 0, "NOT_FOUND"},
			{"a refusal", call("key 3", "input"), in("ten_a", refused), 0, "refused"},
			{"the same again", call("key 3", "input"), in("ten_a", w.do), 0, "4"},
			{"a failure after the effect", call("key 4", "input"), in("ten_a", afterwards(w.do)), 0, "NOT_FOUND"},
			{"the same again", call("key 4", "input"), in("ten_a", w.do), 0, "5"},
			{"just before a day is over", call("key", "input"), in("ten_a", w.do), 24*time.Hour - time.Millisecond, "again 1"},
			{"just after", call("key", "other input"), in("ten_a", w.do), time.Millisecond, "6"},
			{"the new one", call("key", "other input"), in("ten_a", w.do), 24*time.Hour - time.Millisecond, "again 6"},
			{"no tenant", call("key 5", "input"), func(ctx context.Context) ([]byte, error) { return nil, idempotency.Enter(ctx) }, 0, "INTERNAL"},
			{"two tenants", call("key 5", "input"), in("ten_a", in("ten_b", w.do)), 0, "INTERNAL"},
			{"two tenants in one transaction", call("key 5", "input"), in("ten_a", func(ctx context.Context) ([]byte, error) {
				return w.do(viewer.NewContext(ctx, viewer.System("ten_b")))
			}), 0, "INTERNAL"},
		} {
			w.now.Add(s.passes.Milliseconds())
			if got := w.outcome(t, s.call, s.run); got != s.want {
				t.Errorf("%s: %s, want %s", s.what, got, s.want)
			}
		}
		if a, b := w.done(t, "ten_a"), w.done(t, "ten_b"); a != 6 || b != 1 {
			t.Errorf("done %d and %d times", a, b)
		}
	})
}

// TestOvertaken has the same call come and be done while another one thinks.
func TestOvertaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for i, then := range []func(context.Context) ([]byte, error){
			w.do,
			func(context.Context) ([]byte, error) { return []byte("refused, for what the other has done"), nil },
			func(context.Context) ([]byte, error) { return nil, errors.New("failed, for what the other has done") },
		} {
			c := call(fmt.Sprint("key ", i), "input")
			got := w.outcome(t, c, in("ten_a", func(ctx context.Context) ([]byte, error) {
				if got, want := w.outcome(t, c, in("ten_a", w.do)), fmt.Sprint(i+1); got != want { //nolint:contextcheck // it is another caller's
					t.Errorf("the other: %s, want %s", got, want)
				}
				return then(ctx)
			}))
			if want := fmt.Sprint("again ", i+1); got != want {
				t.Errorf("%d: %s, want %s", i, got, want)
			}
		}
	})
}

// TestAtOnce has sixteen send the same call at once, many times.
func TestAtOnce(t *testing.T) {
	const rounds, callers = 50, 16
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for round := range rounds {
			var answers sync.Map
			var again atomic.Int64
			var all sync.WaitGroup
			start := make(chan struct{})
			for range callers {
				all.Go(func() {
					<-start
					answer, replayed, err := w.keys.Do(t.Context(), call(fmt.Sprint(round), "input"), in("ten_a", w.do))
					if err != nil {
						t.Error(err)
					}
					if replayed {
						again.Add(1)
					}
					answers.Store(string(answer), true)
				})
			}
			close(start)
			all.Wait()
			different := 0
			answers.Range(func(answer, _ any) bool {
				different++
				if answer != fmt.Sprint(round+1) {
					t.Errorf("round %d: %q", round, answer)
				}
				return true
			})
			if different != 1 || again.Load() != callers-1 || w.done(t, "ten_a") != round+1 {
				t.Fatalf("round %d: %d answers, %d of them again, done %d times", round, different, again.Load(), w.done(t, "ten_a"))
			}
		}
	})
}

// TestEveryFault has each statement of a call fail, beforehand and afterwards, and then sends it again: in the
// end it is done once, whatever the first answer was.
func TestEveryFault(t *testing.T) {
	broken := errors.New("broken")
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := new(storetest.Faults)
			w := newWorld(t, storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap}))
			calls := 0
			for _, when := range []storetest.Moment{storetest.Before, storetest.Reading, storetest.After} {
				for at, more := 1, true; more; at++ {
					calls++
					c := call(fmt.Sprint(calls), "input")
					first := ""
					lost := when != storetest.Reading // SQLite does not let go of a connection that is being read
					seen, strikes := faults.During(storetest.Fault{At: at, When: when, Err: broken, Dead: lost}, func() {
						first = w.outcome(t, c, in("ten_a", w.do))
					})
					more = at <= len(seen)
					if done := w.done(t, "ten_a"); strikes > 0 && done == calls && first != fmt.Sprint("again ", calls) {
						t.Errorf("%d/%d: it was done, and the answer is %s", when, at, first)
					}
					if got := w.outcome(t, c, in("ten_a", w.do)); got != fmt.Sprint(calls) && got != fmt.Sprint("again ", calls) {
						t.Errorf("%d/%d: sent again: %s, want %d", when, at, got, calls)
					}
					if done := w.done(t, "ten_a"); done != calls {
						t.Fatalf("%d/%d: done %d times, want %d", when, at, done, calls)
					}
				}
			}
		})
	}
}

// TestKeys looks at what is a key.
func TestKeys(t *testing.T) {
	w := newWorld(t, storetest.Open(t, "sqlite"))
	for _, c := range []struct {
		key  string
		want bool
	}{
		{"", false},
		{" ", true},
		{"a", true},
		{"2f1c9f6e-4a43-4a7e-9c0b-0b8f3a3f7c55", true},
		{"Schlüssel 钥匙", true},
		{strings.Repeat("k", 255), true},
		{strings.Repeat("k", 256), false},
		{strings.Repeat("钥", 255), true},
		{strings.Repeat("钥", 256), false},
		{"a\nb", false},
		{"a\x00", false},
		{"a\u200b", false},
		{"a\u00a0b", false},
	} {
		if got := w.outcome(t, call(c.key, c.key), in("ten_a", w.do)); (got != "INVALID") != c.want {
			t.Errorf("%q: %s", c.key, got)
		}
	}
	nobody := call("key", "input")
	nobody.Credential = ""
	if got := w.outcome(t, nobody, in("ten_a", w.do)); got != "INTERNAL" {
		t.Errorf("a credential without an id: %s", got)
	}
}

// TestSweep records and sees that expired answers of every tenant go, a few at a time.
func TestSweep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		left := func() int {
			n := 0
			for _, tenant := range []string{"ten_a", "ten_b"} {
				n += db.Client().IdempotencyKey.Query().CountX(viewer.NewContext(t.Context(), viewer.System(tenant)))
			}
			return n
		}
		for i := range 30 {
			w.outcome(t, call(fmt.Sprint(i), ""), in([]string{"ten_a", "ten_b"}[i%2], w.do))
		}
		w.now.Add(24 * time.Hour.Milliseconds())
		for i, want := range []int{21, 12, 3, 4} {
			w.outcome(t, call(fmt.Sprint("later ", i), ""), in("ten_a", w.do))
			if got := left(); got != want {
				t.Errorf("%d after %d calls, want %d", got, i+1, want)
			}
		}
	})
}
