package domainname_test

import (
	"strings"
	"testing"

	"purser/internal/domainname"
)

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		"contoso.example": true, "a": true, "xn--mnchen-3ya.example": true, "7.example": true,
		"": false, "Contoso.example": false, ".example": false, "example.": false, "a..b": false, "-a.example": false, "a-.example": false,
		"a b": false, "a@b": false, "münchen.example": false, strings.Repeat("a", domainname.Max): true, strings.Repeat("a", domainname.Max+1): false,
	} {
		if got := domainname.Valid(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
