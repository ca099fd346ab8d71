package handwritten

import (
	"testing"
	"time"

	"purser/internal/store/storetest"
)

// TestWhatIsCommittedIsDurable: else the handler would be compared with a server that does more.
func TestWhatIsCommittedIsDurable(t *testing.T) {
	h, err := New(t.Context(), storetest.URL(t, "sqlite"), 1, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }() // nothing is lost
	var synchronous int
	if err := h.writer.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous); err != nil || synchronous != 2 {
		t.Errorf("synchronous is %d (%v), want 2, which is FULL", synchronous, err)
	}
}
