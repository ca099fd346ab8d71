package directory_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"purser/ent/purchase"
	"purser/internal/directory"
	"purser/internal/instant"
	"purser/internal/lines"
	"purser/internal/store"
	"purser/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, s string) instant.Milli {
	t.Helper()
	at, err := instant.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// refused is a table of files that follow the tenant's line on a database with testdata/contoso.jsonl.
var refused = []struct{ name, text, want string }{
	{"not JSON", `{"type":`, "line 2: is not JSON: unexpected end of JSON input"},
	{"not an object", "[]\nnull\n1", "line 2: is not a JSON object\nline 3: is not a JSON object\nline 4: is not a JSON object"},
	{"two objects", `{} {}`, "line 2: is not JSON: invalid character '{' after top-level value"},
	{"no type", "{}", "line 2: type: is missing"},
	{"unknown type", `{"type":"group"}`, `line 2: type: "group" is not one of [tenant user purchase license policy]`},
	{"unknown fields", `{"type":"policy","productId":"CFQ7TTC0HD33","value":"DISABLED","b":1,"a":2}`, "line 2: a: there is no such field\nline 2: b: there is no such field"},
	{"case of a field", `{"type":"policy","productid":"CFQ7TTC0HD33","value":"DISABLED"}`, "line 2: productId: is missing\nline 2: productid: there is no such field"},
	{"another tenant", `{"type":"tenant","domain":"tulip.example","name":"Tulip","country":"NL"}`, "line 2: domain: the file is about contoso.example"},
	{"bad tenant", `{"type":"tenant","domain":"con toso","cloud":"MARS","segment":1,"country":"us","locale":"?"}`, `line 2: domain: is not a domain name such as contoso.example
line 2: cloud: "MARS" is not one of [WORLDWIDE GERMANY CHINA_21VIANET]
line 2: segment: is not a text
line 2: country: is not a two-letter country code such as NL
line 2: locale: is not a language tag such as zh-CN`},
	{"bad user", `{"type":"user","userPrincipalName":"a b","displayName":"","mail":"x","department":"a\u0000b","roles":["KING"],"kind":"BOT","accountEnabled":"yes","removed":1}`, `line 2: userPrincipalName: has spaces
line 2: displayName: is empty
line 2: mail: is not a mail address
line 2: department: has control characters
line 2: kind: "BOT" is not one of [MEMBER GUEST]
line 2: accountEnabled: is not true or false
line 2: removed: is not true or false
line 2: roles: "KING" is not a role`},
	{"user without a name", `{"type":"user","userPrincipalName":"new@contoso.example"}`, "line 2: displayName: is missing"},
	{"mail that adds headers", `{"type":"user","userPrincipalName":"new@contoso.example","displayName":"N","mail":"a@b.c,d@e.f"}`, "line 2: mail: is not a mail address"},
	{"bad purchase", `{"type":"purchase","ref":"x","productId":"NONE","quantity":0,"unitPrice":9,"currency":"usd","billingTerm":"DAILY","purchasedAt":"yesterday","source":"GIFT","kind":"FREE","status":"GONE"}`, `line 2: source: "GIFT" is not one of [SELF_SERVICE CENTRAL]
line 2: kind: "FREE" is not one of [PAID TRIAL_WITH_PAYMENT_METHOD TRIAL_WITHOUT_PAYMENT_METHOD]
line 2: status: "GONE" is not one of [ACTIVE EXPIRED DISABLED DELETED]
line 2: billingTerm: "DAILY" is not one of [MONTHLY ANNUAL TRIENNIAL]
line 2: currency: is not a currency code such as EUR
line 2: quantity: is not a whole number from 1 to 1000000
line 2: unitPrice: is not a decimal in quotes, such as "8.40"
line 2: purchasedAt: "yesterday" is not an RFC 3339 instant such as 2026-01-31T12:00:00Z
line 2: productId: there is no product "NONE"`},
	{"decimals", `{"type":"purchase","ref":"x","unitPrice":"1.23456"}`, `line 2: unitPrice: "1.23456" is not a decimal amount such as 8.40, from 0 to 1000000 with at most four decimals`},
	{"missing fields", `{"type":"purchase","ref":"x","source":"CENTRAL"}`, "line 2: productId: is missing\nline 2: quantity: is missing\nline 2: purchasedAt: is missing"},
	{"offer type", `{"type":"purchase","ref":"x","productId":"SaaS","quantity":1,"purchasedAt":"2026-03-01T00:00:00Z"}`, "line 2: productId: SaaS is an offer type, which is not sold here"},
	{"nobody bought it", `{"type":"purchase","ref":"x","productId":"CFQ7TTC0HD33","quantity":1,"purchasedAt":"2026-03-01T00:00:00Z"}`, "line 2: purchaser: is missing on a self-service purchase"},
	{"a guest bought it", `{"type":"purchase","ref":"x","productId":"CFQ7TTC0HD33","purchaser":"guest#EXT#@contoso.example","quantity":1,"purchasedAt":"2026-03-01T00:00:00Z"}`, "line 2: purchaser: guest#EXT#@contoso.example is a guest, who cannot buy"},
	{"an unknown bought it", `{"type":"purchase","ref":"x","productId":"CFQ7TTC0HD33","purchaser":"x@contoso.example","quantity":1,"purchasedAt":"2026-03-01T00:00:00Z"}`, "line 2: purchaser: there is no user \"x@contoso.example\""},
	{"price in another currency", `{"type":"purchase","ref":"x","productId":"CFQ7TTC0HD33","source":"CENTRAL","quantity":1,"currency":"EUR","purchasedAt":"2026-03-01T00:00:00Z"}`, "line 2: unitPrice: is missing, and the list price is in USD"},
	{"ends before it begins", `{"type":"purchase","ref":"x","productId":"CFQ7TTC0HD33","source":"CENTRAL","quantity":1,"purchasedAt":"2026-03-01T00:00:00Z","expiresAt":"2026-03-01T00:00:00Z"}`, "line 2: expiresAt: is not after purchasedAt"},
	{"what a purchase is", `{"type":"purchase","ref":"bi","productId":"CFQ7TTC0HD33","source":"CENTRAL","kind":"TRIAL_WITH_PAYMENT_METHOD","purchasedAt":"2026-03-01T00:00:00Z"}`, `line 2: productId: cannot change
line 2: source: cannot change: it is SELF_SERVICE
line 2: purchasedAt: cannot change: it is 2026-01-31T10:00:00Z
line 2: kind: cannot change: it is PAID`},
	{"below what is assigned", `{"type":"purchase","ref":"bi","quantity":1}`, "line 2: quantity: QUANTITY_BELOW_ASSIGNED: 2 seats are in use or reserved"},
	{"deleted is final", `{"type":"purchase","ref":"old","status":"ACTIVE"}`, "line 2: status: WRONG_STATUS: it is DELETED, which is final"},
	{"no purchaser any more", `{"type":"purchase","ref":"bi","purchaser":null}`, "line 2: purchaser: is missing on a self-service purchase"},
	{"frozen", `{"type":"purchase","ref":"frozen","quantity":9}`, "line 2: ref: MOVE_IN_PROGRESS: its users are being moved away"},
	{"license on a frozen one", `{"type":"license","purchase":"frozen","user":"blake@contoso.example"}`, "line 2: purchase: MOVE_IN_PROGRESS: its users are being moved away"},
	{"target of a move", `{"type":"purchase","ref":"central","status":"DELETED"}`, "line 2: status: MOVE_IN_PROGRESS: users are being moved to it"},
	{"reserved seats", `{"type":"purchase","ref":"central","quantity":3}`, "line 2: quantity: QUANTITY_BELOW_ASSIGNED: 4 seats are in use or reserved"},
	{"license for one who left", `{"type":"license","purchase":"bi","user":"left@contoso.example"}`, "line 2: user: left@contoso.example has left"},
	{"license of nothing for nobody", `{"type":"license","purchase":"none","user":"none@contoso.example"}`, "line 2: purchase: there is no purchase \"none\"\nline 2: user: there is no user \"none@contoso.example\""},
	{"seats", "{\"type\":\"license\",\"purchase\":\"bi\",\"user\":\"blake@contoso.example\"}\n{\"type\":\"license\",\"purchase\":\"bi\",\"user\":\"cleo@contoso.example\"}", "line 3: purchase: NOT_ENOUGH_SEATS: all 3 seats are taken"},
	{"known only further down", "{\"type\":\"license\",\"purchase\":\"bi\",\"user\":\"new@contoso.example\"}\n{\"type\":\"user\",\"userPrincipalName\":\"new@contoso.example\",\"displayName\":\"N\"}", "line 2: user: there is no user \"new@contoso.example\""},
	{"one mistake is named once", "{\"type\":\"user\",\"userPrincipalName\":\"new@contoso.example\",\"displayName\":1}\n{\"type\":\"purchase\",\"ref\":\"new\",\"productId\":\"NONE\"}\n{\"type\":\"license\",\"purchase\":\"new\",\"user\":\"new@contoso.example\"}", "line 2: displayName: is not a text\nline 3: productId: there is no product \"NONE\""},
	{"policy of nothing", `{"type":"policy","productId":"NONE","value":"ENABLED"}`, `line 2: productId: there is no product "NONE"`},
	{"trials of a product without", `{"type":"policy","productId":"CFQ7TTC0L3PB","value":"TRIALS_ONLY"}`, "line 2: value: CFQ7TTC0H9MP has no trial without payment method"},
	{"trials of an offer type", `{"type":"policy","productId":"SaaS","value":"TRIALS_ONLY"}`, "line 2: value: SaaS has no trial without payment method"},
	{"not UTF-8", "{\"type\":\"user\",\"userPrincipalName\":\"\xff\"}", "line 2: is not UTF-8"},
	{"too long", `{"type":"` + strings.Repeat("x", lines.MaxBytes) + `"}`, "line 2: is longer than 1048576 bytes"},
	{"too many", strings.Repeat("{}\n", 25), strings.TrimSuffix(strings.Repeat("line N: type: is missing\n", 20), "\n") + "\nand 5 more"},
}

func TestImportRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.load(t, file(t))
		b.freeze(t)
		before := dump(t, db)
		for _, c := range refused {
			t.Run(c.name, func(t *testing.T) {
				// what is right before and after the mistake does not stay either
				good := `{"type":"user","userPrincipalName":"fine@contoso.example","displayName":"F"}`
				text := own + c.text + "\n" + good + "\n"
				_, err := b.Import(t.Context(), strings.NewReader(text), nil)
				var e *lines.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a *lines.Error", err)
				}
				want := c.want
				for i := 2; strings.Contains(want, "line N:"); i++ {
					want = strings.Replace(want, "line N:", "line "+itoa(i)+":", 1)
				}
				if d := cmp.Diff(want, e.Error()); d != "" {
					t.Error(d)
				}
			})
		}
		if d := cmp.Diff(before, dump(t, db)); d != "" {
			t.Errorf("refused files left something: %s", d)
		}
	})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestTenantLine(t *testing.T) {
	user := `{"type":"user","userPrincipalName":"a@b.example","displayName":"A"}`
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "line 1: the tenant's own line is missing"},
		{"blank", "\n\n", "line 2: the tenant's own line is missing"},
		{"comes too late", user + "\n" + own, "line 1: type: comes before the tenant's own line\nline 2: name: is missing\nline 2: country: is missing"},
		{"new, and says nothing", own, "line 1: name: is missing\nline 1: country: is missing"},
		{"external id of another", `{"type":"tenant","domain":"a.example","name":"A","country":"NL","externalId":"0f6c2d3e-1111-4222-8333-444455556666"}`, "line 1: externalId: another tenant has it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t, storetest.Open(t, "sqlite"))
			b.load(t, strings.Replace(file(t), "Contoso.example", "other.example", 1))
			_, err := b.Import(t.Context(), strings.NewReader(c.text), nil)
			if err == nil {
				t.Fatal("the file was taken")
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Error(d)
			}
			if _, err := b.TenantByDomain(t.Context(), "contoso.example"); err == nil {
				t.Error("the tenant is there")
			}
		})
	}
}

