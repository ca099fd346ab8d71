package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Sockets are many, and silent most of the time. What is larger goes past these buffers.
const (
	readBuffer  = 512
	writeBuffer = 1 << 10
)

// slim has a socket begin with smaller buffers than a request does, and keeps back what Accept says
// where it refuses: that is no error of the API.
type slim struct {
	http.ResponseWriter
	reach   time.Duration // how long a write may take
	refused int           // the status; 0: it is not
}

// WriteHeader implements http.ResponseWriter.
func (w *slim) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.refused = status
}

// Write implements http.ResponseWriter.
func (w *slim) Write(b []byte) (int, error) { return len(b), nil }

// Hijack implements http.Hijacker.
func (w *slim) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := rw.Peek(rw.Reader.Buffered()) // from a client that did not wait for the answer
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), max(readBuffer, len(early)))
	if _, err := r.Peek(len(early)); err != nil { // Accept asks for what is in the buffer
		return nil, nil, errors.Join(err, conn.Close())
	}
	out := &punctual{conn, w.reach}
	return out, bufio.NewReadWriter(r, bufio.NewWriterSize(out, writeBuffer)), nil
}

// punctual is a connection that is lost when the other end does not take what is written in time. It goes by the
// kernel's clock, which costs a message less than a context.
type punctual struct {
	net.Conn
	reach time.Duration
}

// Write implements net.Conn.
func (c *punctual) Write(b []byte) (int, error) {
	err := c.SetWriteDeadline(time.Now().Add(c.reach)) //nolint:forbidigo // the kernel knows no injected clock
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		err = errors.Join(err, c.Close())
	}
	return n, err
}
