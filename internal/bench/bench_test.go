package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"purser/ent/purchase"
	"purser/internal/apitest"
	"purser/internal/bench/handwritten"
	"purser/internal/store/storetest"
)

// TestSameAnswers compares Purser's answers with the hand-written handler's, byte for byte: else the
// ratios would mean nothing.
func TestSameAnswers(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			h, err := handwritten.New(t.Context(), s.DB.URL(), 2, s.Clock.Now)
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewServer(h)
			t.Cleanup(func() {
				web.Close()
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			})
			token := s.Token(t, "admin@contoso.example")
			purchases := s.DB.Client().Purchase.Query().Where(purchase.Source("SELF_SERVICE")).IDsX(s.In(t, "contoso.example"))
			for _, id := range append(purchases, "pur_unknown") {
				for _, w := range workloads(id) {
					a, b := &side{request: w.ours, server: &server{url: s.URL}}, &side{request: w.theirs, server: &server{url: web.URL}}
					if err := sameAnswers(t.Context(), web.Client(), a, b, token); err != nil {
						t.Errorf("%s, %s: %v", w.name, id, err)
					}
				}
			}
		})
	}
}

// TestHandwrittenRefusesStrangers: a handler without the look-up would be no comparison.
func TestHandwrittenRefusesStrangers(t *testing.T) {
	s := apitest.Start(t, "sqlite")
	h, err := handwritten.New(t.Context(), s.DB.URL(), 1, s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(func() {
		web.Close()
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := workloads("")[0].theirs(context.Background(), web.URL, "psr_nobody")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(web.Client(), r); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v, want 401", err)
	}
}
