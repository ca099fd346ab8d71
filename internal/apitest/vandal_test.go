package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// vandals are the ways to spoil a document.
var vandals = []func(a *author, text string) string{
	// of its tokens
	tokens(func(_ *author, t []string, at int) []string { return append(t[:at:at], t[at+1:]...) }),
	tokens(func(a *author, t []string, at int) []string { return insert(t, at, t[at], a.IntN(3)) }),
	tokens(func(a *author, t []string, at int) []string { i := a.IntN(len(t)); t[at], t[i] = t[i], t[at]; return t }),
	tokens(func(a *author, t []string, at int) []string { t[at] = nasty[a.IntN(len(nasty))]; return t }),
	tokens(func(a *author, t []string, at int) []string { return insert(t, at, nasty[a.IntN(len(nasty))], 1) }),
	tokens(func(a *author, t []string, at int) []string { return insert(t, at, t[at], a.IntN(3000)) }),
	tokens(func(a *author, t []string, at int) []string { t[at] = near(a, t[at]); return t }),
	// of its bytes
	func(a *author, s string) string { return s[:a.IntN(len(s)+1)] },
	func(a *author, s string) string {
		b := []byte(s)
		b[a.IntN(len(b))] ^= byte(1 << a.IntN(8))
		return string(b)
	},
	func(a *author, s string) string { at := a.IntN(len(s)); return s[:at] + a.document()[:5] + s[at:] },
	func(a *author, s string) string { return s + a.document() },
	func(a *author, s string) string {
		return a.pick("\ufeff", "#\n", "#", ",", "\r", "\u2028", "\u00a0", "{") + s
	},
	// of its size
	opened(func(a *author, n int) string {
		return strings.Repeat("{"+a.pick("node", "nodes", "a:node", "... on Purchase", "...")+" ", n)
	}),
	opened(func(a *author, n int) string {
		return each(n, func(i int) string { return fmt.Sprintf("a%d:__typename ", i) })
	}),
	opened(func(a *author, n int) string {
		return strings.Repeat(a.pick("__typename ", "viewer{user{id}} ", "__schema{types{name}} "), n)
	}),
	opened(func(a *author, n int) string {
		return "__typename " + strings.Repeat(a.pick("@skip(if:false) ", "@x ", "@allow(roles:[]) "), n)
	}),
	opened(func(a *author, n int) string {
		return "node(id:" + strings.Repeat("[", n) + strings.Repeat("]", a.IntN(n+1)) + "){id} "
	}),
	opened(func(a *author, n int) string {
		return "purchases(filter:" + strings.Repeat("{source:", n) + strings.Repeat("}", n) + "){totalCount} "
	}),
	opened(func(a *author, n int) string {
		return "nodes(ids:[" + strings.Repeat(`"`+a.ids[a.IntN(len(a.ids))]+`" `, n) + "]){id} "
	}),
	opened(func(a *author, n int) string {
		return fmt.Sprintf("purchases(first:%s){totalCount} ", strings.Repeat("9", n))
	}),
	opened(func(a *author, n int) string {
		return fmt.Sprintf("users(filter:{search:%q}){totalCount} ", strings.Repeat(a.pick("%", "x", "\\", "é"), n))
	}),
	opened(func(a *author, n int) string { return strings.Repeat(a.pick("#\n", ",", " ", "\n", "\t", "\ufeff"), n) }),
	opened(func(a *author, n int) string {
		return `users(filter:{search:"""` + strings.Repeat(a.pick("\n ", " ", `\"""`, "\r\n\t"), n) + `"""}){totalCount} `
	}),
	opened(func(a *author, n int) string {
		return "__schema{types" + strings.Repeat(a.pick("{ofType", "{fields{type", "{interfaces"), n%30) + "{name}"
	}),
	// of its fragments
	func(a *author, s string) string {
		n := 1 + a.IntN(500)
		return strings.Replace(s, "{", "{...f0 ", 1) + each(n, func(i int) string {
			return fmt.Sprintf(" fragment f%d on %s{...f%d ...f%d}", i, a.pick("Query", "Query", "Node", "Nope"), i+1, (i+1)%n)
		})
	},
	func(a *author, s string) string {
		return strings.Replace(s, "{", "{...f ...f ", 1) + " fragment f on Query" + a.selection(a.schema.Query, 3) + " fragment f on " + a.pick("Query", "Role", "Int") + "{id}"
	},
	// of its definitions
	func(a *author, s string) string { return strings.Repeat(s+" ", 1+a.IntN(20)) },
	func(a *author, s string) string {
		return s + a.pick(" type Query{a:Int}", " schema{query:Query}", " extend type User{a:Int}", " fragment on on on{id}", " directive @x on FIELD", " {viewer{user{id}}}")
	},
	func(a *author, s string) string {
		return strings.Replace(s, "{", "("+strings.Repeat("$a:"+a.pick("Int ", "[[[[Int!]!]!]!] ", "Role=NOPE ", "PurchaseFilter={x:1} ", "Query "), 1+a.IntN(400))+"){", 1)
	},
}

