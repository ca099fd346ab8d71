package httpapi_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/httpapi"
)

// hostile are requests that broke servers elsewhere. None may take long, and none may be our fault.
func hostile() map[string]string {
	doc := func(q string) string { return `{"query":` + quoted(q) + `}` }
	vars := func(v string) string { return `{"query":"query($v:Any){n(any:$v)}","variables":{"v":` + v + `}}` }
	rep := strings.Repeat

	var doubling, chain, wide strings.Builder
	doubling.WriteString("{...f0}")
	for i := range 28 {
		fmt.Fprintf(&doubling, " fragment f%d on Query{...f%d ...f%d}", i, i+1, i+1)
	}
	doubling.WriteString(" fragment f28 on Query{hello}")
	chain.WriteString("{...c0}")
	for i := range 390 {
		fmt.Fprintf(&chain, " fragment c%d on Query{...c%d}", i, i+1)
	}
	chain.WriteString(" fragment c390 on Query{hello}")
	wide.WriteString("{")
	for i := range 390 {
		fmt.Fprintf(&wide, "...w%d ", i)
	}
	wide.WriteString("}")
	for i := range 390 {
		fmt.Fprintf(&wide, " fragment w%d on Query{hello}", i)
	}
	var aliases strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&aliases, "a%d:__typename ", i)
	}
	return map[string]string{
		"100,000 braces":       doc(rep("{a", 100_000)),
		"open braces":          doc(rep("{", 4_900)),
		"closed braces":        doc(rep("{a", 900) + rep("}", 900)),
		"open lists":           doc("{n(list:" + rep("[", 100_000)),
		"closed lists":         doc("{n(list:" + rep("[", 2_000) + rep("]", 2_000) + ")}"),
		"list types":           doc("query($a:" + rep("[", 4_000) + "Int" + rep("]", 900) + "){n}"),
		"nested objects":       doc("{n(tree:" + rep("{left:", 900) + "{}" + rep("}", 900) + ")}"),
		"comments":             doc("{hello " + rep("#\n", 60_000) + "}"),
		"one long comment":     doc("{hello #" + rep("x", 200_000) + "\n}"),
		"long name":            doc("{" + rep("x", 200_000) + "}"),
		"long string":          doc(`{hello(name:"` + rep("x", 200_000) + `")}`),
		"block string":         doc(`{hello(name:"""` + rep("\n ", 50_000) + `""")}`),
		"commas":               doc("{hello" + rep(",", 200_000) + "}"),
		"aliases":              doc("{" + aliases.String() + "}"),
		"__typename":           doc("{" + rep("__typename ", 2_000) + "}"),
		"fields":               doc("{" + rep("node{id} ", 1_000) + "}"),
		"directives":           doc("{hello " + rep("@skip(if:false) ", 400) + "}"),
		"unknown directives":   doc("{hello " + rep("@a ", 2_000) + "}"),
		"doubling fragments":   doc(doubling.String()),
		"chain of fragments":   doc(chain.String()),
		"many fragments":       doc(wide.String()),
		"cyclic fragment":      doc("{...a} fragment a on Query{...a hello}"),
		"cyclic fragments":     doc("{...a} fragment a on Query{...b} fragment b on Query{node{...c}} fragment c on Node{node{...c ...d}} fragment d on Node{...c}"),
		"cycle out of use":     doc("{hello} fragment a on Query{...b} fragment b on Query{...a}"),
		"cyclic introspection": doc("{__schema{types{...t}}} fragment t on __Type{ofType{...t} fields{type{...t}}}"),
		"same fragment twice":  doc("{...a} fragment a on Query{hello} fragment a on Query{" + rep("hello ", 399) + "}"),
		"inline fragments":     doc(rep("{...", 900) + "{hello}" + rep("}", 900)),
		"operations":           doc(rep("query{hello}", 400)),
		"variables":            doc("query(" + rep("$a:Int ", 1_000) + "){hello}"),
		"introspection circle": doc("{__schema{types{fields{type{fields{name}}}}}}"),
		"introspection, deep":  doc("{__schema{types" + rep("{ofType", 20) + "{name}" + rep("}", 20) + "}}"),
		"overlapping":          doc("{" + rep("node{node{node{id}}} ", 90) + "}"),
		"NUL":                  "{\"query\":\"{\\u0000hello}\"}",
		"raw NUL":              "{\"query\":\"{hello\x00}\"}",
		"invalid UTF-8":        "{\"query\":\"{hello(name:\\\"\xff\\\")}\"}",
		"lone surrogate":       `{"query":"{hello(name:\"\ud800\")}"}`,
		"escaped surrogate":    doc(`{hello(name:"\ud800\u{110000}")}`),
		"byte order mark":      "\ufeff" + doc("{hello}"),
		"huge integer":         doc("{n(i:" + rep("9", 1_000) + ")}"),
		"huge float":           doc("{n(any:1e999999999)}"),
		"huge id":              doc("{find(id:" + rep("9", 1_000) + ")}"),
		"huge, in an object":   doc("{n(any:{a:[1e999999999]})}"),
		"huge default":         doc("query($v:Any=1e999999999){n(any:$v)}"),
		"huge variable":        `{"query":"query($i:Int){n(i:$i)}","variables":{"i":` + rep("9", 100_000) + `}}`,
		"infinite variable":    `{"query":"query($i:Int){n(i:$i)}","variables":{"i":1e999999}}`,
		"negative zero":        `{"query":"query($i:Int){n(i:$i)}","variables":{"i":-0.0}}`,
		"deep variable":        vars(rep("[", 100_000) + rep("]", 100_000)),
		"deep, allowed":        vars(rep("[", 9_000) + rep("]", 9_000)),
		"deep object":          `{"query":"query($v:Tree){n(tree:$v)}","variables":{"v":` + rep(`{"left":`, 9_000) + "{}" + rep("}", 9_000) + "}}",
		"deep for a list":      `{"query":"query($v:[[Int]]){n(list:$v)}","variables":{"v":` + rep("[", 9_000) + rep("]", 9_000) + "}}",
		"many keys":            `{"query":"{hello}","variables":{` + rep(`"a":1,`, 30_000) + `"b":1}}`,
		"same key twice":       `{"query":"{hello}","query":"{n}"}`,
		"skip by null":         `{"query":"query($b:Boolean){hello @skip(if:$b)}"}`,
		"skip by variable":     `{"query":"query($b:Boolean!){hello @skip(if:$b)}","variables":{"b":null}}`,
		"skip without if":      doc("{hello @skip}"),
		"unknown variable":     doc("{hello(name:$nope)}"),
		"subscription of two":  doc("subscription{forever count(to:1)}"),
		"only fragments":       doc("fragment a on Query{hello}"),
		"type system":          doc("type Query{a:Int}"),
		"10 MB":                doc(rep(" ", 10<<20)),
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			for _, who := range [][]string{{asGood}, nil} {
				got := b.call(t, "POST", "/graphql", body, append(who, isJSON, asSpec)...)
				if got.status >= 500 || got.status != 200 && len(got.body) > 20_000 {
					t.Errorf("%d with %d bytes: %.500s", got.status, len(got.body), got.body)
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	rep := strings.Repeat
	aliases := func(n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "a%d:__typename ", i)
		}
		return "{" + s.String() + "}"
	}
	marked := func(before, after string) (string, string) {
		return before + rep("@mark ", 50) + after, before + rep("@mark ", 51) + after
	}
	depth := func(n int) string { return rep("{node", n-1) + "{id}" + rep("}", n-1) }
	cases := map[string]struct{ ok, refused string }{
		"depth":              {depth(15), depth(16)},
		"depth by fragments": {"{node" + rep("{node", 7) + "{...a}" + rep("}", 8) + " fragment a on Node" + rep("{node", 6) + "{id}" + rep("}", 6), "{node" + rep("{node", 7) + "{...a}" + rep("}", 8) + " fragment a on Node" + rep("{node", 7) + "{id}" + rep("}", 7)},
		"aliases":            {aliases(100), aliases(101)},
		"fields":             {"{" + rep("hello ", 400) + "}", "{" + rep("hello ", 401) + "}"},
		"counted once":       {"{" + rep("...a ", 100) + "} fragment a on Query{" + rep("hello ", 400) + "}", "{hello ...a} fragment a on Query{" + rep("hello ", 400) + "}"},
		"uses of fragments":  {"{" + rep("...a ", 400) + "} fragment a on Query{hello}", "{" + rep("...a ", 401) + "} fragment a on Query{hello}"},
		"directives":         {"{" + rep("hello @skip(if:false) ", 50) + "}", "{" + rep("hello @skip(if:false) ", 51) + "}"},
		"tokens":             {"{hello(name:\"x\"" + rep(",", 5000) + ")}", "{n(list:[" + rep("1 ", 5000) + "])}"},
		"introspection":      {"{__schema{types{fields{type{ofType{ofType{ofType{name}}}}}}}}", "{__schema{types{fields{type{ofType{fields{name}}}}}}}"},
		"introspection, fragments": {
			"{__schema{types{...t}}} fragment t on __Type{fields{type{name}} interfaces{name}}",
			"{__schema{types{...t}}} fragment t on __Type{interfaces{...u}} fragment u on __Type{interfaces{name}}",
		},
	}
	for place, parts := range map[string][2]string{
		"an operation": {"query ", "{hello}"}, "a variable": {"query($a:String ", "){hello(name:$a)}"}, "a fragment": {"{...f} fragment f on Query ", "{hello}"},
		"its use": {"{...f ", "} fragment f on Query{hello}"}, "an inline one": {"{... on Query ", "{hello}}"},
	} {
		c := cases["depth"]
		c.ok, c.refused = marked(parts[0], parts[1])
		cases["directives of "+place] = c
	}
	for name, c := range cases {
		if got := b.post(t, c.ok, asSpec); got.status != 200 {
			t.Errorf("%s, just allowed: %d %s", name, got.status, got.body)
		}
		if got := b.post(t, c.refused, asSpec); got.status != 400 || !strings.Contains(got.body, "COMPLEXITY_LIMIT_EXCEEDED") {
			t.Errorf("%s, just too much: %d %s", name, got.status, got.body)
		}
	}
}

