// Package lean writes answers without gqlgen's executor where nothing is left to execute.
//
// gqlgen resolves a selection field by field: a context and a FieldContext for each, a Marshaler for each
// value, a goroutine for each element of a list. A page of nested objects costs ten times what encoding/json
// would take for it, although a loader has filled every struct before and there is nothing to wait for.
// Here such a subtree is written straight into a buffer, by code that knows the types.
//
// # How
//
// Package leangen, a plugin of gqlgen, writes one writer for each object type (graph/lean.go), and
// puts one statement at the head of the function by which gqlgen writes an object of that type: if package
// lean can write the subtree, that is the answer, else the function goes on as before. So gqlgen stays the
// owner of the root: parsing, validation, cost, variables, root resolvers, introspection, mutations,
// subscriptions, errors.
//
// What to write is a [Plan]. It is made once for each document, the values of the variables in its @skip and
// @include, the selections at hand (merged ones, too) and the type, by gqlgen's own CollectFields: aliases,
// fragments, merging and order are gqlgen's. See [Plans] for how long it is kept.
//
// # Three kinds of field
//
//   - [Plain]: a struct's field, or a method without a context and an error, of a type whose JSON is known. It is
//     written in place. Arguments are decoded by gqlgen's function for them, once for an operation, or
//     once for the plan when no variable is in them.
//   - [Inline]: what gqlgen resolves in place too, but with more to it (an error, a directive, a scalar that can
//     fail to be written). gqlgen's own function for the field is called.
//   - [Slow]: what gqlgen resolves in a goroutine, as it may wait: a resolver, a method with a context. With one of them in it,
//     however deep, a subtree is gqlgen's; the subtrees below it have their own chance.
//
// # What falls back
//
// Whatever is not understood goes gqlgen's way, so that a gap costs speed and never correctness: slow fields,
// directives other than @skip and @include, arguments that do not decode, one alias for two fields. A panic, too: what
// was written is dropped, gqlgen meets it again, and says which field it was. Interceptors of
// fields (graphql.FieldInterceptor) do not see what is written here; all others do.
//
// A null where there must be none takes its parent with it, and is reported with the path and the
// message that gqlgen gives it. That answers are the same byte for byte is tested in package graph, with
// random documents and data.
package lean

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Types are what the generator knows about a schema's types with fields, by name.
type Types map[string]*Type

// Type is an object type, or an abstract one.
type Type struct {
	// Satisfies names an object type and its interfaces, for fragments on them.
	Satisfies []string
	// Fields are an object type's.
	Fields map[string]FieldInfo
	// Possible are the object types of an abstract one.
	Possible []string
}

// FieldInfo is what the generator knows about a field.
type FieldInfo struct {
	Index int // the writer's case; __typename is 0
	Kind  Kind
	Type  string // of what it holds, where that has fields
	// Args names the arguments in the order in which the writer wants them.
	Args []string
	// Decode is gqlgen's function for the arguments.
	Decode func(ctx context.Context, raw map[string]any) (map[string]any, error)
}

// Kind tells how a field is written.
type Kind int

// The kinds of field; see the package's comment.
const (
	Slow Kind = iota
	Inline
	Plain
)

// Write writes the subtree of one object with the writer generated for its type. It returns false, and has
// done nothing, when gqlgen has to. On nil Plans it always does.
func (p *Plans) Write(ctx context.Context, op *graphql.OperationContext, sel ast.SelectionSet, typ string, object func(w *Writer, b []byte, of []*Plan) []byte) (graphql.Marshaler, bool) {
	if p == nil || len(sel) == 0 {
		return nil, false
	}
	m, ok := p.write(ctx, op, sel, typ, object)
	if ok {
		p.written.Add(1)
	} else {
		p.left.Add(1)
	}
	return m, ok
}

func (p *Plans) write(ctx context.Context, op *graphql.OperationContext, sel ast.SelectionSet, typ string, object func(w *Writer, b []byte, of []*Plan) []byte) (m graphql.Marshaler, ok bool) {
	w := newWriter(ctx)
	defer func() { //nolint:contextcheck // the writer has it
		if v := recover(); v != nil {
			m, ok = w.panicked(v)
		}
	}()
	plan := p.plan(ctx, op, sel, typ)
	if plan == nil || !w.decode(plan, op) {
		w.release()
		return nil, false
	}
	b := object(w, w.buffer, []*Plan{plan})
	w.report()
	if b == nil {
		w.release()
		return graphql.Null, true
	}
	w.buffer = b
	return (*subtree)(w), true
}

// subtree is a subtree that is written. It can be read once.
type subtree Writer

// MarshalGQL implements graphql.Marshaler.
func (s *subtree) MarshalGQL(to io.Writer) {
	w := (*Writer)(s)
	_, _ = to.Write(w.buffer) // gqlgen's writer is a buffer
	w.release()
}