// freeze adds a purchase that a move to the central one empties.
func (b *bundle) freeze(t *testing.T) {
	t.Helper()
	b.load(t, own+`{"type":"purchase","ref":"frozen","productId":"CFQ7TTC0H9MP","purchaser":"blake@contoso.example","quantity":3,"purchasedAt":"2026-03-01T00:00:00Z"}
		{"type":"license","purchase":"frozen","user":"cleo@contoso.example"}`)
	source, target := b.purchase(t, "frozen"), b.purchase(t, "central")
	err := b.db.InTx(b.inTenant(t), func(ctx context.Context, tx *store.Tx) error {
		err := tx.Move.Create().SetID("mov_1").SetTenantID(source.TenantID).SetSourceID(source.ID).SetTargetID(target.ID).SetStatus("RUNNING").
			SetTotal(1).SetReserved(3).SetRequestedByName("Ada").SetRequestedAt(instant.From(now)).SetChangedAt(instant.From(now)).Exec(ctx)
		if err != nil {
			return err
		}
		if err := tx.Purchase.Update().Where(purchase.ID(source.ID)).SetActiveMoveID("mov_1").Exec(ctx); err != nil {
			return err
		}
		return tx.Purchase.Update().Where(purchase.ID(target.ID)).SetReserved(3).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	// what does not change anything is no write
	if r := b.load(t, own+`{"type":"purchase","ref":"frozen","quantity":3}`); r.Purchases != (directory.Count{Unchanged: 1}) {
		t.Errorf("got %+v", r)
	}
}

// dump returns the content of the tables that an import writes.
func dump(t *testing.T, db *store.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, columns := range map[string]string{
		"tenants": "domain || name || country", "users": "id || display_name", "licenses": "id || purchase_id || user_id",
		"purchases":             "id || status || CAST(quantity AS text) || '/' || CAST(assigned AS text) || search_key",
		"self_service_policies": "id || value", "audit_events": "id || action",
	} {
		rows, err := db.QueryUnwalled(t.Context(), "SELECT "+columns+" FROM "+table+" ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			all[table] = append(all[table], s)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// FuzzImport says that whatever a file holds, the answer is a result or an error, and counters stay exact.
func FuzzImport(f *testing.F) {
	for _, c := range refused {
		if len(c.text) < 2000 {
			f.Add(c.text)
		}
	}
	for line := range strings.Lines(file(f)) {
		f.Add(line)
	}
	b := setup(f, storetest.Open(f, "sqlite"))
	if _, err := b.Import(f.Context(), strings.NewReader(file(f)), nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := b.Import(t.Context(), strings.NewReader(own+text), nil)
		var e *lines.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%T: %v", err, err)
		}
		b.checkSeats(t)
	})
}
