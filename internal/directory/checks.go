package directory

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"purser/internal/money"

	"golang.org/x/text/language"

	"purser/internal/domainname"
)

// Limits, in characters.
const (
	maxName   = 256
	maxUPN    = 254
	maxDomain = domainname.Max
	maxRef    = 100
	maxLocale = 35
)

// maxQuantity is how many seats a purchase may have: with the highest price of a seat it is
// still far from what an int64 holds.
const maxQuantity = 1_000_000

// check says what is wrong with a text; "" if nothing is.
type check func(string) string

// wrongWith says what is wrong with a text that should have 1 to limit characters.
func wrongWith(s string, limit int, checks ...check) (messages []string) {
	switch {
	case s == "":
		return []string{"is empty"}
	case utf8.RuneCountInString(s) > limit:
		return []string{fmt.Sprintf("is longer than %d characters", limit)}
	case strings.ContainsFunc(s, unicode.IsControl):
		return []string{"has control characters"}
	}
	for _, c := range checks {
		if message := c(s); message != "" {
			messages = append(messages, message)
		}
	}
	return messages
}

func isDomain(s string) string {
	if !domainname.Valid(strings.ToLower(s)) {
		return "is not a domain name such as contoso.example"
	}
	return ""
}

func isCountry(s string) string {
	if r, err := language.ParseRegion(s); err != nil || !r.IsCountry() || r.String() != s {
		return "is not a two-letter country code such as NL"
	}
	return ""
}

// isLocale takes every well-formed language tag; what Purser has no texts for is written to in another language.
func isLocale(s string) string {
	_, err := language.Raw.Parse(s)
	if _, unknown := errors.AsType[language.ValueError](err); err != nil && !unknown {
		return "is not a language tag such as zh-CN"
	}
	return ""
}

func isCurrency(s string) string {
	if !money.ValidCurrency(s) {
		return "is not a currency code such as EUR"
	}
	return ""
}

func isMail(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") || strings.ContainsFunc(s, noMail) {
		return "is not a mail address"
	}
	return ""
}

func noMail(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>,;\"", r) }

func isWord(s string) string {
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return "has spaces"
	}
	return ""
}
