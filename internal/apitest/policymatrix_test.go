package apitest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"purser/ent/product"
	"purser/ent/user"
	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// goods are products of the kinds that policies tell apart.
var goods = []struct {
	name, vendor   string
	trial, offered bool
}{
	{"with a trial", "CFQ7TTC0HDB1", true, true},
	{"without one", "CFQ7TTC0HD32", false, true},
	{"an offer type", "DYNAMICSCE", false, false},
}

// buys says what the rules (R6) make of a purchase: the code, "" where it is bought.
func buys(value, kind string, trial, offered bool) string {
	free := kind == "TRIAL_WITHOUT_PAYMENT_METHOD"
	switch {
	case !offered, free && !trial:
		return "NOT_ELIGIBLE"
	case value == "ENABLED", value == "TRIALS_ONLY" && free:
		return ""
	}
	return "BLOCKED_BY_POLICY"
}

// TestPolicyMatrix buys everything in every way under every policy, set for the product, or by the tenant's default.
func TestPolicyMatrix(t *testing.T) {
	for _, storage := range storetest.Kinds(t) {
		t.Run(storage, func(t *testing.T) {
			s := apitest.Start(t, storage)
			ctx := s.In(t, "contoso.example")
			members := s.DB.Client().User.Query().Where(user.AccountEnabled(true), user.Removed(false), user.Kind("MEMBER"), user.Roles(0)).AllX(ctx)
			for _, g := range goods {
				id := s.DB.Client().Product.Query().Where(product.VendorProductID(g.vendor)).OnlyIDX(ctx)
				buyers := members // each tries a product once
				for _, how := range []string{"by default", "explicitly"} {
					for _, value := range []string{"ENABLED", "TRIALS_ONLY", "DISABLED"} {
						if !decide(t, s, how, id, value) {
							if g.trial || value != "TRIALS_ONLY" {
								t.Fatalf("%s: %s was refused %s", g.name, value, how)
							}
							continue
						}
						for _, kind := range []string{"PAID", "TRIAL_WITH_PAYMENT_METHOD", "TRIAL_WITHOUT_PAYMENT_METHOD"} {
							want := buys(value, kind, g.trial, g.offered)
							if got := buy(t, s, buyers[0].UserPrincipalName, id, kind); got != want {
								t.Errorf("%s, %s %s, %s: %q, want %q", g.name, value, how, kind, got, want)
							}
							buyers = buyers[1:]
						}
					}
				}
			}
		})
	}
}

// decide sets the policy of a product, or the default, and tells whether that was allowed.
func decide(t *testing.T, s *apitest.Server, how, product, value string) bool {
	t.Helper()
	document := fmt.Sprintf(`mutation { setDefaultSelfServicePolicy(input: {value: %s}) { userErrors { code } } }`, value)
	if how == "explicitly" {
		document = fmt.Sprintf(`mutation { setSelfServicePolicy(input: {productId: %q, value: %s}) { userErrors { code } } }`, product, value)
	}
	return strings.Contains(string(s.Post(t, "admin@contoso.example", document, nil).Body), `"userErrors":[]`)
}

// buy buys one seat and returns the code of the refusal.
func buy(t *testing.T, s *apitest.Server, as, product, kind string) string {
	t.Helper()
	a := s.Post(t, as, fmt.Sprintf(`mutation { buySelfService(input: {productId: %q, quantity: 1, kind: %s}) { purchase { kind } userErrors { code } } }`, product, kind), nil)
	var got struct {
		Data struct {
			BuySelfService struct {
				Purchase   *struct{ Kind string }
				UserErrors []struct{ Code string }
			}
		}
	}
	if err := json.Unmarshal(a.Body, &got); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	if p := got.Data.BuySelfService.Purchase; p != nil && p.Kind == kind {
		return ""
	}
	if len(got.Data.BuySelfService.UserErrors) != 1 {
		t.Fatalf("%s", a.Body)
	}
	return got.Data.BuySelfService.UserErrors[0].Code
}
