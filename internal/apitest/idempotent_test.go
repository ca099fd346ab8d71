package apitest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"

	"purser/ent/license"
	"purser/ent/product"
	"purser/ent/purchase"
	"purser/ent/user"
	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/demo"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// keyed is the API with credentials that outlive their idempotency keys.
type keyed struct {
	*apitest.Server
	admin string // a token of contoso's admin
}

func startKeyed(t *testing.T, kind string) keyed {
	t.Helper()
	k := keyed{Server: apitest.Start(t, kind)}
	k.admin = k.token(t, "admin@contoso.example")
	return k
}

// token makes another credential.
func (k keyed) token(t *testing.T, upn string) string {
	t.Helper()
	_, domain, _ := strings.Cut(upn, "@")
	ctx := k.In(t, domain)
	u := k.DB.Client().User.Query().Where(user.UpnKey(upn)).OnlyIDX(ctx)
	token, err := k.Access.CreateToken(ctx, access.NewToken{Name: "keyed", UserID: &u, TTL: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token.Secret
}

// answered is an answer in parts, each as it came.
type answered struct {
	Data   json.RawMessage
	Errors []struct {
		Path       []any
		Message    string
		Extensions struct{ Code string }
	}
	Extensions struct{ Idempotency *struct{ Replayed []string } }
}

// replayed are the response names of fields that were answered before.
func (a answered) replayed() []string {
	if a.Extensions.Idempotency == nil {
		return nil
	}
	return a.Extensions.Idempotency.Replayed
}

// codes are those of its errors with their paths, such as "INVALID a".
func (a answered) codes() []string {
	var codes []string
	for _, e := range a.Errors {
		codes = append(codes, strings.TrimSpace(fmt.Sprintln(append([]any{e.Extensions.Code}, e.Path...)...)))
	}
	return codes
}

func (k keyed) send(t *testing.T, token, query string, variables map[string]any) answered {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return answered{}
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	var a answered
	if err := json.Unmarshal(b, &a); err != nil {
		t.Errorf("%v: %s", err, b)
	}
	return a
}

// events counts what was done in contoso.
func (k keyed) events(t *testing.T) int {
	t.Helper()
	return k.DB.Client().AuditEvent.Query().CountX(k.In(t, "contoso.example"))
}

// spare returns self-service purchases of contoso that nobody else in a test needs, those that have most users first.
func (k keyed) spare(t *testing.T) []string {
	t.Helper()
	return k.DB.Client().Purchase.Query().Where(purchase.Source("SELF_SERVICE"), purchase.Status("ACTIVE")).
		Order(purchase.ByAssigned(), purchase.ByID()).IDsX(k.In(t, "contoso.example"))
}

func (k keyed) product(t *testing.T) string {
	t.Helper()
	return k.DB.Client().Product.Query().Where(product.VendorProductID("CFQ7TTC0H9MP")).OnlyIDX(t.Context())
}

const (
	setPolicy = `mutation($key: String!, $input: SetSelfServicePolicyInput!) {
		set: setSelfServicePolicy(input: $input) @idempotent(key: $key) { policy { value changedAt changedBy { id } history(first: 5) { totalCount } } userErrors { code } } }`
	cancelOne = `mutation($key: String!, $input: CancelSubscriptionInput!) {
		cancel: cancelSubscription(input: $input) @idempotent(key: $key) { releasedLicenses purchase { status cancellation { at } history(first: 1) { nodes { action } } } userErrors { code } } }`
	moveAll = `mutation($key: String!, $input: MoveUsersInput!) {
		move: moveUsers(input: $input) @idempotent(key: $key) { move { id status progress { total sequence } source { move { id } } target { reservedQuantity } } plan { seatsAvailable } userErrors { code } } }`
)

// mutations are calls that have an effect, each with the number of events that this leaves.
func (k keyed) mutations(t *testing.T) []struct {
	name, query string
	input       map[string]any
	events      int
} {
	t.Helper()
	from, to := ends(t, k.Server)
	spare := slices.DeleteFunc(k.spare(t), func(id string) bool { return id == from.ID })
	return []struct {
		name, query string
		input       map[string]any
		events      int
	}{
		{"setSelfServicePolicy", setPolicy, map[string]any{"productId": k.product(t), "value": "DISABLED"}, 1},
		{"cancelSubscription", cancelOne, map[string]any{"purchaseId": spare[0], "reason": "OTHER"}, 1},
		{"moveUsers", moveAll, map[string]any{"fromPurchaseId": from.ID, "toPurchaseId": to.ID}, 3},
	}
}

// TestIdempotent sends each mutation again, and then something else with its key.
func TestIdempotent(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			for _, m := range k.mutations(t) {
				t.Run(m.name, func(t *testing.T) {
					before := k.events(t)
					variables := map[string]any{"key": m.name, "input": m.input}
					first := k.send(t, k.admin, m.query, variables)
					if first.codes() != nil || first.replayed() != nil || !bytes.Contains(first.Data, []byte(`"userErrors":[]`)) {
						t.Fatalf("%s %+v", first.Data, first)
					}
					name := strings.Trim(string(first.Data[:bytes.IndexByte(first.Data, ':')]), `{"`)
					for range 2 {
						again := k.send(t, k.admin, m.query, variables)
						if !bytes.Equal(again.Data, first.Data) || !slices.Equal(again.replayed(), []string{name}) || again.codes() != nil {
							t.Errorf("sent again: %s %+v, want %s", again.Data, again, first.Data)
						}
					}
					renamed := k.send(t, k.admin, strings.Replace(m.query, name+":", "other:", 1), variables)
					if want := strings.Replace(string(first.Data), name, "other", 1); string(renamed.Data) != want || !slices.Equal(renamed.replayed(), []string{"other"}) {
						t.Errorf("under another name: %s %+v, want %s", renamed.Data, renamed, want)
					}
					other := k.send(t, k.admin, strings.Replace(m.query, "userErrors { code }", "userErrors { message }", 1), variables)
					if string(other.Data) != "null" || !slices.Equal(other.codes(), []string{"IDEMPOTENCY_MISMATCH " + name}) || other.replayed() != nil {
						t.Errorf("asking for something else: %s %+v", other.Data, other)
					}
					if got := k.events(t) - before; got != m.events {
						t.Errorf("%d events, want %d", got, m.events)
					}
				})
			}
			if a := k.send(t, k.admin, cancelOne, map[string]any{"key": "moveUsers", "input": map[string]any{"purchaseId": k.spare(t)[0], "reason": "OTHER"}}); !slices.Equal(a.codes(), []string{"IDEMPOTENCY_MISMATCH cancel"}) {
				t.Errorf("another mutation: %+v", a)
			}
		})
	}
}

