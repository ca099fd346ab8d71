package main

import (
	"net/http"
	"testing"

	"purser/internal/apitest"
)

// TestLean: what is measured is written by package lean, and nothing of it is left to gqlgen.
func TestLean(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	token := s.Token(t, "admin@contoso.example")
	about, err := (&server{url: s.URL}).subjects(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads(about) {
		written, left := s.Plans.Counts()
		r, err := w.nth(0).ours(t.Context(), s.URL, token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := do(http.DefaultClient, r); err != nil {
			t.Fatal(err)
		}
		nowWritten, nowLeft := s.Plans.Counts()
		if nowWritten == written || nowLeft != left {
			t.Errorf("%s: %d subtrees were written, %d left to gqlgen", w.name, nowWritten-written, nowLeft-left)
		}
	}
}
