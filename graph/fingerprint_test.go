package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator"
)

// fingerprintOf returns that of the first field of a document's first operation.
func fingerprintOf(t *testing.T, document string, variables map[string]any) [32]byte {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(parsedSchema, document, nil)
	if errs != nil {
		t.Fatalf("%s: %v", document, errs)
	}
	values, err := validator.VariableValues(parsedSchema, doc.Operations[0], variables)
	if err != nil {
		t.Fatal(err)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: values}
	f := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"})[0]
	hash, err := fingerprint(op, f)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestFingerprint(t *testing.T) {
	const first = `mutation { setSelfServicePolicy(input: {productId: "prd_1", value: DISABLED}) { policy { value history(first: 5) { totalCount } } userErrors { code } } }`
	want := fingerprintOf(t, first, nil)
	values := map[string]any{"input": map[string]any{"value": "DISABLED", "productId": "prd_1"}, "n": 5, "product": "prd_1"}
	for _, c := range []struct {
		document string
		same     bool
	}{
		{first, true},
		{strings.ReplaceAll(first, " ", "\n,"), true},
		{strings.Replace(first, "setSelf", "alias: setSelf", 1), true},
		{strings.Replace(first, "userErrors { code } }", `userErrors { code } } other: cancelMove(input: {moveId: "mov_1"}) { userErrors { code } }`, 1), true},
		{strings.Replace(first, `productId: "prd_1", value: DISABLED`, `value: DISABLED, productId: "prd_1"`, 1), true},
		{`mutation($input: SetSelfServicePolicyInput!, $n: Int!) { setSelfServicePolicy(input: $input) { policy { value history(first: $n) { totalCount } } userErrors { code } } }`, true},
		{`mutation($product: ID!) { setSelfServicePolicy(input: {productId: $product, value: DISABLED}) { policy { value history(first: 5) { totalCount } } userErrors { code } } }`, true},
		{strings.Replace(first, "DISABLED", "ENABLED", 1), false},
		{strings.Replace(first, "prd_1", "prd_2", 1), false},
		{strings.Replace(first, "first: 5", "first: 6", 1), false},
		{strings.Replace(first, "policy {", "other: policy {", 1), false},
		{strings.Replace(first, "{ code }", "{ message }", 1), false},
		{strings.Replace(first, "{ code }", "{ code message }", 1), false},
		{strings.Replace(first, "userErrors { code }", "userErrors @skip(if: true) { code }", 1), false},
		{`mutation { cancelMove(input: {moveId: "prd_1"}) { userErrors { code } } }`, false},
		{strings.TrimSuffix(strings.Replace(first, "policy {", "...f } } fragment f on SetSelfServicePolicyPayload { policy {", 1), " }"), false},
	} {
		if got := fingerprintOf(t, c.document, values); (got == want) != c.same {
			t.Errorf("%s: the same: %v, want %v", c.document, got == want, c.same)
		}
	}
	if fingerprintOf(t, fragments("f"), nil) != fingerprintOf(t, fragments("g"), nil) {
		t.Error("the names of fragments make a difference")
	}
}

// fragments is a document that would be 2^40 fields long without them.
func fragments(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `mutation { cancelMove(input: {moveId: "mov_1"}) { ...%s0 } }`, name)
	for i := range 40 {
		fmt.Fprintf(&b, " fragment %[1]s%[2]d on CancelMovePayload { ...%[1]s%[3]d ... on CancelMovePayload { ...%[1]s%[3]d } }", name, i, i+1)
	}
	fmt.Fprintf(&b, " fragment %s40 on CancelMovePayload { userErrors { code } }", name)
	return b.String()
}
