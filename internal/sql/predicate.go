package sql

import "strings"

// Predicate is a condition: texts around one argument, or what a function writes.
type Predicate struct {
	before   [3]string
	arg      any
	has      bool // an argument
	after    string
	do       func(*Builder)
	compound bool // of several, with AND or OR between them
}

func (p *Predicate) write(b *Builder) {
	if p.do != nil {
		p.do(b)
		return
	}
	for _, text := range p.before {
		b.WriteString(text)
	}
	if p.has {
		b.Arg(p.arg)
	}
	b.WriteString(p.after)
}

// among writes the condition as one of n.
func (p *Predicate) among(b *Builder, n int) {
	if p.compound && n > 1 {
		b.Wrap(p.write)
		return
	}
	p.write(b)
}

// P is a condition that a function writes.
func P(write func(*Builder)) *Predicate { return &Predicate{do: write} }

// ExprP is a condition of text alone.
func ExprP(text string) *Predicate { return texts(text, "", "") }

func texts(a, b, c string) *Predicate { return &Predicate{before: [3]string{a, b, c}} }

// Around is a condition of texts before and after an argument.
func Around(before [3]string, arg any, after string) *Predicate {
	return &Predicate{before: before, arg: arg, has: true, after: after}
}

// And holds where all do.
func And(of ...*Predicate) *Predicate { return several(" AND ", of) }

// Or holds where any does.
func Or(of ...*Predicate) *Predicate { return several(" OR ", of) }

func several(between string, of []*Predicate) *Predicate {
	return &Predicate{compound: len(of) > 1, do: func(b *Builder) {
		for i, p := range of {
			if i > 0 {
				b.WriteString(between)
			}
			p.among(b, len(of))
		}
	}}
}

// Not holds where the other does not.
func Not(p *Predicate) *Predicate {
	return P(func(b *Builder) { b.WriteString("NOT ").Wrap(p.write) })
}

// False never holds.
func False() *Predicate { return ExprP("FALSE") }

// EQ is column = arg. Of a truth value it is the column itself, or its opposite: so indexes know it.
func EQ(column string, arg any) *Predicate {
	if is, ok := arg.(bool); ok {
		if is {
			return IsTrue(column)
		}
		return texts("NOT ", column, "")
	}
	return compare(column, " = ", arg)
}

// NEQ is column <> arg.
func NEQ(column string, arg any) *Predicate { return compare(column, " <> ", arg) }

// LT is column < arg.
func LT(column string, arg any) *Predicate { return compare(column, " < ", arg) }

// GT is column > arg.
func GT(column string, arg any) *Predicate { return compare(column, " > ", arg) }

// GTE is column >= arg.
func GTE(column string, arg any) *Predicate { return compare(column, " >= ", arg) }

func compare(column, operator string, arg any) *Predicate {
	return Around([3]string{column, operator}, arg, "")
}

// ColumnsEQ holds where two columns are equal.
func ColumnsEQ(a, b string) *Predicate { return texts(a, " = ", b) }

// IsTrue holds where a column of truth values does.
func IsTrue(column string) *Predicate { return ExprP(column) }

// IsNull is column IS NULL.
func IsNull(column string) *Predicate { return texts(column, " IS NULL", "") }

// NotNull is column IS NOT NULL.
func NotNull(column string) *Predicate { return texts(column, " IS NOT NULL", "") }

// In holds where the column is any of the arguments, which can be one statement.
func In(column string, args ...any) *Predicate {
	switch len(args) {
	case 0:
		return False()
	case 1:
		if _, ok := args[0].(*Selector); !ok {
			return Around([3]string{column, " IN ("}, args[0], ")")
		}
	}
	return P(func(b *Builder) {
		b.Ident(column).WriteString(" IN ")
		if s, ok := args[0].(*Selector); ok {
			b.Wrap(s.write)
			return
		}
		b.WriteString("(").Args(args...).WriteString(")")
	})
}

// Exists holds where the statement has a row.
func Exists(s *Selector) *Predicate {
	return P(func(b *Builder) { b.WriteString("EXISTS ").Wrap(s.write) })
}

// NotExists holds where the statement has no row.
func NotExists(s *Selector) *Predicate {
	return P(func(b *Builder) { b.WriteString("NOT EXISTS ").Wrap(s.write) })
}

// CompositeLT holds where the columns, taken together, are less than the arguments.
func CompositeLT(columns []string, args ...any) *Predicate { return composite(columns, " < ", args) }

// CompositeGT holds where the columns, taken together, are greater than the arguments.
func CompositeGT(columns []string, args ...any) *Predicate { return composite(columns, " > ", args) }

func composite(columns []string, operator string, args []any) *Predicate {
	return P(func(b *Builder) {
		b.WriteString("(").list(columns)
		b.WriteString(")" + operator + "(").Args(args...).WriteString(")")
	})
}

var special = strings.NewReplacer(`%`, `\%`, `_`, `\_`, `\`, `\\`)

// Contains holds where the column contains the text.
func Contains(column, text string) *Predicate {
	return P(func(b *Builder) {
		b.Ident(column).WriteString(" LIKE ").Arg("%" + special.Replace(text) + "%").WriteString(` ESCAPE '\'`)
	})
}
