package outbox

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// column is where the lines of a quotation end.
const column = 72

// hidden tells whether a character turns the direction of what follows it: a name that holds one
// could show the rest of its line backwards.
func hidden(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// oneLine puts a text on one line: nothing in it can begin a header or a line of its own.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || hidden(r)
	}), " ")
}

// lines splits a text that somebody has written into lines, without what cannot be seen, and
// without empty lines around it.
func lines(s string) []string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || hidden(r) {
			return -1
		}
		return r
	}, s)
	all := strings.Split(s, "\n")
	for i, l := range all {
		all[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	whole := strings.Trim(strings.Join(all, "\n"), "\n")
	if whole == "" {
		return nil
	}
	return strings.Split(whole, "\n")
}

// quoted returns lines with a mark before each, wrapped, so that no program breaks one and shows the
// rest of it without a mark, as if the mail itself said it.
func quoted(all []string) []string {
	var marked []string
	for _, l := range all {
		for _, part := range wrap(l) {
			marked = append(marked, strings.TrimRight("> "+part, " "))
		}
	}
	return marked
}

// wrap breaks a line where a word ends, or where it must.
func wrap(line string) []string {
	var parts []string
	rest := []rune(line)
	for {
		fits := fitting(rest)
		if fits == len(rest) {
			return append(parts, string(rest))
		}
		end, next := fits, fits
		for i := fits; i > 0; i-- {
			if rest[i] == ' ' {
				end, next = i, i+1
				break
			}
		}
		parts = append(parts, string(rest[:end]))
		rest = rest[next:]
	}
}

// fitting returns how many of the characters fit before the column.
func fitting(s []rune) int {
	at := 0
	for i, r := range s {
		at++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			at++
		}
		if at > column {
			return i
		}
	}
	return len(s)
}
