package storetest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"purser/internal/store"
)

// Line is the way of a database's connections to PostgreSQL. It knows the messages of the protocol, and can be cut at
// those that matter: so what goes there together is broken off in the middle, too, which Faults cannot do.
type Line struct {
	server string

	mu    sync.Mutex
	on    bool
	cut   Cut
	heard Heard
}

// Cut is where a line is cut: the message does not arrive, nor does anything after it on that connection.
type Cut struct {
	At    int  // which message, counted from 1; 0 is none
	Reply bool // of those that PostgreSQL sends
}

// Heard is what has gone over a line.
type Heard struct {
	Sent, Replied int  // messages that matter and have arrived
	Cut           bool // it was cut
	Commit        bool // PostgreSQL was told to commit
}

// OpenLine opens a fresh, migrated database on PostgreSQL over a line.
func OpenLine(tb testing.TB) (*store.DB, *Line) {
	tb.Helper()
	u, err := url.Parse(PostgresURL(tb))
	if err != nil {
		tb.Fatal(err)
	}
	l := &Line{server: u.Host}
	u.Host = l.listen(tb)
	u.RawQuery = "sslmode=disable" // else nothing is understood
	db, err := store.Open(tb.Context(), store.Options{URL: u.String()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		CheckTotals(tb, db)
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db, l
}

// During does something while the line is to be cut, and returns what has gone over it.
func (l *Line) During(cut Cut, do func()) Heard {
	l.mu.Lock()
	l.on, l.cut, l.heard = true, cut, Heard{}
	l.mu.Unlock()
	do()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = false
	return l.heard
}

// listen takes connections until the test ends, and returns where.
func (l *Line) listen(tb testing.TB) string {
	tb.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = in.Close() }) // nothing is lost
	go func() {
		for {
			client, err := in.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", l.server)
			if err != nil {
				_ = client.Close() // as if the server were not there
				continue
			}
			w := &wire{line: l, client: client, server: server}
			go w.send()
			go w.reply()
		}
	}()
	return in.Addr().String()
}

// passes counts a message, and tells whether it is to arrive.
func (l *Line) passes(m message, reply bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.on || !m.matters(reply) {
		return true
	}
	n := &l.heard.Sent
	if reply {
		n = &l.heard.Replied
	}
	if !l.heard.Cut && reply == l.cut.Reply && *n+1 == l.cut.At {
		l.heard.Cut = true
		return false
	}
	*n++
	l.heard.Commit = l.heard.Commit || m.kind() == 'Q' && bytes.Equal(m[head:], []byte("COMMIT\x00"))
	return true
}

// message is one of PostgreSQL's protocol: its kind, its length but for the kind, and the rest.
type message []byte

const head = 5

func (m message) kind() byte { return m[0] }

// matters tells whether it has PostgreSQL do something (Execute, Query, Sync), or tells what came of that (a row, that a
// statement is done, that all is).
func (m message) matters(reply bool) bool {
	if reply {
		return m.kind() == 'D' || m.kind() == 'C' || m.kind() == 'Z'
	}
	return m.kind() == 'E' || m.kind() == 'Q' || m.kind() == 'S'
}

func readMessage(r io.Reader) (message, error) {
	var begin [head]byte
	if _, err := io.ReadFull(r, begin[:]); err != nil {
		return nil, err
	}
	m := make(message, 1+binary.BigEndian.Uint32(begin[1:]))
	if copy(m, begin[:]) < head {
		return nil, errors.New("not a message")
	}
	_, err := io.ReadFull(r, m[head:])
	return m, err
}

// wire is one connection.
type wire struct {
	line           *Line
	client, server net.Conn

	mu    sync.Mutex
	ready bool // the greeting, which does not count, is over
}

// send passes on what the client sends. The first message has no kind.
func (w *wire) send() {
	defer w.hangUp()
	in := bufio.NewReader(w.client)
	size, err := in.Peek(4)
	if err != nil {
		return
	}
	if _, err := io.CopyN(w.server, in, int64(binary.BigEndian.Uint32(size))); err != nil {
		return
	}
	w.pass(w.server, in, false)
}

// reply passes on what PostgreSQL sends. When nobody wants it any more it is still read, so that PostgreSQL does what it was told
// before it hears that the client is gone.
func (w *wire) reply() {
	in := bufio.NewReader(w.server)
	w.pass(w.client, in, true)
	w.hangUp()
	_, _ = io.Copy(io.Discard, in) // to its end
	_ = w.server.Close()           // nothing is lost
}

func (w *wire) pass(to io.Writer, from io.Reader, reply bool) {
	for {
		m, err := readMessage(from)
		if err != nil || w.counts(m, reply) && !w.line.passes(m, reply) {
			return
		}
		if _, err := to.Write(m); err != nil {
			return
		}
	}
}

// counts tells whether a message comes after the greeting, which ends when PostgreSQL is ready.
func (w *wire) counts(m message, reply bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.ready
	w.ready = was || reply && m.kind() == 'Z'
	return was
}

// hangUp ends the connection for both, each of whom may have sent more.
func (w *wire) hangUp() {
	_ = w.client.Close() // it may be gone
	if c, ok := w.server.(*net.TCPConn); ok {
		_ = c.CloseWrite() // it may be gone
	}
}