// TestIdempotentAtOnce sends each mutation sixteen times at once.
func TestIdempotentAtOnce(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			for _, m := range k.mutations(t) {
				t.Run(m.name, func(t *testing.T) {
					before := k.events(t)
					answers := make([]answered, 16)
					var all sync.WaitGroup
					for i := range answers {
						all.Go(func() { answers[i] = k.send(t, k.admin, m.query, map[string]any{"key": m.name, "input": m.input}) })
					}
					all.Wait()
					fresh := 0
					for _, a := range answers {
						if a.replayed() == nil {
							fresh++
						}
						if !bytes.Equal(a.Data, answers[0].Data) || a.codes() != nil || !bytes.Contains(a.Data, []byte(`"userErrors":[]`)) {
							t.Errorf("%s %+v", a.Data, a)
						}
					}
					if got := k.events(t) - before; fresh != 1 || got != m.events {
						t.Errorf("%d did it, which left %d events, want %d", fresh, got, m.events)
					}
				})
			}
		})
	}
}

// TestIdempotentBelongs uses one key in several hands and tenants, and after its time.
func TestIdempotentBelongs(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			contoso, fabrikam := k.Tenant(t, "contoso.example"), k.Tenant(t, "fabrikam.example")
			another, partner := k.token(t, "admin@contoso.example"), k.token(t, "admin@fabrikam.example")
			for i, s := range []struct {
				token, tenant, value string
				passes               time.Duration
				want                 string
			}{
				{k.admin, contoso, "DISABLED", 0, "DISABLED"},
				{another, contoso, "ENABLED", 0, "ENABLED"},
				{partner, contoso, "DISABLED", 0, "DISABLED"},
				{partner, fabrikam, "ENABLED", 0, "ENABLED"},
				{k.admin, contoso, "DISABLED", 0, "again DISABLED"},
				{another, contoso, "ENABLED", 0, "again ENABLED"},
				{partner, contoso, "DISABLED", 0, "again DISABLED"},
				{partner, fabrikam, "ENABLED", 0, "again ENABLED"},
				{partner, fabrikam, "DISABLED", 0, "IDEMPOTENCY_MISMATCH set"},
				{k.admin, contoso, "DISABLED", 24*time.Hour - time.Millisecond, "again DISABLED"},
				{k.admin, contoso, "ENABLED", time.Millisecond, "ENABLED"},
				{k.admin, contoso, "DISABLED", time.Hour, "IDEMPOTENCY_MISMATCH set"},
			} {
				k.Clock.Add(s.passes)
				a := k.send(t, s.token, setPolicy, map[string]any{"key": "key", "input": map[string]any{"tenantId": s.tenant, "productId": k.product(t), "value": s.value}})
				var data struct {
					Set struct{ Policy struct{ Value string } }
				}
				decode(t, a.Data, &data)
				got := data.Set.Policy.Value
				if a.replayed() != nil {
					got = "again " + got
				}
				if len(a.Errors) > 0 {
					got = a.codes()[0]
				}
				if got != s.want {
					t.Errorf("%d: %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

// TestIdempotentRefusal sends something that is refused, and again when nothing stands in its way any more.
func TestIdempotentRefusal(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			from, _ := ends(t, k.Server)
			move := startMove(t, k.Server)
			before := k.events(t)
			cancel := func(want string) {
				t.Helper()
				a := k.send(t, k.admin, cancelOne, map[string]any{"key": "key", "input": map[string]any{"purchaseId": from.ID, "reason": "OTHER"}})
				got := string(a.Data)
				if a.replayed() != nil {
					got = "again " + got
				}
				if !strings.HasPrefix(got, want) || a.codes() != nil {
					t.Errorf("%s %+v, want %s", got, a, want)
				}
			}
			cancel(`{"cancel":{"releasedLicenses":0,"purchase":null,"userErrors":[{"code":"MOVE_IN_PROGRESS"}]}}`)
			cancel(`{"cancel":{"releasedLicenses":0,"purchase":null,"userErrors":[{"code":"MOVE_IN_PROGRESS"}]}}`)
			if n := k.events(t) - before; n != 0 {
				t.Errorf("a refusal left %d events", n)
			}
			if err := k.TakeOver.CancelMove(k.In(t, "contoso.example"), move); err != nil {
				t.Fatal(err)
			}
			done := fmt.Sprintf(`{"cancel":{"releasedLicenses":%d,`, from.Assigned)
			cancel(done)
			cancel("again " + done)
		})
	}
}

// TestIdempotentFields has several fields in one document, which are done one after the other.
func TestIdempotentFields(t *testing.T) {
	const field = `%s: setSelfServicePolicy(input: {productId: "PRODUCT", value: %s})%s { policy { value } }`
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			write := func(alias, value, key string) string {
				if key != "" {
					key = fmt.Sprintf(" @idempotent(key: %q)", key)
				}
				return strings.Replace(fmt.Sprintf(field, alias, value, key), "PRODUCT", k.product(t), 1)
			}
			for i, s := range []struct {
				document        string
				data            string
				codes, replayed []string
				events          int
			}{
				{write("a", "DISABLED", "1") + write("b", "ENABLED", "2"), `{"a":{"policy":{"value":"DISABLED"}},"b":{"policy":{"value":"ENABLED"}}}`, nil, nil, 2},
				{write("a", "DISABLED", "1") + write("b", "ENABLED", "2"), `{"a":{"policy":{"value":"DISABLED"}},"b":{"policy":{"value":"ENABLED"}}}`, nil, []string{"a", "b"}, 0},
				{write("a", "DISABLED", "1") + write("b", "DISABLED", "3"), `{"a":{"policy":{"value":"DISABLED"}},"b":{"policy":{"value":"DISABLED"}}}`, nil, []string{"a"}, 1},
				{write("a", "ENABLED", "4") + write("b", "ENABLED", "4"), `{"a":{"policy":{"value":"ENABLED"}},"b":{"policy":{"value":"ENABLED"}}}`, nil, []string{"b"}, 1},
				{write("a", "DISABLED", "5") + write("b", "ENABLED", "5") + write("c", "ENABLED", ""), `null`, []string{"IDEMPOTENCY_MISMATCH b"}, nil, 2},
				{write("a", "DISABLED", "5"), `{"a":{"policy":{"value":"DISABLED"}}}`, nil, []string{"a"}, 0},
				{`...f ... on Mutation { a: __typename }`, `{"b":{"policy":{"value":"DISABLED"}},"a":"Mutation"}`, nil, []string{"b"}, 0},
				{write("a", "ENABLED", "6") + write("a", "ENABLED", "6"), `{"a":{"policy":{"value":"ENABLED"}}}`, nil, nil, 0},
			} {
				before := k.events(t)
				fragment := "\nfragment f on Mutation {" + write("b", "DISABLED", "5") + "}"
				if !strings.Contains(s.document, "...f") {
					fragment = ""
				}
				a := k.send(t, k.admin, "mutation {"+s.document+"}"+fragment, nil)
				if string(a.Data) != s.data || !slices.Equal(a.codes(), s.codes) || !slices.Equal(a.replayed(), s.replayed) {
					t.Errorf("%d: %s %+v, want %s", i, a.Data, a, s.data)
				}
				if got := k.events(t) - before; got != s.events {
					t.Errorf("%d: %d events, want %d", i, got, s.events)
				}
			}
		})
	}
}

