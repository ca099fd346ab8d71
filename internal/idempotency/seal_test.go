package idempotency_test

import (
	"context"
	"strings"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// TestWhatIsKept looks for the answer where answers are kept, and for what happens to one that was tampered with.
func TestWhatIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		const answer = `{"secret":"psr_shownOnce"}`
		run := in("ten_a", func(ctx context.Context) ([]byte, error) {
			if _, err := w.do(ctx); err != nil {
				return nil, err
			}
			return []byte(answer), nil
		})
		for i, key := range []string{"key", "key 2"} {
			if got, replayed, err := w.keys.Do(t.Context(), call(key, "input"), run); string(got) != answer || replayed || err != nil {
				t.Fatalf("call %d: %s, %v, %v", i, got, replayed, err)
			}
		}
		ctx := viewer.NewContext(t.Context(), viewer.System("ten_a"))
		rows := db.Client().IdempotencyKey.Query().AllX(ctx)
		if len(rows) != 2 || rows[0].Answer == rows[1].Answer {
			t.Fatalf("%d rows: %v", len(rows), rows)
		}
		for _, r := range rows {
			if strings.Contains(r.Answer, "secret") || strings.Contains(r.ID+r.Answer, "key") {
				t.Errorf("kept in plain: %s", r)
			}
		}
		if got, replayed, err := w.keys.Do(t.Context(), call("key", "input"), run); string(got) != answer || !replayed || err != nil {
			t.Errorf("again: %s, %v, %v", got, replayed, err)
		}
		err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { // each gets the other's
			_, err := tx.Exec(ctx, "UPDATE idempotency_keys SET answer = (SELECT o.answer FROM idempotency_keys o WHERE o.id <> idempotency_keys.id)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := w.keys.Do(t.Context(), call("key", "input"), run); got != nil || err == nil || fault.CodeOf(err) != fault.Internal {
			t.Errorf("another key's answer: %s, %v", got, err)
		}
		if n := w.done(t, "ten_a"); n != 2 {
			t.Errorf("done %d times", n)
		}
	})
}
