package lean

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Writer writes one subtree.
type Writer struct {
	ctx    context.Context //nolint:containedctx // lives for one subtree
	buffer []byte
	path   []step
	late   []arguments
	nulls  []null // where there must be none
	called bool   // gqlgen, which has had its effects
}

// step is one step from the subtree's object to where the writer is: into a field, or to an element.
type step struct {
	field *Field
	index int
	ctx   context.Context //nolint:containedctx // made when something below asks for it
}

// null is a null that must not be, in the context that gqlgen would report it in.
type null struct {
	ctx     context.Context //nolint:containedctx // lives for one subtree
	message string
}

// maxBuffer is how large a buffer may be that is used again.
const maxBuffer = 1 << 20

var writers = sync.Pool{New: func() any { return new(Writer) }}

func newWriter(ctx context.Context) *Writer {
	w, ok := writers.Get().(*Writer)
	if !ok {
		w = new(Writer)
	}
	w.ctx = ctx
	return w
}

func (w *Writer) release() {
	clear(w.path[:cap(w.path)])
	clear(w.late)
	clear(w.nulls)
	if cap(w.buffer) > maxBuffer {
		w.buffer = nil
	}
	*w = Writer{buffer: w.buffer[:0], path: w.path[:0], late: w.late[:0], nulls: w.nulls[:0]}
	writers.Put(w)
}

// decode reads the arguments that hold variables.
func (w *Writer) decode(p *Plan, op *graphql.OperationContext) bool {
	for _, f := range p.late {
		a, ok := f.decode(w.ctx, op.Variables)
		if !ok {
			return false
		}
		w.late = append(w.late, a)
	}
	return true
}

func (w *Writer) arguments(f *Field) arguments {
	if f.slot >= 0 {
		return w.late[f.slot]
	}
	return f.args
}

// Args returns a field's arguments.
func (w *Writer) Args(f *Field) []any { return w.arguments(f).list }

// null notes that a field must not be null, or an element where f is nil.
func (w *Writer) null(f *Field, message string) {
	ctx := w.Context()
	if f != nil {
		ctx = w.into(ctx, f)
	}
	w.nulls = append(w.nulls, null{ctx, message})
}

// report reports the nulls.
func (w *Writer) report() {
	for _, n := range w.nulls {
		if !graphql.HasFieldError(n.ctx, graphql.GetFieldContext(n.ctx)) {
			graphql.AddError(n.ctx, errors.New(n.message))
		}
	}
}

// Context returns the context of the object that is being written, as gqlgen's functions want it.
func (w *Writer) Context() context.Context {
	ctx := w.ctx
	for i := range w.path {
		s := &w.path[i]
		switch {
		case s.ctx != nil:
		case s.field != nil:
			s.ctx = w.into(ctx, s.field) //nolint:fatcontext // a path is as deep as a document
		default:
			index := s.index
			s.ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &index})
		}
		ctx = s.ctx
	}
	return ctx
}

func (w *Writer) into(ctx context.Context, f *Field) context.Context {
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: f.object, Field: f.Collected, Args: w.arguments(f).named})
}

// panicked ends a subtree. gqlgen's functions are not called twice, so that once one was, the panic is
// reported where it happened.
func (w *Writer) panicked(v any) (graphql.Marshaler, bool) {
	if !w.called {
		return nil, false
	}
	ctx := w.Context()
	w.report()
	graphql.AddError(ctx, graphql.Recover(ctx, v))
	return graphql.Null, true
}

// Call writes what one of gqlgen's own functions for a field returns; nil when that must not be null.
func (w *Writer) Call(b []byte, required bool, resolve func(context.Context) graphql.Marshaler) []byte {
	w.called = true
	m := resolve(w.Context())
	if m == graphql.RequiredNull || required && m == graphql.Null {
		return nil
	}
	out := appender(b)
	m.MarshalGQL(&out)
	return out
}

// appender is a writer that appends.
type appender []byte

// Write implements io.Writer.
func (a *appender) Write(b []byte) (int, error) {
	*a = append(*a, b...)
	return len(b), nil
}

// WriteString implements io.StringWriter.
func (a *appender) WriteString(s string) (int, error) {
	*a = append(*a, s...)
	return len(s), nil
}

var _ io.StringWriter = (*appender)(nil)