// TestIdempotentUndone has a field fail after what it did: with a key, that is undone.
func TestIdempotentUndone(t *testing.T) {
	const query = `mutation($input: CancelSubscriptionInput!) { cancelSubscription(input: $input) KEY { releasedLicenses purchase { id product { policy(tenantId: "ten_nobody") { value } } } } }`
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			spare, before := k.spare(t), k.events(t)
			send := func(key, query string) answered {
				return k.send(t, k.admin, strings.Replace(query, "KEY", key, 1), map[string]any{"input": map[string]any{"purchaseId": spare[0], "reason": "OTHER"}})
			}
			for range 2 {
				a := send(`@idempotent(key: "key")`, query)
				if string(a.Data) != "null" || len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "NOT_FOUND" || k.events(t) != before {
					t.Errorf("%s %+v, %d events", a.Data, a, k.events(t)-before)
				}
			}
			if a := send(`@idempotent(key: "key")`, strings.Replace(query, `(tenantId: "ten_nobody")`, "", 1)); a.codes() != nil || a.replayed() != nil || k.events(t) != before+1 {
				t.Errorf("%s %+v, %d events", a.Data, a, k.events(t)-before)
			}
		})
	}
}

// TestIdempotentCommit loses the answer to the commit, or the commit, of a mutation: sent again it is done once.
func TestIdempotentCommit(t *testing.T) {
	broken := errors.New("broken")
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := new(storetest.Faults)
			k := keyed{Server: apitest.Serve(t, storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap}), demo.Small)}
			k.admin = k.token(t, "admin@contoso.example")
			spare := k.spare(t)
			send := func(i int) answered {
				return k.send(t, k.admin, cancelOne, map[string]any{"key": spare[i], "input": map[string]any{"purchaseId": spare[i], "reason": "OTHER"}})
			}
			seen, _ := faults.During(storetest.Fault{}, func() { send(0) })
			commit := slices.IndexFunc(seen, func(s storetest.Statement) bool { return s.SQL == "COMMIT" }) + 1
			for i, c := range []struct {
				name  string
				fault storetest.Fault
				first bool // whether the first answer says that it was done
			}{
				{"its answer is lost", storetest.Fault{At: commit, When: storetest.After, Err: io.ErrUnexpectedEOF, Dead: true}, true},
				{"it is lost", storetest.Fault{At: commit, Err: broken, Dead: true}, false},
				{"what comes before is lost", storetest.Fault{At: commit - 1, When: storetest.After, Err: broken, Dead: true}, false},
			} {
				t.Run(c.name, func(t *testing.T) {
					before := k.events(t)
					var first answered
					_, strikes := faults.During(c.fault, func() { first = send(i + 1) })
					if strikes != 1 || (first.codes() == nil) != c.first || c.first != (k.events(t) == before+1) {
						t.Errorf("%d faults: %s %+v, %d events", strikes, first.Data, first, k.events(t)-before)
					}
					again, and := send(i+1), send(i+1)
					if (again.replayed() != nil) != c.first || and.replayed() == nil || !bytes.Equal(again.Data, and.Data) || k.events(t) != before+1 {
						t.Errorf("sent again: %s, %s, %d events", again.Data, and.Data, k.events(t)-before)
					}
				})
			}
		})
	}
}

