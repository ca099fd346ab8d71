// Package note checks the free text that people add to what they do: feedback, messages, replies.
package note

import (
	"strings"
	"unicode/utf8"

	"purser/internal/fault"
)

// Longest is how many characters a note has at most.
const Longest = 2000

// Check says what is wrong with a note, which may be nil; field is the input that it came in.
// The fault is Invalid.
func Check(text *string, field string) error {
	if text == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*text); n > Longest {
		return fault.New(fault.Invalid, "At most %d characters; this has %d.", Longest, n).At(field)
	}
	if strings.ContainsRune(*text, 0) || !utf8.ValidString(*text) {
		return fault.New(fault.Invalid, "This has to be text; it cannot hold NUL characters.").At(field)
	}
	return nil
}
