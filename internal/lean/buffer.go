package lean

import (
	"bytes"
	"context"
	"sync"
)

// Buffer is a buffer for one answer. Whoever sends the answer takes one, says so in the context of the
// execution, and frees it when the answer is sent. What is executed writes behind what is there already.
type Buffer struct{ bytes.Buffer }

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer returns an empty buffer.
func NewBuffer() *Buffer {
	if b, ok := buffers.Get().(*Buffer); ok {
		return b
	}
	return new(Buffer)
}

// Free gives the buffer back. Nothing that was in it may be read any more.
func (b *Buffer) Free() {
	if b.Cap() <= maxBuffer {
		b.Reset()
		buffers.Put(b)
	}
}

type bufferKey struct{}

// WithBuffer returns a context in which an answer is written into a buffer.
func WithBuffer(ctx context.Context, b *Buffer) context.Context {
	return context.WithValue(ctx, bufferKey{}, b)
}

// BufferFrom returns the buffer that an answer goes into: a new one where nobody has one for it.
func BufferFrom(ctx context.Context) *Buffer {
	if b, ok := ctx.Value(bufferKey{}).(*Buffer); ok {
		return b
	}
	return new(Buffer)
}
