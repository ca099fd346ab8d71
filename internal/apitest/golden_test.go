package apitest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// TestGolden runs the cases in graph/testdata, with answers written by package lean, and by gqlgen alone.
// Those that only read share a server.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../graph/testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, kind := range storetest.Kinds(t) {
		for writer, start := range map[string]func(testing.TB, string) *apitest.Server{"lean": apitest.Start, "gqlgen": apitest.StartPlain} {
			t.Run(kind+"/"+writer, func(t *testing.T) {
				shared := start(t, kind)
				for _, file := range files {
					name, _ := strings.CutPrefix(filepath.ToSlash(file), "../../graph/testdata/")
					t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
						s := shared
						if apitest.Changes(t, file) {
							s = start(t, kind)
						}
						apitest.Golden(t, s, file)
					})
				}
			})
		}
	}
}
