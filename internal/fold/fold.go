// Package fold makes the keys by which text is ordered and searched, the same on every database.
package fold

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Key returns s normalized and without case, the way it is stored beside the text itself.
func Key(s string) string {
	return cases.Fold().String(norm.NFKC.String(strings.TrimSpace(s)))
}

// Keys returns one key for several texts; a search cannot match across two of them.
func Keys(texts ...string) string {
	keys := make([]string, 0, len(texts))
	for _, t := range texts {
		if k := Key(t); k != "" {
			keys = append(keys, k)
		}
	}
	return strings.Join(keys, "\n")
}
