package apitest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/apitest"
)

// TestIntrospection: who may call sees the whole schema; nobody else is told a name.
func TestIntrospection(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	const query = `{ __schema { types { name } } }`
	var answer struct {
		Data struct {
			Schema struct{ Types []struct{ Name string } } `json:"__schema"`
		}
	}
	if err := json.Unmarshal(s.Post(t, "avery@contoso.example", query, nil).Body, &answer); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, typ := range answer.Data.Schema.Types {
		names = append(names, typ.Name)
	}
	slices.Sort(names)
	if d := cmp.Diff(slices.Sorted(maps.Keys(loadSchema(t).Types)), names); d != "" {
		t.Errorf("a member sees other types than the schema's (-schema +seen):\n%s", d)
	}
	for _, document := range []string{query, `{ __type(name: "User") { name } }`, `{ __typename ...f } fragment f on Query { __schema { types { name } } }`} {
		if got := s.Post(t, "", document, nil); got.Status != 401 {
			t.Errorf("nobody asks %s: %d %s", document, got.Status, got.Body)
		}
	}
}
