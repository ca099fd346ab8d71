package apitest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"purser/ent/purchase"
	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// one asks for one thing with everything that depends on who asks.
const one = `query($id: ID!) { node(id: $id) { __typename id
	... on Purchase { quantity status price { amount currency } product { name listPrice { amount } } purchaser { id displayName mail roles }
		cancellation { reason by { displayName } } viewerCan { cancel { allowed reason } moveUsers { allowed reason } requestCancellation { allowed reason } } }
	... on User { displayName mail department roles removed }
	... on License { assignedAt user { id displayName } purchase { id status purchaser { displayName } } } } }`

// TestOneAgain has everybody ask for one thing after the other with the same document, all at once: each answer is what a document that
// nobody has shown before is answered with.
func TestOneAgain(t *testing.T) {
	const workers, rounds = 8, 400
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := apitest.Start(t, kind)
			callers, ids := callersOf(t, s), onesOf(t, s)
			bought := s.DB.Client().Purchase.GetX(s.In(t, "contoso.example"), ids[0])
			buyer := s.DB.Client().User.GetX(s.In(t, "contoso.example"), *bought.PurchaserID)
			callers = append(callers, caller{name: "the purchaser", token: s.Token(t, buyer.UserPrincipalName)})
			type question struct{ caller, id int }
			want := map[question]string{}
			for c, by := range callers {
				for i, id := range ids {
					want[question{c, i}] = string(s.Send(t, by.token, fmt.Sprintf("# %d %d\n%s", c, i, one), map[string]any{"id": id}).Body)
				}
			}
			var wg sync.WaitGroup
			for w := range workers {
				r := rand.New(rand.NewPCG(uint64(w), 1))
				wg.Go(func() {
					for round := range rounds {
						q := question{r.IntN(len(callers)), r.IntN(len(ids))}
						if round%2 == 0 { // many by one, at the same time
							q = question{len(callers) - 1, r.IntN(3)}
						}
						if got := s.Send(t, callers[q.caller].token, one, map[string]any{"id": ids[q.id]}); string(got.Body) != want[q] {
							t.Errorf("%s asked for %s and got\n%s\nwant\n%s", callers[q.caller].name, ids[q.id], got.Body, want[q])
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// onesOf returns ids of things that can be asked for by one document: a self-service purchase first, and those of another tenant last.
func onesOf(t *testing.T, s *apitest.Server) (ids []string) {
	t.Helper()
	for _, domain := range []string{"contoso.example", "tulip.example"} {
		db, ctx := s.DB.Client(), s.In(t, domain)
		bought := purchase.And(purchase.Source("SELF_SERVICE"), purchase.PurchaserIDNotNil())
		ids = append(ids, db.Purchase.Query().Where(bought, purchase.AssignedGT(0)).Limit(3).IDsX(ctx)...)
		ids = append(ids, db.Purchase.Query().Where(bought, purchase.StatusNEQ("ACTIVE")).Limit(2).IDsX(ctx)...)
		ids = append(ids, db.Purchase.Query().Where(purchase.Source("CENTRAL")).Limit(2).IDsX(ctx)...)
		ids = append(ids, db.User.Query().Limit(3).IDsX(ctx)...)
		ids = append(ids, db.License.Query().Limit(4).IDsX(ctx)...)
	}
	return append(ids, unknownLike(ids[0]), "nonsense")
}
