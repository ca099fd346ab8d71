package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
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
	refused int // the status; 0: it is not
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
	return conn, bufio.NewReadWriter(r, bufio.NewWriterSize(conn, writeBuffer)), nil
}
