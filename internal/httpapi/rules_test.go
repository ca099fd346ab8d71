package httpapi_test

import (
	"strings"
	"testing"
)

// TestOneStream: what would subscribe to nothing, or to two things, is refused before it begins.
func TestOneStream(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for document, ok := range map[string]bool{
		"subscription{count(to:1)}":                                                               true,
		"subscription{a:count(to:1) a:count(to:1)}":                                               true,
		"subscription{...f} fragment f on Subscription{...on Subscription{count(to:1)}}":          true,
		"subscription{count(to:1) forever}":                                                       false,
		"subscription{count(to:1) b:count(to:1)}":                                                 false,
		"subscription{count(to:1) ...f} fragment f on Subscription{b:count(to:1)}":                false,
		"subscription{count(to:1) @skip(if:true)}":                                                false,
		"subscription{count(to:1) @include(if:true)}":                                             false,
		"subscription{...f @skip(if:true)} fragment f on Subscription{count(to:1)}":               false,
		"subscription{...{count(to:1) @include(if:false)}}":                                       false,
		"subscription($b:Boolean=true){... on Subscription @skip(if:$b){count(to:1)}}":            false,
		"subscription{...f} fragment f on Subscription{... @include(if:false){count(to:1)}}":      false,
		"subscription{count(to:1) ...f} fragment f on Subscription{...g} fragment g on Nope{a:n}": false,
	} {
		if got := b.post(t, document, asEvents); strings.Contains(got.body, "GRAPHQL_INVALID") == ok {
			t.Errorf("%s: %s", document, got.body)
		}
	}
}

// TestObjectsForInputs: {} is no value of a scalar or an enum, wherever it stands.
func TestObjectsForInputs(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, document := range []string{
		"{hello @skip(if:{})}", "{hello @include(if:{})}", "{...@skip(if:{}){hello}}", "{...f @include(if:{})} fragment f on Query{hello}",
		"mutation{set(value:{})}", "mutation($v:Int={}){set(value:$v)}", "query($a:Boolean={}){hello @skip(if:$a)}", "{hello @skip(if:{a:1})}",
	} {
		if got := b.post(t, document); !strings.Contains(got.body, "GRAPHQL_INVALID") || strings.Contains(got.body, `"data"`) {
			t.Errorf("%s: %s", document, got.body)
		}
	}
}

// TestStrangersGetNoHints: what a stranger may send reaches the rules all the same, which know better names.
func TestStrangersGetNoHints(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for rule, document := range map[string]string{
		"FieldsOnCorrectType": "{__typename} fragment f on Query{helo}",
		"KnownTypeNames":      "{__typename} fragment f on Quer{__typename}",
		"KnownArgumentNames":  "{__typename} fragment f on Query{hello(nam:1)}",
		"ValuesOfCorrectType": "query($a:Tree={lef:{}}){__typename}",
		"an enum's value":     "query($a:Color=GREN){__typename}",
	} {
		body := `{"query":` + quoted(document) + `}`
		caller, stranger := b.call(t, "POST", "/graphql", body, isJSON, asGood), b.call(t, "POST", "/graphql", body, isJSON)
		if !strings.Contains(caller.body, "Did you mean") {
			t.Errorf("%s: a caller is not helped: %s", rule, caller.body)
		}
		if strings.Contains(stranger.body, "Did you mean") || !strings.Contains(stranger.body, "GRAPHQL_INVALID") {
			t.Errorf("%s: a stranger gets %s", rule, stranger.body)
		}
	}
}
