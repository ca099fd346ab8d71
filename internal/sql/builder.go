// Package sql composes the SELECT statements of the readers. It has the names of ent's builder, and as much of it as
// they use. A statement is written in one go, into one buffer: ent's builder takes a buffer and a copy for every
// column, condition and level, which was a third of what it took to read one row.
package sql

import (
	"strconv"
	"strings"
	"sync"
)

// Expr is what a statement is made of.
type Expr interface{ write(b *Builder) }

// Querier is a statement, with its arguments.
type Querier interface{ Query() (string, []any) }

// Builder writes a statement.
type Builder struct {
	postgres bool
	text     []byte
	args     []any
}

// NewBuilder returns an empty builder, for PostgreSQL or for SQLite.
func NewBuilder(postgres bool) *Builder {
	return &Builder{postgres: postgres, text: make([]byte, 0, 1024), args: make([]any, 0, 8)}
}

// Query implements Querier.
func (b *Builder) Query() (string, []any) { return known(b.text), b.args }

// builders are lent to statements.
var builders = sync.Pool{New: func() any { return NewBuilder(false) }}

// query writes a statement.
func query(postgres bool, write func(*Builder)) (string, []any) {
	b, _ := builders.Get().(*Builder)
	b.postgres = postgres
	write(b)
	text, args := b.Query()
	b.text, b.args = b.text[:0], make([]any, 0, 8)
	builders.Put(b)
	return text, args
}

// statements are texts by themselves: most are written again and again.
var statements kept[string]

// maxStatements is how many are kept.
const maxStatements = 1000

// known returns a text, the one that is kept where there is one.
func known(text []byte) string {
	if s, ok := statements.find(text); ok {
		return s
	}
	s := string(text)
	if statements.size() < maxStatements {
		return statements.put(s, s)
	}
	return s
}

// WriteString adds text as it is.
func (b *Builder) WriteString(s string) *Builder {
	b.text = append(b.text, s...)
	return b
}

// Ident adds a column, as SelectTable.C returns it.
func (b *Builder) Ident(column string) *Builder { return b.WriteString(column) }

// Join adds an expression.
func (b *Builder) Join(e Expr) *Builder {
	e.write(b)
	return b
}

// Wrap adds what write does, between parentheses.
func (b *Builder) Wrap(write func(*Builder)) *Builder {
	b.text = append(b.text, '(')
	write(b)
	b.text = append(b.text, ')')
	return b
}

// Arg adds an argument: a parameter, or an expression.
func (b *Builder) Arg(a any) *Builder {
	switch a := a.(type) {
	case *Selector:
		return b.Wrap(a.write)
	case Expr:
		return b.Join(a)
	}
	b.args = append(b.args, a)
	if b.postgres {
		return b.WriteString("$").WriteString(strconv.Itoa(len(b.args)))
	}
	if Steady(string(b.text[max(0, len(b.text)-steadyLen):])) {
		b.text = append(b.text, '+')
	}
	b.text = append(b.text, '?')
	return b
}

// Steady tells whether a parameter behind this text needs a plus before it, on SQLite. A bare one that is compared with a
// column beside the index in use has SQLite parse and plan the statement anew each time that it runs, in case that the
// value asks for another plan, and that takes longer than the statement itself. The plus changes nothing but that.
func Steady(before string) bool {
	return strings.HasSuffix(before, "= ") || strings.HasSuffix(before, "IN (") || strings.HasSuffix(before, "LIMIT ")
}

// steadyLen is how much of the text Steady looks at.
const steadyLen = len("LIMIT ")

// Args adds arguments, with commas between them.
func (b *Builder) Args(args ...any) *Builder {
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Arg(a)
	}
	return b
}

func (b *Builder) list(columns []string) {
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Ident(c)
	}
}

// Raw is an expression of text alone.
type Raw string

func (r Raw) write(b *Builder) { b.WriteString(string(r)) }

// ExprFunc is an expression that a function writes.
type ExprFunc func(*Builder)

func (f ExprFunc) write(b *Builder) { f(b) }

// Count returns the COUNT of a column or of "*".
func Count(column string) string { return "COUNT(" + column + ")" }

// Sum returns the SUM of a column.
func Sum(column string) string { return "SUM(" + column + ")" }

// Max returns the MAX of a column.
func Max(column string) string { return "MAX(" + column + ")" }

// Asc orders by a column, the smallest first.
func Asc(column string) string { return column + " ASC" }

// Desc orders by a column, the largest first.
func Desc(column string) string { return column + " DESC" }
