package licensing_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/apitest"
	"purser/internal/fault"
	"purser/internal/licensing"
	"purser/internal/store/storetest"
)

func each(t *testing.T, f func(t *testing.T, s *apitest.Server)) {
	t.Helper()
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) { f(t, apitest.Start(t, kind)) })
	}
}

// export makes a link to everybody licensed on what lena bought.
func export(t *testing.T, s *apitest.Server) (url string, purchases []string, rows int) {
	t.Helper()
	db, ctx := s.DB.Client(), s.In(t, "contoso.example")
	lena := db.User.Query().Where(user.UpnKey("lena@contoso.example")).OnlyIDX(ctx)
	purchases = db.Purchase.Query().Where(purchase.PurchaserID(lena)).Order(purchase.ByID()).IDsX(ctx)
	e, err := s.Licensing.Export(ctx, licensing.Selection{Purchases: purchases})
	if err != nil {
		t.Fatal(err)
	}
	return s.URL + e.URL, purchases, e.RowCount
}

func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, b.String()
}

func TestExport(t *testing.T) {
	each(t, func(t *testing.T, s *apitest.Server) {
		db, ctx := s.DB.Client(), s.In(t, "contoso.example")
		// a name that a spreadsheet would run, and one that needs quotes
		db.User.Update().Where(user.UpnKey("sanne@contoso.example")).SetDisplayName(`=HYPERLINK("x"), Sanne`).ExecX(ctx)
		url, _, rows := export(t, s)
		status, header, body := get(t, url)
		if status != http.StatusOK || header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment; filename=licensed-users-") {
			t.Fatalf("%d %v", status, header)
		}
		records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if rows != 3 || len(records) != rows+1 || strings.Count(body, "\r\n") != rows+1 {
			t.Fatalf("%d rows announced, %d records:\n%s", rows, len(records)-1, body)
		}
		names := []string{}
		for _, r := range records[1:] {
			names = append(names, r[5])
			r[9] = strings.SplitN(r[9], "T", 2)[1]
		}
		slices.Sort(names)
		if diff := cmp.Diff([]string{`'=HYPERLINK("x"), Sanne`, "Lena Fischer", "Mona Kane"}, names); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		want := []string{"product", "vendorProductId", "purchaseId", "purchaserName", "purchaserUserPrincipalName", "userName", "userPrincipalName", "mail", "department", "assignedAt"}
		if diff := cmp.Diff(want, records[0]); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
	})
}

func TestExportLinkEnds(t *testing.T) {
	each(t, func(t *testing.T, s *apitest.Server) {
		url, _, _ := export(t, s)
		base, key, _ := strings.Cut(url, "?key=")
		for name, wrong := range map[string]string{
			"no key": base, "another key": base + "?key=" + strings.Repeat("A", len(key)), "a key cut short": base + "?key=" + key[:10],
			"another export": base[:len(base)-3] + "000?key=" + key, "no id": s.URL + "/exports/?key=" + key, "nonsense": s.URL + "/exports/x%00?key=" + key,
		} {
			if status, _, body := get(t, wrong); status != http.StatusNotFound || strings.Contains(body, "Lena") {
				t.Errorf("%s: %d", name, status)
			}
		}
		s.Clock.Add(15*time.Minute - time.Second)
		if status, _, _ := get(t, url); status != http.StatusOK {
			t.Errorf("a second before its end: %d", status)
		}
		s.Clock.Add(time.Second)
		if status, _, _ := get(t, url); status != http.StatusNotFound {
			t.Errorf("at its end: %d", status)
		}
		export(t, s) // the next one clears it away
		if n := s.DB.Client().Export.Query().CountX(s.In(t, "contoso.example")); n != 1 {
			t.Errorf("%d exports are kept", n)
		}
	})
}

func TestExportRefuses(t *testing.T) {
	each(t, func(t *testing.T, s *apitest.Server) {
		_, purchases, _ := export(t, s)
		product, unknown := "prd_"+strings.Repeat("0", 26), "pur_"+strings.Repeat("0", 26)
		for _, tt := range []struct {
			name  string
			sel   licensing.Selection
			code  fault.Code
			field []string
		}{
			{"nothing", licensing.Selection{}, fault.Invalid, []string{"purchaseIds"}},
			{"both", licensing.Selection{Purchases: purchases, Product: &product}, fault.Invalid, []string{"purchaseIds"}},
			{"no purchases", licensing.Selection{Purchases: []string{}}, fault.Invalid, []string{"purchaseIds"}},
			{"too many", licensing.Selection{Purchases: make([]string, 1001)}, fault.Invalid, []string{"purchaseIds"}},
			{"an unknown product", licensing.Selection{Product: &product}, fault.NotFound, []string{"productId"}},
			{"an unknown purchase", licensing.Selection{Purchases: []string{purchases[0], unknown}}, fault.NotFound, []string{"purchaseIds", "1"}},
		} {
			_, err := s.Licensing.Export(s.In(t, "contoso.example"), tt.sel)
			faults, _ := fault.All(err)
			if len(faults) != 1 || faults[0].Code != tt.code || !slices.Equal(faults[0].Field, tt.field) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}
