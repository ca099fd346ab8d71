package graph

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOfferedDirectives(t *testing.T) {
	want := []string{"allow", "deprecated", "idempotent", "include", "oneOf", "skip", "specifiedBy"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(offered().Directives))); d != "" {
		t.Error(d)
	}
}
