package licensing

import (
	"fmt"
	"testing"

	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// BenchmarkAssign gives licenses to one user and to many, and takes them back; a large central purchase has a hundred
// thousand others.
func BenchmarkAssign(b *testing.B) {
	for _, kind := range storetest.Kinds(b) {
		w := takeovertest.New(b, storetest.Open(b, kind), "en")
		s, p := newService(w), w.Purchase(b, central, 101_000, w.Users(b, 100_000))
		if err := w.DB.Analyze(b.Context()); err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 100, MostAssigned} {
			users, ctx := w.Users(b, n), w.As(b, w.Admin, viewer.LicenseAdmin)
			b.Run(fmt.Sprintf("%s/users=%d", kind, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Assign(ctx, p, users); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					if err := s.Unassign(ctx, p, users); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			})
		}
	}
}
