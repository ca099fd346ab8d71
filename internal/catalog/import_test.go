package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"purser/ent"
	"purser/internal/bulk"
	"purser/internal/catalog"
	"purser/internal/fault"
	"purser/internal/fold"
	"purser/internal/id"
	"purser/internal/lines"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

const header = "product_id\tformer_product_ids\tname\tfamily\tkind\ttrial_without_payment_method\ttrial_days\tlist_price_usd\texcluded_countries\n"

func setup(db *store.DB) *catalog.Catalog {
	return catalog.New(db, id.NewSource(func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }))
}

func importFile(t *testing.T, c *catalog.Catalog, text string) catalog.Result {
	t.Helper()
	r, err := c.Import(t.Context(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func lookup(t *testing.T, c *catalog.Catalog, vendorID string) *ent.Product {
	t.Helper()
	p, err := c.Lookup(t.Context(), vendorID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuiltIn(t *testing.T) {
	var ids []string
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := setup(db)
		for range 2 {
			if err := c.LoadBuiltIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := db.Client().Product.Query().CountX(t.Context()); n != 28 {
			t.Errorf("%d products, want 28", n)
		}
		now, before := lookup(t, c, "CFQ7TTC0H9MP"), lookup(t, c, "CFQ7TTC0L3PB")
		if now.ID != before.ID || now.Name != "Power BI Pro" || *now.ListPrice != 140000 || now.ExcludedCountries != "IN" {
			t.Errorf("got %v and %v, want Power BI Pro under both ids", now, before)
		}
		if p := lookup(t, c, "SaaS"); p.ListPrice != nil || p.Kind != "OFFER_TYPE" {
			t.Errorf("got %v, want an offer type without a price", p)
		}
		if _, err := c.Lookup(t.Context(), "NONE"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("got %v, want NOT_FOUND", err)
		}
		ids = append(ids, now.ID)
		if ids[0] != now.ID {
			t.Errorf("ids %v differ between installations", ids)
		}
	})
}

func TestImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := setup(db)
		file := header + "A2\tA1\tAlpha\tLetters\tPRODUCT\tyes\t30\t8.40\tIN,BR\nB1\t\tBeta\tLetters\tOFFER_TYPE\tno\t0\t\t\n"
		steps := []struct {
			name, text string
			want       catalog.Result
		}{
			{"first", file, catalog.Result{Added: 2}},
			{"again", file, catalog.Result{Unchanged: 2}},
			{
				"columns in another order, and one more",
				"name\tself_service_eligible\tfamily\tkind\ttrial_days\ttrial_without_payment_method\tlist_price_usd\texcluded_countries\tformer_product_ids\tproduct_id\r\n" +
					"Alpha\tyes\tLetters\tPRODUCT\t30\tyes\t8.4\tBR IN\tA1\tA2\r\nBeta\tno\tLetters\tOFFER_TYPE\t0\tno\t\t\t\tB1\r\n",
				catalog.Result{Updated: 1, Unchanged: 1},
			},
			{"a new id, its former one is the current", header + "A3\tA2\tAlpha\tLetters\tPRODUCT\tyes\t30\t8.40\tIN,BR\n", catalog.Result{Updated: 1}},
			{"back to a former id", header + "A1\tA3\tAlpha\tLetters\tPRODUCT\tyes\t30\t\tIN,BR\n", catalog.Result{Updated: 1}},
		}
		var first *ent.Product
		for _, s := range steps {
			if d := cmp.Diff(s.want, importFile(t, c, s.text)); d != "" {
				t.Errorf("%s: %s", s.name, d)
			}
			if first == nil {
				first = lookup(t, c, "A2")
			}
		}
		got := lookup(t, c, "A1")
		if got.ID != first.ID || got.VendorProductID != "A1" || got.FormerIds != "A2 A3" || got.ListPrice != nil {
			t.Errorf("got %v, want the product of %s under its first id", got, first.ID)
		}
		if want := fold.Keys("Alpha", "Letters", "A1", "A2", "A3"); got.SearchKey != want {
			t.Errorf("search key %q, want %q", got.SearchKey, want)
		}
		if lookup(t, c, "B1").SelfServiceEligible {
			t.Error("B1 is eligible for self-service")
		}
	})
}

func TestImportRefuses(t *testing.T) {
	const good = "\tName\tFamily\tPRODUCT\tno\t30\t1.00\tIN\n"
	cases := []struct{ name, text, want string }{
		{"empty", "", "line 1: the header is missing: product_id, former_product_ids, name, family, kind, trial_without_payment_method, trial_days, list_price_usd, excluded_countries"},
		{"columns", "price\tname\tname\tfamily\tkind\ttrial_without_payment_method\ttrial_days\tlist_price_usd\texcluded_countries\tproduct_id\n", "line 1: price: there is no such column\nline 1: name: the column is there twice\nline 1: former_product_ids: the column is missing"},
		{"cells", header + "X\tY\n", "line 2: has 2 columns, the header has 9"},
		{"every cell", header + "\n\tX,X\t\t\tTHING\tmaybe\t-1\t1,5\tIndia\n", `line 3: product_id: "" is not an id of 1 to 64 characters without spaces
line 3: name: "" is not a text of 1 to 200 characters
line 3: family: "" is not a text of 1 to 200 characters
line 3: kind: "THING" is not one of [PRODUCT OFFER_TYPE]
line 3: trial_without_payment_method: "maybe" is not yes or no
line 3: trial_days: "-1" is not a number of days from 0 to 3650
line 3: list_price_usd: "1,5" is not a decimal amount such as 8.40, from 0 to 1000000 with at most four decimals
line 3: excluded_countries: "India" is not a two-letter country code
line 3: former_product_ids: X is there twice`},
		{"own id", header + "X\tX" + good, "line 2: former_product_ids: X is the product's own id"},
		{"twice", header + "X\t" + good + "X\t" + good, "line 3: product_id: the product is in the file already"},
		{"known one twice", header + "OLD2\t" + good + "NEW\tOLD2" + good, "line 3: product_id: the product is in the file already\nline 3: former_product_ids: OLD2 is an id of OLD2 already"},
		{"another's current id", header + "X\t" + good + "Y\tX" + good, "line 3: former_product_ids: X is an id of X already"},
		{"former of two", header + "X\tZ" + good + "Y\tZ" + good, "line 3: former_product_ids: Z is an id of X already"},
		{"former of one that is there", header + "X\tOLD1" + good, "line 2: former_product_ids: OLD1 is an id of OLD2 already"},
		{"id is a former one of one that is there", header + "OLD1\t" + good, "line 2: product_id: OLD1 is an id of OLD2 already"},
		{"two that are there", header + "OLD2\tOTHER" + good, "line 2: former_product_ids: OTHER is an id of OTHER already"},
		{"not UTF-8", header + "X\t\xff" + good + "Y\t" + strings.Replace(good, "30", "x", 1), "line 2: is not UTF-8\nline 3: trial_days: \"x\" is not a number of days from 0 to 3650"},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := setup(db)
		importFile(t, c, header+"OLD2\tOLD1"+good+"OTHER\t"+good)
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				_, err := c.Import(t.Context(), strings.NewReader(tc.text))
				if err == nil {
					t.Fatal("the file was taken")
				}
				if d := cmp.Diff(tc.want, err.Error()); d != "" {
					t.Error(d)
				}
			})
		}
		var many strings.Builder
		many.WriteString(header + "FINE\t" + good)
		for i := range 30 {
			fmt.Fprintf(&many, "X%d\t\tName\tFamily\tPRODUCT\tno\tx\t1.00\t\n", i)
		}
		_, err := c.Import(t.Context(), strings.NewReader(many.String()))
		if err == nil || !strings.HasSuffix(err.Error(), "and 10 more") {
			t.Errorf("got %v, want 20 problems and 10 more", err)
		}
		if n := db.Client().Product.Query().CountX(t.Context()); n != 2 {
			t.Errorf("%d products after refused files, want the 2 from before", n)
		}
	})
}

