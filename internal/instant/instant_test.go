package instant_test

import (
	"strings"
	"testing"
	"time"

	"purser/internal/instant"
)

func TestParse(t *testing.T) {
	tests := []struct{ text, want string }{ // want "": refused
		{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.5Z"},
		{"2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"},
		{"2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00Z"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
		{"9999-12-31T23:59:59-01:00", ""}, // the year 10000
		{"2026-02-30T12:00:00Z", ""},
		{"2026-01-31", ""},
		{"2026-01-31T12:00:00", ""},
		{"", ""},
		{strings.Repeat("9", 1000), ""},
	}
	for _, tt := range tests {
		got, err := instant.Parse(tt.text)
		if (err == nil) != (tt.want != "") || err == nil && got.String() != tt.want {
			t.Errorf("Parse(%.40q) = %v, %v; want %q", tt.text, got, err, tt.want)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("the error repeats all of a long input")
		}
	}
}

func TestFromRoundsDown(t *testing.T) {
	for _, ns := range []int64{0, 1, 999_999, -1} {
		at := time.Unix(100, ns)
		if got := instant.From(at).Time(); got.After(at) || at.Sub(got) >= time.Millisecond {
			t.Errorf("From(%v) = %v", at, got)
		}
	}
}
