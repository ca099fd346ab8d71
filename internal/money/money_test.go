package money_test

import (
	"testing"

	"purser/internal/money"
)

func TestAmounts(t *testing.T) {
	tests := []struct{ text, currency, want string }{ // want "": refused
		{"8.40", "EUR", "8.40"},
		{"8.4", "EUR", "8.40"},
		{"8", "USD", "8.00"},
		{"0", "USD", "0.00"},
		{"0.0001", "USD", "0.0001"},
		{"11.99", "USD", "11.99"},
		{"1500", "JPY", "1500"},
		{"1500.5", "JPY", "1500.5"},
		{"1.2345", "KWD", "1.2345"},
		{"1", "KWD", "1.000"},
		{"1000000", "USD", "1000000.00"},
		{"1000000.0001", "USD", ""},
		{"1.23456", "USD", ""},
		{"-1", "USD", ""},
		{"+1", "USD", ""},
		{"1e3", "USD", ""},
		{".5", "USD", ""},
		{"5.", "USD", ""},
		{"1,5", "USD", ""},
		{"", "USD", ""},
		{"99999999999999999999", "USD", ""},
	}
	for _, tt := range tests {
		got, err := money.Parse(tt.text)
		if (err == nil) != (tt.want != "") || err == nil && got.Format(tt.currency) != tt.want {
			t.Errorf("Parse(%q) in %s = %v, %v; want %q", tt.text, tt.currency, got.Format(tt.currency), err, tt.want)
		}
	}
}

func TestTimes(t *testing.T) {
	price, err := money.Parse("11.99")
	if err != nil {
		t.Fatal(err)
	}
	if got := price.Times(45).Format("USD"); got != "539.55" {
		t.Errorf("45 × 11.99 = %s", got)
	}
}

func TestValidCurrency(t *testing.T) {
	for code, want := range map[string]bool{"EUR": true, "USD": true, "CNY": true, "eur": false, "EURO": false, "ZZZ": false, "": false} {
		if got := money.ValidCurrency(code); got != want {
			t.Errorf("ValidCurrency(%q) = %v", code, got)
		}
	}
}
