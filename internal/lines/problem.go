// Package lines reads import files line by line, and collects what is wrong with them.
package lines

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Listed is how many problems an Error lists; the rest are counted.
const Listed = 20

// Problem is what is wrong with one line.
type Problem struct {
	Line    int
	Field   string // "" when it is the line as a whole
	Message string
}

// String returns the problem as people read it: "line 7: list_price_usd: …".
func (p Problem) String() string {
	if p.Field == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Field, p.Message)
}

// Error says why a file was refused.
type Error struct {
	Problems []Problem // the first ones, by line
	More     int       // how many others there are
}

func (e *Error) Error() string {
	list := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		list = append(list, p.String())
	}
	if e.More > 0 {
		list = append(list, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(list, "\n")
}

// Wrong notes a problem with a line, which may be one that was read before.
func (f *File) Wrong(line int, field, format string, args ...any) {
	p := Problem{Line: line, Field: field, Message: fmt.Sprintf(format, args...)}
	at, _ := slices.BinarySearchFunc(f.problems, line+1, func(p Problem, line int) int { return cmp.Compare(p.Line, line) })
	f.problems = slices.Insert(f.problems, at, p)
	if len(f.problems) > Listed {
		f.problems = f.problems[:Listed]
		f.more++
	}
}

// Err returns why the file could not be read, or an *Error when something is wrong with it.
func (f *File) Err() error {
	if f.err != nil {
		return fmt.Errorf("read line %d: %w", f.number+1, f.err)
	}
	if len(f.problems) > 0 {
		return &Error{Problems: f.problems, More: f.more}
	}
	return nil
}
