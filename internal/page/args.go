// Package page is keyset paging: arguments, cursors, and what a page becomes.
package page

// Args are the paging arguments of a list, as they came in.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// Equal tells whether two lists were asked for the same page.
func (a Args) Equal(b Args) bool {
	return Same(a.First, b.First) && Same(a.After, b.After) && Same(a.Last, b.Last) && Same(a.Before, b.Before)
}

// Same tells whether two optional values are the same.
func Same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
