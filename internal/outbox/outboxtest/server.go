// Package outboxtest is a mail server for tests. It speaks SMTP on a free port of this machine,
// keeps what it takes, and fails as it is told.
package outboxtest

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say how a server behaves. None must be set.
type Options struct {
	// TLS is offered by STARTTLS when it is set, or spoken from the first byte when Implicit is.
	TLS      *tls.Config
	Implicit bool
	// Mechanisms are the ways to log in; without any nobody has to.
	Mechanisms map[string]func() sasl.Server
	// NoUTF8 refuses addresses with letters beyond ASCII.
	NoUTF8 bool
	// PerConnection is after how many messages the server says good-bye; 0 is never.
	PerConnection int
	// Greet is asked about each connection, Rcpt about each recipient, and Data about each message,
	// before the answer is sent. An error is the answer, see Reply; ErrHangUp and ErrLoseAnswer are none.
	Greet func() error
	Rcpt  func(to string) error
	Data  func(Message) error
}

var (
	// ErrHangUp ends the connection without taking the message.
	ErrHangUp = errors.New("hang up")
	// ErrLoseAnswer takes the message, and ends the connection before the client has the answer.
	ErrLoseAnswer = errors.New("lose the answer")
)

// Reply is a refusal: for a time with a code of 4xx, for good with one of 5xx.
func Reply(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

// Message is a mail as it arrived.
type Message struct {
	From, To  string // of the envelope
	UTF8      bool   // that the client asked for addresses beyond ASCII
	Encrypted bool
	LoggedIn  string // with which mechanism
	Raw       string
}

// Server is a running server.
type Server struct {
	Addr string
	o    Options

	mu          sync.Mutex
	messages    []Message
	connections int
}

// Serve runs a server until the test ends.
func Serve(tb testing.TB, o Options) *Server {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), o: o}
	srv := smtp.NewServer(smtp.BackendFunc(s.session))
	srv.Domain, srv.AllowInsecureAuth, srv.EnableSMTPUTF8 = "mail.example", true, !o.NoUTF8
	srv.ErrorLog = log.New(io.Discard, "", 0)
	if o.Implicit {
		l = tls.NewListener(l, o.TLS)
	} else {
		srv.TLSConfig = o.TLS
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // it ends when it is closed
	}()
	tb.Cleanup(func() {
		_ = srv.Close() // whoever is still connected
		<-done
	})
	return s
}

// Messages returns what the server has taken so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Connections returns how often a client has introduced itself.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *Server) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.connections++
	s.mu.Unlock()
	if s.o.Greet != nil {
		if err := s.o.Greet(); err != nil {
			return nil, err
		}
	}
	_, encrypted := c.TLSConnectionState()
	return &session{server: s, conn: c, m: Message{Encrypted: encrypted}}, nil
}

// session is one client's.
type session struct {
	server *Server
	conn   *smtp.Conn
	m      Message
	taken  int // over this connection
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	var names []string
	for name := range s.server.o.Mechanisms {
		names = append(names, name)
	}
	return names
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	begin, ok := s.server.o.Mechanisms[mechanism]
	if !ok {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	s.m.LoggedIn = mechanism // it goes no further when that fails
	return begin(), nil
}

// Reset implements smtp.Session.
func (s *session) Reset() {}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if len(s.server.o.Mechanisms) > 0 && s.m.LoggedIn == "" {
		return Reply(530, "Log in first")
	}
	if most := s.server.o.PerConnection; most > 0 && s.taken == most {
		return Reply(421, "Enough for today")
	}
	s.m.From, s.m.UTF8 = from, o.UTF8
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.m.To = to
	if s.server.o.Rcpt == nil {
		return nil
	}
	return s.answer(s.server.o.Rcpt(to))
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.m
	m.Raw = string(b)
	if s.server.o.Data != nil {
		err = s.server.o.Data(m)
	}
	if err == nil || errors.Is(err, ErrLoseAnswer) {
		s.server.keep(m)
		s.taken++
	}
	return s.answer(err)
}

// answer carries out what is no answer.
func (s *session) answer(err error) error {
	if errors.Is(err, ErrHangUp) || errors.Is(err, ErrLoseAnswer) {
		_ = s.conn.Conn().Close() // that is the point
	}
	return err
}
