package httpapi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"purser/internal/httpapi"
)

// theAPI is the schema that is served.
func theAPI(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Input: string(text)})
}

func TestCost(t *testing.T) {
	t.Parallel()
	schema := theAPI(t)
	const purchase = "id product{id name} purchaser{displayName} licenses(first:5){totalCount nodes{id user{displayName}}}"
	deep := func(n int) string {
		var s strings.Builder
		s.WriteString("{purchases(first:100){nodes{...f0}}}")
		for i := range n {
			fmt.Fprintf(&s, "fragment f%d on Purchase{a:licenses(first:100){nodes{purchase{...f%d}}} b:licenses(first:100){nodes{purchase{...f%d}}}}", i, i+1, i+1)
		}
		return s.String() + fmt.Sprintf("fragment f%d on Purchase{id}", n)
	}
	ids := func(n int) string { return `["` + strings.Repeat(`x","`, n-1) + `x"]` }
	for name, c := range map[string]struct {
		query, variables string
		want             int
	}{
		"leaves":                     {"{__typename}", "", 0},
		"objects":                    {"{viewer{credential{name}}}", "", 2},
		"a page":                     {"{users(first:3){nodes{id}}}", "", 1 + 3},
		"from the end":               {"{users(last:3){nodes{id}}}", "", 1 + 3},
		"without a size":             {"{users{nodes{id}}}", "", 1 + 20},
		"a size beyond all sense":    {"{users(first:9223372036854775807){nodes{tenant{id}}}}", "", 1 + 100*2},
		"null for a size":            {"{users(first:null){nodes{id}}}", "", 1 + 20},
		"a negative size":            {"{users(first:-5){nodes{id}}}", "", 1},
		"edges":                      {"{users(first:3){edges{cursor node{id}}}}", "", 1 + 3},
		"edges and nodes":            {"{users(first:3){edges{node{tenant{id}}} nodes{tenant{id}}}}", "", 1 + 3 + 6},
		"a count":                    {"{users(first:100){totalCount}}", "", 1},
		"where a page ends":          {"{users(first:100){pageInfo{hasNextPage}}}", "", 1 + 100},
		"cursors":                    {"{users(first:100){edges{cursor}}}", "", 1 + 100},
		"all of a page":              {"{users(first:3){totalCount pageInfo{endCursor} edges{cursor node{tenant{id}}}}}", "", 1 + 3 + 3},
		"a variable":                 {"query($n:Int){users(first:$n){nodes{id}}}", `{"n":7}`, 1 + 7},
		"a variable's default":       {"query($n:Int=7){users(first:$n){nodes{id}}}", "", 1 + 7},
		"instead of the default":     {"query($n:Int=7){users(first:$n){nodes{id}}}", `{"n":9}`, 1 + 9},
		"a variable left out":        {"query($n:Int){users(first:$n){nodes{id}}}", "", 1 + 20},
		"a variable that is null":    {"query($n:Int=7){users(first:$n){nodes{id}}}", `{"n":null}`, 1 + 20},
		"nested":                     {"{users(first:3){nodes{licenses(first:4){nodes{product{id}}}}}}", "", 1 + 3*(1+1+4*2)},
		"the page of the main job":   {"{selfServiceSubscriptions(first:50){totalCount nodes{" + purchase + "}}}", "", 1 + 50*(1+1+1+1+5*2)},
		"its longest":                {"{selfServiceSubscriptions(first:100){totalCount nodes{" + purchase + "}}}", "", 1 + 100*(1+1+1+1+5*2)},
		"100 x 100 x 100":            {"{users(first:100){nodes{purchases(first:100){nodes{licenses(first:100){nodes{id}}}}}}}", "", 1 + 100*(1+1+100*(1+1+100))},
		"list without pages":         {"{tenant{summary{byStatus{count}}}}", "", 1 + 1 + 20},
		"nodes":                      {"{nodes(ids:[\"a\",\"b\",\"c\"]){id}}", "", 3},
		"nodes, one":                 {"{nodes(ids:\"a\"){id}}", "", 1},
		"nodes, variable":            {"query($ids:[ID!]!){nodes(ids:$ids){id}}", `{"ids":` + ids(100) + `}`, 100 + 1},
		"nodes, one by variable":     {"query($ids:[ID!]!){nodes(ids:$ids){id}}", `{"ids":"a"}`, 1},
		"dearest of several types":   {"{node(id:\"x\"){id ...on User{tenant{id}} ...on Purchase{product{id} tenant{id}} ...on Node{id}}}", "", 1 + 2},
		"fragment in two places":     {"{a:users(first:3){nodes{...u}} b:users(first:5){nodes{...u}}} fragment u on User{tenant{id}}", "", 2 + 3*2 + 5*2},
		"fragment on a page":         {"{a:users(first:3){...c} b:users(first:5){...c}} fragment c on UserConnection{nodes{tenant{id}}}", "", 2 + 3*2 + 5*2},
		"inline fragments":           {"{viewer{...{user{...on User{tenant{id}}}}}}", "", 3},
		"skipped":                    {"query($b:Boolean!){viewer{user @skip(if:$b){id} ...@include(if:$b){credential{name}}}}", `{"b":true}`, 2},
		"not skipped":                {"query($b:Boolean!){viewer{user @skip(if:$b){id} ...@skip(if:$b){credential{name}}}}", `{"b":false}`, 3},
		"fragment skipped":           {"query($b:Boolean=true){viewer{...f @skip(if:$b)}} fragment f on Viewer{credential{name}}", "", 1},
		"introspection":              {"{__schema{types{fields{type{name}}}}}", "", 1},
		"mutation":                   {"mutation{setRecurringBilling(input:{purchaseId:\"p\",enabled:true}){purchase{id} userErrors{code}}}", "", 1 + 1 + 20},
		"5,000 users":                {"mutation($u:[ID!]!){assignLicenses(input:{purchaseId:\"p\",userIds:$u}){purchase{id}}}", `{"u":` + ids(5000) + `}`, 1 + 1 + 50},
		"5,000 users in one":         {"mutation($i:AssignLicensesInput!){assignLicenses(input:$i){purchase{id}}}", `{"i":{"purchaseId":"p","userIds":` + ids(5000) + `}}`, 1 + 1 + 50},
		"subscription":               {"subscription{moveProgress(moveId:\"m\"){percent}}", "", 1},
		"more than a number can say": {deep(12), "", math.MaxInt32},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, errs := gqlparser.LoadQueryWithRules(schema, c.query, rules.NewDefaultRules())
			if errs != nil {
				t.Fatal(errs)
			}
			raw := map[string]any{}
			if c.variables != "" {
				d := json.NewDecoder(strings.NewReader(c.variables))
				d.UseNumber()
				if err := d.Decode(&raw); err != nil {
					t.Fatal(err)
				}
			}
			variables, err := validator.VariableValues(schema, doc.Operations[0], raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := httpapi.CostOf(schema, doc.Operations[0], variables); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

// TestCostOfManyFragments would not end if a fragment were priced anew wherever it is used: it is used
// 2^200 times.
func TestCostOfManyFragments(t *testing.T) {
	t.Parallel()
	var q strings.Builder
	q.WriteString("{viewer{...f0}}")
	for i := range 200 {
		fmt.Fprintf(&q, " fragment f%d on Viewer{...f%d ...f%d}", i, i+1, i+1)
	}
	q.WriteString(" fragment f200 on Viewer{credential{name}}")
	schema := theAPI(t)
	doc, errs := gqlparser.LoadQueryWithRules(schema, q.String(), rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	if got := httpapi.CostOf(schema, doc.Operations[0], nil); got != math.MaxInt32 {
		t.Errorf("%d", got)
	}
}

func TestCostLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Limits.Cost = 21 })
	const fits, tooMuch = "{node{nodes{id}}}", "{node{node{nodes{id}}}}"
	const cost, refusal = `"extensions":{"cost":{"limit":21,"requested":21}}`, `"extensions":{"code":"COMPLEXITY_LIMIT_EXCEEDED","limit":21,"requestId":"made-`
	for name, ask := range map[string]func(query string) string{
		"POST": func(q string) string { return b.post(t, q, asSpec).body },
		"GET":  func(q string) string { return b.call(t, "GET", "/graphql?query="+q, "", asGood).body },
		"SSE":  func(q string) string { return b.post(t, q, asEvents).body },
		"WebSocket": func(q string) string {
			c := b.connect(t, "good")
			c.subscribe("1", q)
			m, err := c.read()
			if err != nil {
				t.Error(err)
			}
			return m
		},
	} {
		if got := ask(fits); !strings.Contains(got, `"data":{"node":null},`+cost) {
			t.Errorf("%s: %s", name, got)
		}
		if got := ask(tooMuch); !strings.Contains(got, refusal) || !strings.Contains(got, `"requested":22}`) || strings.Contains(got, `"data"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := b.post(t, tooMuch, asSpec); got.status != 400 {
		t.Errorf("status %d", got.status)
	}
	if got := b.post(t, "subscription{count(to:2)}", asEvents); strings.Count(got.body, `"cost":{"limit":21,"requested":0}`) != 2 {
		t.Errorf("events: %s", got.body)
	}
	if got := setup(t, nil).post(t, tooMuch); got.status != 200 || strings.Contains(got.body, "cost") {
		t.Errorf("without a limit: %s", got.body)
	}
}