// TestDisguise: what is too much is found in what the rules would refuse later, after much work.
func TestDisguise(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, document := range map[string]string{
		"a second fragment of one name": "{...f} fragment f on Query{hello} fragment f on Query{" + strings.Repeat("hello ", 400) + "}",
		"a fragment out of use":         "{hello} fragment f on Query{" + strings.Repeat("hello ", 400) + "}",
		"a second operation":            "query A{hello} query B{" + strings.Repeat("hello ", 400) + "}",
		"an unknown type":               "{hello} fragment f on Nope{" + strings.Repeat("hello ", 400) + "}",
	} {
		if got := b.post(t, document, asSpec); !strings.Contains(got.body, "COMPLEXITY_LIMIT_EXCEEDED") {
			t.Errorf("%s: %d %.500s", name, got.status, got.body)
		}
	}
}

func TestTheUsualIntrospectionPasses(t *testing.T) {
	t.Parallel()
	query, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if got := setup(t, nil).post(t, string(query), asSpec); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	start, end := `{"query":"{hello}","x":"`, `"}`
	fits := start + strings.Repeat("y", 256<<10-len(start)-len(end)) + end
	if got := b.call(t, "POST", "/graphql", fits, isJSON, asGood); got.status != 200 {
		t.Errorf("256 KB: %d %.200s", got.status, got.body)
	}
	got := b.call(t, "POST", "/graphql", fits+" ", isJSON, asGood)
	if got.status != http.StatusRequestEntityTooLarge || strings.Contains(got.body, "yyy") || !strings.Contains(got.body, "COMPLEXITY_LIMIT_EXCEEDED") {
		t.Errorf("one more: %d %.200s", got.status, got.body)
	}
}

