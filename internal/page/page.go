package page

import "purser/internal/fault"

// The sizes of a page.
const (
	Default = 20
	Max     = 100
)

// Page is what a list was asked for, checked.
type Page struct {
	Limit    int
	Backward bool // the last entries instead of the first
	After    *Position
	Before   *Position
	More     bool // whether there are entries beyond the page is asked
}

// Read is how many entries to read: one beyond the page tells whether there are more.
func (p Page) Read() int {
	if p.More {
		return p.Limit + 1
	}
	return p.Limit
}

// Resolve checks the arguments of a list whose cursors belong to tag. It returns fault.Invalid
// for a size outside 1..100, for first together with last, and for a cursor of another list.
func (a Args) Resolve(tag string) (Page, error) {
	p := Page{Limit: Default, More: true}
	if a.First != nil && a.Last != nil {
		return p, fault.New(fault.Invalid, "Give first or last, not both.")
	}
	for name, n := range map[string]*int{"first": a.First, "last": a.Last} {
		if n == nil {
			continue
		}
		if *n < 1 || *n > Max {
			return p, fault.New(fault.Invalid, "%s must be from 1 to %d, not %d.", name, Max, *n)
		}
		p.Limit = *n
	}
	p.Backward = a.Last != nil
	var err error
	if p.After, err = position(tag, "after", a.After); err != nil {
		return p, err
	}
	p.Before, err = position(tag, "before", a.Before)
	return p, err
}

func position(tag, name string, cursor *string) (*Position, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // an optional argument that was left out
	}
	pos, ok := parseCursor(tag, *cursor)
	if !ok {
		return nil, fault.New(fault.Invalid, "%s is not a cursor of this list in this order.", name)
	}
	return &pos, nil
}

// Cut takes the entries of a page that was loaded with one more than its limit, in the direction
// it was walked, and returns them in the list's order, and whether there are entries before and after.
func Cut[T any](p Page, rows []T) (entries []T, previous, next bool) {
	more := len(rows) > p.Limit
	if more {
		rows = rows[:p.Limit]
	}
	if !p.Backward {
		return rows, p.After != nil, more || p.Before != nil
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows, more || p.After != nil, p.Before != nil
}
