// Package sql composes the SELECT statements of the readers. It has the names of ent's builder, and as much of it as
// they use. A statement is written in one go, into one buffer: ent's builder takes a buffer and a copy for every
// column, condition and level, which was a third of what it took to read one row.
package sql

import "strconv"

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
func (b *Builder) Query() (string, []any) { return string(b.text), b.args }

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
	if !b.postgres {
		b.text = append(b.text, '?')
		return b
	}
	b.text = strconv.AppendInt(append(b.text, '$'), int64(len(b.args)), 10)
	return b
}

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
