package access_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

func TestLastUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		clock := func() time.Time { return b.now }
		replica := access.New(db, audit.New(b.ids, clock), b.ids, clock, rand.Reader)
		const many = 1100 // more than two statements take
		var toks []access.Token
		for range many {
			toks = append(toks, b.create(t, b.contoso, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour}))
		}
		use := func(s *access.Service, tok access.Token) {
			t.Helper()
			ctx, statements := store.CountStatements(t.Context())
			_, err := s.Authenticate(ctx, tok.Secret)
			check(t, err)
			if n := statements.Load(); n > 1 {
				t.Errorf("%d statements for a request", n)
			}
		}
		used := func(tok access.Token) instant.Milli {
			t.Helper()
			at := db.Client().APIToken.GetX(in(t, b.contoso), tok.ID).LastUsedAt
			if at == nil {
				return 0
			}
			return *at
		}
		noon := instant.From(b.now)
		for _, tok := range toks[1:] {
			use(b.tokens, tok)
		}
		use(replica, toks[1]) // written down later, though it was earlier
		if used(toks[1]) != 0 {
			t.Error("a request wrote")
		}
		b.now = b.now.Add(time.Second)
		use(b.tokens, toks[1])
		ctx, statements := store.CountStatements(t.Context())
		check(t, b.tokens.WriteUses(ctx))
		check(t, replica.WriteUses(ctx))
		if n := statements.Load(); n != 4 {
			t.Errorf("%d statements for %d tokens", n, many)
		}
		if used(toks[0]) != 0 || used(toks[1]) != noon.Add(time.Second) || used(toks[many-1]) != noon {
			t.Errorf("used at %v, %v, %v", used(toks[0]), used(toks[1]), used(toks[many-1]))
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		b.now = b.now.Add(time.Second)
		use(b.tokens, toks[0])
		use(b.tokens, toks[1])
		if b.tokens.WriteUses(canceled) == nil {
			t.Error("written in spite of a canceled context")
		}
		check(t, b.tokens.RecordUse(canceled, slog.New(slog.DiscardHandler))) // the server stops
		if at := noon.Add(2 * time.Second); used(toks[0]) != at || used(toks[1]) != at {
			t.Errorf("used at %v, %v when the server stops", used(toks[0]), used(toks[1]))
		}
		ctx, statements = store.CountStatements(t.Context())
		check(t, b.tokens.WriteUses(ctx))
		if n := statements.Load(); n != 0 {
			t.Errorf("%d statements for nothing", n)
		}
	})
}