// nasty are tokens that servers choke on.
var nasty = []string{
	"$", "!", "...", "@", "&", "|", "=", ":", `"`, `"""`, "\x00", "\u202e", "😀", "\xff\xfe", "0", "-0", "1e999999999", "-1e-999999999", "0x1f", "00", "1.", ".5", "1_000", "NaN",
	"null", "true", "on", "fragment", "query", "__schema", "__type(name:\"Query\")", "__typename", `"\ud800"`, `"\u{110000}"`, `"\u0000"`, "$a", "{}", "[]", "[null]", "{id:1}", "99999999999999999999",
	"@skip", "@skip(if:null)", "@include(if:$no)", "@defer", "@stream(initialCount:1)", `@deprecated(reason:"x")`, "@oneOf", `@idempotent(key:"")`, "...on Node", "...nope",
}

var tokenInText = regexp.MustCompile(`[_A-Za-z]\w*|"(?:\\.|[^"\\])*"|-?[0-9.]+|\.\.\.|\S`)

// tokens spoils one token of a document; taking long ones apart would take longer than anything else.
func tokens(spoil func(a *author, t []string, at int) []string) func(*author, string) string {
	return func(a *author, text string) string {
		t := tokenInText.FindAllString(text[:min(len(text), 4000)], -1)
		if len(t) == 0 {
			return text
		}
		return strings.Join(spoil(a, t, a.IntN(len(t))), " ") + text[min(len(text), 4000):]
	}
}

// opened puts something big, of a size up to what a request may have, where selections begin.
func opened(big func(a *author, n int) string) func(*author, string) string {
	return func(a *author, text string) string {
		n := []int{1, 15, 40, 120, 500, 2000, 20_000}[a.IntN(7)]
		at := strings.IndexByte(text, '{') + 1
		s := big(a, n)
		return text[:at] + s[:min(len(s), 250<<10)] + text[at:]
	}
}

func insert(t []string, at int, what string, times int) []string {
	return append(append(t[:at:at], strings.Fields(strings.Repeat(what+" ", times))...), t[at:]...)
}

func each(n int, what func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(what(i))
	}
	return b.String()
}

// near returns a word that is almost right.
func near(a *author, s string) string { return s + a.pick("s", "_", "1", "ü") }

// envelope puts a document into a request's JSON, or nearly.
func envelope(a *author, text string) []byte {
	query, _ := json.Marshal(text)              //nolint:errchkjson // a string
	variables, err := json.Marshal(a.variables) // what is no UTF-8 is replaced
	if err != nil {
		panic(err)
	}
	good := fmt.Sprintf(`{"query":%s,"variables":%s}`, query, variables)
	if !a.oneIn(4) {
		return []byte(good)
	}
	odd := a.pick("null", "1", "-1e999", `"x"`, "[]", "{}", `[1]`, `{"v0":null}`, "true", strings.Repeat("9", 5000), strings.Repeat("[", 5000)+strings.Repeat("]", 5000), `"\ud800"`,
		strings.Repeat(`{"a":`, 9000)+"1"+strings.Repeat("}", 9000), `{`+strings.Repeat(`"a":1,`, 9000)+`"b":2}`)
	switch a.IntN(12) {
	case 0:
		return []byte("[" + good + "," + good + "]")
	case 1:
		return fmt.Appendf(nil, `{"query":%s,"variables":%s}`, query, odd)
	case 2:
		return fmt.Appendf(nil, `{"query":%s,"variables":{"v0":%s,"v1":%s}}`, query, odd, odd)
	case 3:
		return fmt.Appendf(nil, `{"query":%s}`, odd)
	case 4:
		return fmt.Appendf(nil, `{"query":%s,"operationName":%s,"extensions":%s}`, query, odd, odd)
	case 5:
		return fmt.Appendf(nil, `{"query":%s,"extensions":{"persistedQuery":{"version":1,"sha256Hash":%s}}}`, query, odd)
	case 6:
		return []byte(good + a.pick(" ", "\n", "x", good, "\x00"))
	case 7:
		return []byte(good[:a.IntN(len(good))])
	case 8:
		return []byte(strings.Repeat(" ", a.IntN(300<<10)) + good)
	case 9:
		return []byte(`{"query":"{__typename}",` + good[1:])
	case 10:
		b := []byte(good)
		b[a.IntN(len(b))] ^= byte(1 << a.IntN(8))
		return b
	}
	return []byte(odd)
}

// address puts a document into a request's address, or nearly.
func address(a *author, text string) string {
	v := url.Values{"query": {text}}
	if len(a.variables) > 0 {
		b, err := json.Marshal(a.variables)
		if err != nil {
			panic(err)
		}
		v.Set("variables", string(b))
	}
	if a.oneIn(4) {
		v.Set(a.pick("variables", "extensions", "operationName", "query"), a.pick("null", "[", "{}", "1", "\xff", strings.Repeat("[", 2000)))
	}
	s := v.Encode()
	if a.oneIn(10) {
		s = strings.ReplaceAll(s, "%", a.pick("%%", "%zz", ";"))
	}
	return s[:min(len(s), 60<<10)]
}

// spoiled writes a hostile document.
func spoiled(a *author) string {
	text := a.document()
	for range []int{0, 0, 0, 1, 1, 1, 2, 3}[a.IntN(8)] {
		if text != "" {
			text = vandals[a.IntN(len(vandals))](a, text)
		}
	}
	if len(text) > 260<<10 {
		text = strings.ToValidUTF8(text[:260<<10], "")
	}
	if a.oneIn(2) && !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	return text
}
