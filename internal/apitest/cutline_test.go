package apitest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"purser/ent/license"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/apitest"
	"purser/internal/demo"
	"purser/internal/store/storetest"
)

// cutLine is the API over a line to PostgreSQL, and who asks.
type cutLine struct {
	*apitest.Server
	line  *storetest.Line
	token string
}

func startCutLine(t *testing.T) cutLine {
	t.Helper()
	db, line := storetest.OpenLine(t)
	s := apitest.Serve(t, db, demo.Small)
	c := cutLine{s, line, s.Token(t, "admin@contoso.example")}
	c.whole(t, `{ viewer { user { id } } }`, nil) // from now on the credential is looked up along with what is read
	return c
}

// whole sends what is not broken off.
func (c cutLine) whole(t *testing.T, query string, variables map[string]any) string {
	t.Helper()
	a := c.Send(t, c.token, query, variables)
	if codes := codesIn(t, a); a.Status != 200 || len(codes) > 0 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	return string(a.Body)
}

// broken sends a request while the line is cut, and returns the answer where it is whole. Otherwise the caller must have
// been told, and of nothing but that.
func (c cutLine) broken(t *testing.T, cut storetest.Cut, query string, variables map[string]any) (body string, heard storetest.Heard) {
	t.Helper()
	var a apitest.Answer
	heard = c.line.During(cut, func() { a = c.Send(t, c.token, query, variables) })
	codes := codesIn(t, a)
	if len(codes) == 0 && a.Status == 200 {
		return string(a.Body), heard
	}
	for _, code := range codes {
		if code != "UNAVAILABLE" || !heard.Cut {
			t.Errorf("%+v: %d %s", cut, a.Status, a.Body)
		}
	}
	if a.Status != 200 && a.Status != 503 {
		t.Errorf("%+v: status %d", cut, a.Status)
	}
	return "", heard
}

func codesIn(t *testing.T, a apitest.Answer) (codes []string) {
	t.Helper()
	var said struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(a.Body, &said); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	for _, e := range said.Errors {
		codes = append(codes, e.Extensions.Code)
	}
	return codes
}

// TestQueriesOverACutLine cuts the line at each message while a query is answered whose credential is looked up along with
// what it reads: the answer is whole, or the caller is told. The next request is answered as if nothing had been.
func TestQueriesOverACutLine(t *testing.T) {
	c := startCutLine(t)
	for _, query := range []string{
		`{ purchases(first: 5) { totalCount nodes { id purchaser { id } licenses(first: 2) { totalCount nodes { user { displayName } } } } } }`,
		`{ users(first: 3) { nodes { id licensedTwice { id } } } products(first: 2) { nodes { name } } viewer { user { id } } }`,
	} {
		want := c.whole(t, query, nil)
		for _, reply := range []bool{false, true} {
			cuts := 0
			for cut := true; cut && !t.Failed(); cuts++ {
				got, heard := c.broken(t, storetest.Cut{At: cuts + 1, Reply: reply}, query, nil)
				if got != "" && got != want {
					t.Errorf("cut at %d: %s\nwant %s", cuts+1, got, want)
				}
				if again := c.whole(t, query, nil); again != want {
					t.Errorf("after it: %s\nwant %s", again, want)
				}
				cut = heard.Cut
			}
			if cuts < 5 {
				t.Errorf("cut %d times", cuts)
			}
		}
	}
}

// TestRetriesOverACutLine gives a license with an idempotency key while the line is cut at each message, and once more with
// the same key: it is given once, that is noted once, and the answer is the first one.
func TestRetriesOverACutLine(t *testing.T) {
	c := startCutLine(t)
	ctx, db := c.In(t, "contoso.example"), c.DB.Client()
	_, central := ends(t, c.Server)
	var holders []string
	for _, l := range db.License.Query().Where(license.PurchaseID(central.ID)).AllX(ctx) {
		holders = append(holders, l.UserID)
	}
	avery := db.User.Query().Where(user.IDNotIn(holders...), user.Kind("MEMBER"), user.AccountEnabled(true), user.Removed(false)).FirstX(ctx)
	variables := map[string]any{"p": central.ID, "u": avery.ID}
	const assign = `mutation($p: ID!, $u: ID!) { assignLicenses(input: {purchaseId: $p, userIds: [$u]}) @idempotent(key: %q) { purchase { id status } licenses { user { id } } userErrors { code } } }`
	before := db.AuditEvent.Query().CountX(ctx)
	for _, reply := range []bool{false, true} {
		cuts := 0
		for cut := true; cut && !t.Failed(); cuts++ {
			query := fmt.Sprintf(assign, fmt.Sprint(reply, cuts))
			_, heard := c.broken(t, storetest.Cut{At: cuts + 1, Reply: reply}, query, variables)
			want := fmt.Sprintf(`"data":{"assignLicenses":{"purchase":{"id":%q,"status":"ACTIVE"},"licenses":[{"user":{"id":%q}}],"userErrors":[]}}`, central.ID, avery.ID)
			if got := c.whole(t, query, variables); !strings.Contains(got, want) {
				t.Errorf("once more: %s, want %s", got, want)
			}
			n := db.License.Query().Where(license.UserID(avery.ID), license.PurchaseID(central.ID)).CountX(ctx)
			now := db.Purchase.Query().Where(purchase.ID(central.ID)).OnlyX(ctx)
			if events := db.AuditEvent.Query().CountX(ctx) - before; n != 1 || now.Assigned != central.Assigned+1 || events != 1 {
				t.Errorf("cut at %d: %d licenses, %d assigned after %d, %d events", cuts+1, n, now.Assigned, central.Assigned, events)
			}
			c.whole(t, `mutation($p: ID!, $u: ID!) { unassignLicenses(input: {purchaseId: $p, userIds: [$u]}) { userErrors { code } } }`, variables)
			before = db.AuditEvent.Query().CountX(ctx)
			cut = heard.Cut
		}
		if cuts < 5 {
			t.Errorf("cut %d times", cuts)
		}
	}
}
