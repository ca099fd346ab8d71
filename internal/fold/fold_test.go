package fold_test

import (
	"testing"

	"purser/internal/fold"
)

func TestKey(t *testing.T) {
	tests := []struct{ a, b string }{ // of the same key
		{"Straße", "STRASSE"},
		{"  Élodie ", "e\u0301lodie"},
		{"ＡＢＣ", "abc"},
		{"Ελλάς", "ΕΛΛΆΣ"},
	}
	for _, tt := range tests {
		if a, b := fold.Key(tt.a), fold.Key(tt.b); a != b {
			t.Errorf("%q has the key %q, %q has %q", tt.a, a, tt.b, b)
		}
	}
	if got := fold.Keys("Ann", "", "ANN@x.example"); got != "ann\nann@x.example" {
		t.Errorf("Keys: %q", got)
	}
}
