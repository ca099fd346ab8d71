package apitest_test

import (
	"bytes"
	"sync"
	"testing"

	"purser/internal/apitest"
)

// TestAnswersApart: buffers are used again, and yet no answer has anything of another's in it, whether it is large or
// small, and with errors or without.
func TestAnswersApart(t *testing.T) {
	s, plain := apitest.Start(t, "sqlite"), apitest.StartPlain(t, "sqlite")
	const admin, member = "admin@contoso.example", "avery@contoso.example"
	asked := []struct{ as, query string }{
		{admin, "{ selfServiceSubscriptions(first: 50) { totalCount nodes { id status purchaser { displayName } licenses { nodes { id user { displayName } } } } } }"},
		{admin, "{ viewer { user { id displayName } } }"},
		{admin, "{ a: purchase(id: \"pur_none\") { id } b: viewer { user { id } } c: auditEvents(first: 500) { totalCount } }"},
		{member, "{ viewer { user { id tenant { id summary { seats } } } } }"},
		{"", "{ viewer { user { id } } }"},
	}
	var wg sync.WaitGroup
	for _, q := range asked {
		want := plain.Post(t, q.as, q.query, nil)
		s.Post(t, q.as, q.query, nil) // whoever asks has a token now
		for range 4 {
			wg.Go(func() {
				for range 25 {
					if got := s.Post(t, q.as, q.query, nil); got.Status != want.Status || !bytes.Equal(got.Body, want.Body) {
						t.Errorf("%s\nanswered %d %.300s\nwant %d %.300s", q.query, got.Status, got.Body, want.Status, want.Body)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}