func TestBodyLimitWithoutLength(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	body := struct{ *strings.Reader }{strings.NewReader(`{"query":"` + strings.Repeat("y", 300<<10) + `"}`)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer good")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d, want 413", resp.StatusCode)
	}
}

// TestTooLongToBegin: what says that it is too long is not read first.
func TestTooLongToBegin(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	if _, said := b.begin(t, "good", 256<<10+1); !strings.HasPrefix(said, "HTTP/1.1 413") {
		t.Errorf("a body of 256 KB and one byte: %s", said)
	}
	if _, said := b.begin(t, "good", 256<<10); !strings.HasPrefix(said, "HTTP/1.1 100") {
		t.Errorf("a body of 256 KB: %s", said)
	}
	if got := b.call(t, "GET", "/graphql?query={hello}&x="+strings.Repeat("x", 256<<10), "", asGood); got.status != http.StatusRequestURITooLong {
		t.Errorf("an address: %d", got.status)
	}
}

func TestDocumentsAreKeptWithinBounds(t *testing.T) {
	t.Parallel()
	d, doc := httpapi.NewDocuments(), &ast.QueryDocument{}
	text := func(i int) string { return fmt.Sprintf("%d%s", i, strings.Repeat("x", 16_000)) }
	kept := func(s string) bool {
		_, ok := d.Get(t.Context(), s)
		return ok
	}
	for i := range 200 { // more than a megabyte
		d.Add(t.Context(), text(i), doc)
		d.Add(t.Context(), text(i), doc)
		if !kept(text(0)) {
			t.Fatal("what is in use was dropped")
		}
	}
	if !kept(text(199)) || kept(text(100)) {
		t.Error("what is kept is not what was used last")
	}
	long := strings.Repeat("x", 20_000)
	d.Add(t.Context(), long, doc)
	if kept(long) {
		t.Error("a long document is kept")
	}
	n := 0
	for i := range 200 {
		if kept(text(i)) {
			n++
		}
	}
	if n > 1<<20/16_000 {
		t.Errorf("%d documents of 16 KB are kept", n)
	}
}

func TestACachedQueryIsServed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for range 3 {
		if got := b.post(t, "{hello}"); got.status != 200 {
			t.Fatal(got.body)
		}
	}
	if got := b.call(t, "POST", "/graphql", `{"query":"{hello}"}`, isJSON); got.status != 401 {
		t.Errorf("a stranger gets what a caller's query left behind: %d %s", got.status, got.body)
	}
}
