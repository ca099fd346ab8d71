package apitest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

// TestGolden runs the cases in graph/testdata. Those that only read share a server.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../graph/testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			shared := apitest.Start(t, kind)
			for _, file := range files {
				name, _ := strings.CutPrefix(filepath.ToSlash(file), "../../graph/testdata/")
				t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
					s := shared
					if apitest.Changes(t, file) {
						s = apitest.Start(t, kind)
					}
					apitest.Golden(t, s, file)
				})
			}
		})
	}
}
