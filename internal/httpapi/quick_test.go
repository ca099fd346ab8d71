package httpapi_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"purser/internal/httpapi"
)

// usual are requests as clients write them.
var usual = []string{
	`{"query":"{ viewer { name } }"}`,
	`{"query":"query A($id: ID!) {\n\tnode(id: $id) { id }\n}","variables":{"id":"usr_1"},"operationName":"A"}`,
	`{"operationName":null,"variables":{},"query":"{ a(b: \"c\") }"}`,
	` { "query" : "{ ä }" , "variables" : { "input" : { "ids" : [ "a", "b" ], "n" : -12, "on" : true, "off" : false, "no" : null, "none": [] } },
		"extensions" : { "persistedQuery" : { "version" : 1, "sha256Hash" : "ab" } } } `,
	`{"variables":null,"extensions":null,"query":"{ \\ \/ \b\f\r }"}`,
}

// readAlike checks that what is read without encoding/json is read by it, and just so.
func readAlike(t *testing.T, b []byte) (quick bool) {
	t.Helper()
	got, ok := httpapi.Quick(b)
	if !ok || !utf8.Valid(b) {
		return false
	}
	want, ok := httpapi.Slow(b)
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%q is read differently (-encoding/json):\n%s", b, diff)
	}
	return true
}

func TestQuickReadsTheUsual(t *testing.T) {
	for _, s := range usual {
		if !readAlike(t, []byte(s)) {
			t.Errorf("%s is left to encoding/json", s)
		}
	}
}

// TestQuickLeaves names what encoding/json is for.
func TestQuickLeaves(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, s := range []string{
		``, `null`, `[]`, `{`, `{"query":"a"`, `{"query":"a",}`, `{"query":"a"}{}`, `{"query":"a"} x`, "{\"query\":\"a\"}\x00", `{"query":a}`, `{"query":1}`,
		`{"Query":"a"}`, `{"query":"a","query":"b"}`, `{"variables":{"a":1},"variables":{"b":2}}`, `{"other":1}`, `{"query":"\u0061"}`, `{"query":"\x"}`, `{"query":"\`,
		"{\"query\":\"a\nb\"}", `{"variables":[]}`, `{"variables":{"a":01}}`, `{"variables":{"a":1.5}}`, `{"variables":{"a":1e3}}`, `{"variables":{"a":-}}`, `{"variables":{"a":1`,
		`{"variables":{"a":nul}}`, `{"variables":{"a":truer}}`, `{"variables":{"a":` + deep + `}}`, `{"variables":{"a":[1,]}}`, `{"variables":{a:1}}`, `{"variables":{"a" 1}}`,
	} {
		if _, ok := httpapi.Quick([]byte(s)); ok {
			t.Errorf("%s is read", s)
		}
	}
}

// TestQuickReadsAlike damages requests at random.
func TestQuickReadsAlike(t *testing.T) {
	const seeds, bits = 50_000, "{}[]\",:\\nu0123456789-.eE truefalsnabqyvoprNxsi\x00\n\té"
	r := rand.New(rand.NewPCG(1, 2))
	read := 0
	for range seeds {
		b := []byte(usual[r.IntN(len(usual))])
		for range 1 + r.IntN(3) {
			at, c := r.IntN(len(b)), bits[r.IntN(len(bits))]
			switch r.IntN(4) {
			case 0:
				b[at] = c
			case 1:
				b = append(b[:at], b[at+1:]...)
			case 2:
				b = append(b[:at], append([]byte{c}, b[at:]...)...)
			default: // a piece moves
				to := r.IntN(len(b))
				copy(b[to:], append([]byte(nil), b[at:min(len(b), at+1+r.IntN(12))]...))
			}
		}
		if readAlike(t, b) {
			read++
		}
	}
	if read < seeds/10 {
		t.Errorf("only %d of %d were read", read, seeds)
	}
}
