package turn_test

import (
	"context"
	"testing"
	"testing/synctest"

	"purser/internal/turn"
)

func TestNobodyTells(t *testing.T) {
	t.Parallel()
	turns := &turn.Turns{}
	for range 3 {
		if turns.Wait(func() { t.Error("woken") }) {
			t.Fatal("it waits for what nobody will say")
		}
	}
	turn.Teller(context.Background())() // of one that waits in a goroutine
}

// TestWoken takes three events and the end: one is there before the subscription waits, one comes while it waits, two
// come at once.
func TestWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns, woken := &turn.Turns{}, 0
		wake := func() { woken++ }
		tell := turn.Teller(turn.NewContext(t.Context(), turns))
		waits := func(want bool, times int) {
			t.Helper()
			if got := turns.Wait(wake); got != want {
				t.Fatalf("waits: %t", got)
			}
			synctest.Wait()
			if woken != times {
				t.Fatalf("woken %d times, want %d", woken, times)
			}
		}
		tell()
		waits(true, 0)
		tell()
		tell()
		synctest.Wait()
		waits(false, 1)
		waits(true, 1)
		tell()
		synctest.Wait()
		waits(true, 2)
	})
}

// TestTakenEarly has an event taken before it is told of: that does not wake anybody, the next one does.
func TestTakenEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns, woken := &turn.Turns{}, 0
		tell := turn.Teller(turn.NewContext(t.Context(), turns))
		if !turns.Wait(func() { woken++ }) {
			t.Fatal("it does not wait")
		}
		for want := range 2 {
			tell()
			synctest.Wait()
			if woken != want {
				t.Fatalf("woken %d times, want %d", woken, want)
			}
		}
	})
}