// TestIdempotentRefused puts the directive where it does not belong, and keys in it that are none.
func TestIdempotentRefused(t *testing.T) {
	k := startKeyed(t, "sqlite")
	set := fmt.Sprintf(`setSelfServicePolicy(input: {productId: %q, value: DISABLED})`, k.product(t))
	before := k.events(t)
	for _, c := range []struct {
		query     string
		variables map[string]any
		want      []string
	}{
		{`{ viewer @idempotent(key: "1") { credential { name } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`{ viewer { credential { name @idempotent(key: "1") } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`subscription { moveProgress(moveId: "mov_1") @idempotent(key: "1") { percent } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { __typename @idempotent(key: "1") }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` { policy @idempotent(key: "1") { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` { ...f } } fragment f on SetSelfServicePolicyPayload { policy @idempotent(key: "1") { value } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation @idempotent(key: "1") { ` + set + ` { policy { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent { policy { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent(key: "1") @idempotent(key: "2") { policy { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent(key: null) { policy { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent(key: 1) { policy { value } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` { policy { value } } ` + set + ` @idempotent(key: "1") { userErrors { code } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent(key: "1") { policy { value } } ...f } fragment f on Mutation { ` + set + ` @idempotent(key: "2") { userErrors { code } } }`, nil, []string{"GRAPHQL_INVALID"}},
		{`mutation { ` + set + ` @idempotent(key: "") { policy { value } } }`, nil, []string{"INVALID setSelfServicePolicy"}},
		{`mutation { ` + set + ` @idempotent(key: "a\nb") { policy { value } } }`, nil, []string{"INVALID setSelfServicePolicy"}},
		{`mutation($key: String = "1") { ` + set + ` @idempotent(key: $key) { policy { value } } }`, map[string]any{"key": nil}, []string{"INVALID setSelfServicePolicy"}},
		{`mutation($key: String!) { ` + set + ` @idempotent(key: $key) { policy { value } } }`, map[string]any{"key": strings.Repeat("k", 256)}, []string{"INVALID setSelfServicePolicy"}},
		{`mutation($key: String!) { ` + set + ` @idempotent(key: $key) { policy { value } } }`, nil, []string{"INVALID variable key"}},
	} {
		a := k.send(t, k.admin, c.query, c.variables)
		if diff := cmp.Diff(c.want, a.codes()); diff != "" {
			t.Errorf("%s: %+v (-want +got):\n%s", c.query, a, diff)
		}
	}
	if n := k.events(t) - before; n != 0 {
		t.Errorf("%d events", n)
	}
	a := k.send(t, "nonsense", `mutation { `+set+` @idempotent(key: "1") { policy { value } } }`, nil)
	if !slices.Equal(a.codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("a stranger: %+v", a)
	}
	a = k.send(t, k.token(t, "avery@contoso.example"), `mutation { `+set+` @idempotent(key: "1") { policy { value } } }`, nil)
	if !slices.Equal(a.codes(), []string{"FORBIDDEN setSelfServicePolicy"}) {
		t.Errorf("who may not: %+v", a)
	}
}

// TestIdempotentStatements counts what a key costs, and what it saves.
func TestIdempotentStatements(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			set := func(value, directive string) int64 {
				query := fmt.Sprintf(`mutation { setSelfServicePolicy(input: {productId: %q, value: %s}) %s { policy { value } } }`, k.product(t), value, directive)
				if a := k.send(t, k.admin, query, nil); a.codes() != nil {
					t.Errorf("%+v", a)
				}
				return k.Statements.Load()
			}
			without := set("DISABLED", "")
			with, again := set("ENABLED", `@idempotent(key: "1")`), set("ENABLED", `@idempotent(key: "1")`)
			// look, lock, look again, record, sweep
			if with > without+5 || again != 1 {
				t.Errorf("%d statements without a key, %d with one, %d the second time", without, with, again)
			}
			ctx := k.In(t, "contoso.example")
			central := k.DB.Client().Purchase.Query().Where(purchase.Source("CENTRAL"), purchase.Status("ACTIVE")).Order(purchase.ByQuantity(sql.OrderDesc())).FirstIDX(ctx)
			held := k.DB.Client().License.Query().Where(license.PurchaseID(central)).Select(license.FieldUserID).StringsX(ctx)
			users := k.DB.Client().User.Query().Where(user.AccountEnabled(true), user.Removed(false), user.IDNotIn(held...)).Limit(2).IDsX(ctx)
			assign := func(user, directive string) int64 { // whose answer is two reads in the tenant of an id
				query := fmt.Sprintf(`mutation { assignLicenses(input: {purchaseId: %q, userIds: [%q]}) %s { purchase { id } licenses { id } userErrors { code } } }`, central, user, directive)
				if a := k.send(t, k.admin, query, nil); a.codes() != nil || !strings.Contains(string(a.Data), `"userErrors":[]`) {
					t.Errorf("%+v", a)
				}
				return k.Statements.Load()
			}
			if without, with := assign(users[0], ""), assign(users[1], `@idempotent(key: "2")`); with > without+5 {
				t.Errorf("%d statements without a key, %d with one", without, with)
			}
		})
	}
}