// TestRename says that purchases in every tenant follow the name of their product.
func TestRename(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := setup(db)
		importFile(t, c, header+"A1\t\tAlpha\tLetters\tPRODUCT\tyes\t30\t8.40\t\nB1\t\tBeta\tLetters\tPRODUCT\tyes\t30\t8.40\t\n")
		for _, tenant := range []string{"ten_a", "ten_b"} {
			seedPurchases(t, db, tenant, lookup(t, c, "A1"), lookup(t, c, "B1"))
		}
		importFile(t, c, header+"A2\tA1\tOmega\tLetters\tPRODUCT\tyes\t30\t8.40\t\n")
		for _, tenant := range []string{"ten_a", "ten_b"} {
			ctx := viewer.NewContext(t.Context(), viewer.System(tenant))
			got := map[string]string{}
			for _, p := range db.Client().Purchase.Query().AllX(ctx) {
				got[p.Source+" "+p.ProductKey] = p.SearchKey
			}
			want := map[string]string{
				"SELF_SERVICE omega": fold.Keys("Omega", "Åsa", tenant+"@example.com"),
				"CENTRAL omega":      fold.Keys("Omega"),
				"CENTRAL beta":       fold.Keys("Beta"),
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", tenant, d)
			}
		}
	})
}

func seedPurchases(t *testing.T, db *store.DB, tenant string, alpha, beta *ent.Product) {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.System(tenant))
	u := &ent.User{ID: tenant + "_u", DisplayName: "Åsa", UserPrincipalName: tenant + "@example.com", Locale: "sv", Kind: "MEMBER"}
	bulk.KeyUser(u)
	purchase := func(n int, source string, product *ent.Product, purchaser *ent.User) *ent.Purchase {
		p := &ent.Purchase{ID: fmt.Sprintf("%s_p%d", tenant, n), Source: source, Kind: "PAID", Status: "ACTIVE", Quantity: 1, Currency: "USD", BillingTerm: "MONTHLY"}
		bulk.KeyPurchase(p, product, purchaser)
		return p
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Tenant.Create().SetID(tenant).SetName(tenant).SetNameKey(tenant).SetSearchKey(tenant).SetDomain(tenant + ".example").
			SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("SE").SetLocale("sv").Exec(ctx)
		if err != nil {
			return err
		}
		if err := bulk.Users(ctx, tx, []*ent.User{u}); err != nil {
			return err
		}
		return bulk.Purchases(ctx, tx, []*ent.Purchase{
			purchase(1, "SELF_SERVICE", alpha, u), purchase(2, "CENTRAL", alpha, nil), purchase(3, "CENTRAL", beta, nil),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzImport: whatever a file holds, the answer is a result or what is wrong with it, and what it brought it brings once.
func FuzzImport(f *testing.F) {
	for _, text := range []string{
		header, header + "X\t\tName\tFamily\tPRODUCT\tno\t30\t12.50\t\n", header + "X\tY Z\tName\tFamily\tOFFER_TYPE\tno\t0\t\tDE NL\n",
		header + "CFQ7TTC0LH2H\t\tA\tB\tPRODUCT\tyes\t30\t1e9\t\nCFQ7TTC0LH2H\t\tA\tB\tPRODUCT\tyes\t30\t-1\tXX\n", "product_id\tname\nX\tY\n", "\ufeff" + header + "\t\t\t\t\t\t\t\t\n",
	} {
		f.Add(text)
	}
	c := setup(storetest.Open(f, "sqlite"))
	if err := c.LoadBuiltIn(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := c.Import(t.Context(), strings.NewReader(text))
		if err != nil {
			if e, ok := errors.AsType[*lines.Error](err); !ok || len(e.Problems) == 0 {
				t.Errorf("%q: %T: %v", text, err, err)
			}
			return
		}
		again, err := c.Import(t.Context(), strings.NewReader(text))
		if want := (catalog.Result{Unchanged: first.Added + first.Updated + first.Unchanged}); err != nil || again != want {
			t.Errorf("%q: %+v, and once more %+v, %v", text, first, again, err)
		}
	})
}
