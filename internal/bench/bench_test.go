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
			a, b := &side{request: workload.ours, server: &server{url: s.URL}}, &side{request: workload.theirs, server: &server{url: web.URL}}
			about, err := a.subjects(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range workloads(about) {
				p := pair{workload: w, ours: a, theirs: b, token: token, client: web.Client()}
				if err := p.sameAnswers(t.Context()); err != nil {
					t.Errorf("%s: %v", w.name, err)
				}
			}
			purchases := s.DB.Client().Purchase.Query().Where(purchase.Source("SELF_SERVICE")).IDsX(s.In(t, "contoso.example"))
			for _, about.purchase = range append(purchases, "pur_unknown") {
				p := pair{workload: workloads(about)[1], ours: a, theirs: b, token: token, client: web.Client()}
				if err := p.sameAnswers(t.Context()); err != nil {
					t.Errorf("%s %s: %v", p.name, about.purchase, err)
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
	r, err := workloads(subjects{})[0].theirs(context.Background(), web.URL, "psr_nobody")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(web.Client(), r); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v, want 401", err)
	}
}
