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

// TestPolicyMatrix buys everything in every way under every policy: the tenant's default, one set for the product, and
// one that was set before the product had the id that it has.
func TestPolicyMatrix(t *testing.T) {
	for _, storage := range storetest.Kinds(t) {
		t.Run(storage, func(t *testing.T) {
			s := apitest.Start(t, storage)
			ctx := s.In(t, "contoso.example")
			members := s.DB.Client().User.Query().Where(user.AccountEnabled(true), user.Removed(false), user.Kind("MEMBER"), user.Roles(0)).AllX(ctx)
			for _, g := range goods {
				id := s.DB.Client().Product.Query().Where(product.VendorProductID(g.vendor)).OnlyIDX(ctx)
				buyers := members // each tries a product once
				for _, how := range []string{"by default", "explicitly", "on a former id"} {
					for _, value := range []string{"ENABLED", "TRIALS_ONLY", "DISABLED"} {
						if !decide(t, s, how, id, value) {
							if g.trial || value != "TRIALS_ONLY" {
								t.Fatalf("%s: %s was refused %s", g.name, value, how)
							}
							continue
						}
						if how == "on a former id" {
							id = rename(t, s, g.vendor, value)
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
	if how != "by default" {
		document = fmt.Sprintf(`mutation { setSelfServicePolicy(input: {productId: %q, value: %s}) { userErrors { code } } }`, product, value)
	}
	return strings.Contains(string(s.Post(t, "admin@contoso.example", document, nil).Body), `"userErrors":[]`)
}

// rename imports a catalogue in which the product has a new id, and returns the product that has it. By
// default the tenant allows the opposite of the policy.
func rename(t *testing.T, s *apitest.Server, vendor, value string) string {
	t.Helper()
	opposite := "ENABLED"
	if value == opposite {
		opposite = "DISABLED"
	}
	if !decide(t, s, "by default", "", opposite) {
		t.Fatalf("the default cannot be %s", opposite)
	}
	p := s.DB.Client().Product.Query().Where(product.VendorProductIDHasPrefix(vendor)).OnlyX(s.In(t, "contoso.example"))
	price, trial, renamed := "", "no", vendor+"-"+value
	if p.ListPrice != nil {
		price = p.ListPrice.Format("USD")
	}
	if p.TrialWithoutPaymentMethod {
		trial = "yes"
	}
	header := "product_id\tformer_product_ids\tname\tfamily\tkind\ttrial_without_payment_method\ttrial_days\tlist_price_usd\texcluded_countries\n"
	row := strings.Join([]string{renamed, p.VendorProductID, p.Name, p.Family, p.Kind, trial, fmt.Sprint(p.TrialDays), price, p.ExcludedCountries}, "\t")
	if _, err := s.Catalog.Import(t.Context(), strings.NewReader(header+row+"\n")); err != nil {
		t.Fatal(err)
	}
	return s.DB.Client().Product.Query().Where(product.VendorProductID(renamed)).OnlyIDX(t.Context())
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
