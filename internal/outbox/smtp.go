package outbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// connection is one to a mail server.
type connection struct {
	*server
	conn   net.Conn
	client *smtp.Client
}

// open connects, encrypts and logs in.
func (s *server) open(ctx context.Context) (carrier, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return carrier{}, &failure{away: true, said: "The mail server cannot be reached, or refuses this server; its log says why.", err: s.redacted("connect to the mail server", err)}
	}
	return carrier{send: c.send, close: c.close}, nil
}

func (s *server) connect(ctx context.Context) (_ *connection, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	defer until(ctx, conn)()
	defer func() {
		if err != nil {
			_ = conn.Close() // the first error counts
		}
	}()
	if s.implicit {
		conn = tls.Client(conn, s.tlsConfig())
	}
	c := &connection{server: s, conn: conn}
	if c.client, err = smtp.NewClient(conn, s.host); err != nil {
		return nil, err
	}
	if err := c.client.Hello(s.hello); err != nil {
		return nil, err
	}
	if err := c.encrypt(); err != nil {
		return nil, err
	}
	return c, c.logIn()
}

// until ends everything on the connection when ctx ends, and returns what takes that back. It is the
// context that has the clock.
func until(ctx context.Context, conn net.Conn) (release func()) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // nothing to do about it
	return func() { stop() }
}

func (c *connection) encrypt() error {
	offered, _ := c.client.Extension("STARTTLS")
	switch {
	case c.implicit, c.tls == "none", c.tls == "optional" && !offered:
		return nil
	case !offered:
		return errors.New("the mail server offers no TLS")
	}
	return c.client.StartTLS(c.tlsConfig())
}

// logIn proves who we are in a way that the server offers. The password itself is sent only to a
// server that is known to be the right one.
func (c *connection) logIn() error {
	if c.user == "" {
		return nil
	}
	_, offer := c.client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(offer))
	safe := c.verified() || c.loopback()
	for _, way := range []struct {
		name  string
		plain bool
		auth  smtp.Auth
	}{
		{"PLAIN", true, smtp.PlainAuth("", c.user, c.password, c.host, true)},
		{"LOGIN", true, smtp.LoginAuth(c.user, c.password, c.host, true)},
		{"SCRAM-SHA-256", false, smtp.ScramSHA256Auth(c.user, c.password)},
		{"SCRAM-SHA-1", false, smtp.ScramSHA1Auth(c.user, c.password)},
		{"CRAM-MD5", false, smtp.CRAMMD5Auth(c.user, c.password)},
	} {
		if slices.Contains(offered, way.name) && (safe || !way.plain) {
			if err := c.client.Auth(way.auth); err != nil {
				return fmt.Errorf("log in with %s: %w", way.name, err)
			}
			return nil
		}
	}
	return errors.New("the mail server offers no way to log in that keeps the password safe")
}

// send sends a mail; afterwards the connection is ready for the next one, unless it is broken.
func (c *connection) send(ctx context.Context, m message) error {
	defer until(ctx, c.conn)()
	ascii := isASCII(m.to)
	if utf8, _ := c.client.Extension("SMTPUTF8"); !ascii && !utf8 {
		return &failure{permanent: true, said: "The mail server takes no address with letters beyond ASCII."}
	}
	c.client.SkipSMTPUTF8(ascii && isASCII(c.from))
	if err := c.client.Mail(bare(c.from)); err != nil {
		f := c.failed(err, false)
		f.early = true
		return f
	}
	if err := c.client.Rcpt(bare(m.to)); err != nil {
		return c.failed(err, true)
	}
	w, err := c.client.Data()
	if err != nil {
		return c.failed(err, true)
	}
	_, err = w.Write(m.raw)
	if err := errors.Join(err, w.Close()); err != nil {
		return c.failed(err, true)
	}
	return nil
}

// failed says what an error means; own tells whether a refusal is about this mail, and no other.
func (c *connection) failed(err error, own bool) *failure {
	f := &failure{broken: true, said: "The connection to the mail server broke off.", err: c.redacted("talk to the mail server", err)}
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return f
	}
	f.said = fmt.Sprintf("The mail server answered: %d %s", reply.Code, oneLine(c.redact.Replace(reply.Msg)))
	f.err = nil
	// 421 is a good-bye, and 530 asks us to log in: the recipient has done nothing
	f.permanent = own && reply.Code >= 500 && reply.Code != 530
	f.broken = reply.Code == 421 || c.client.Reset() != nil
	return f
}

// redacted returns the text of an error, which may repeat what the server said, without the password.
func (s *server) redacted(doing string, err error) error {
	return fmt.Errorf("%s: %s", doing, oneLine(s.redact.Replace(err.Error())))
}

// closing is how long the server may take to say good-bye.
const closing = time.Second

func (c *connection) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	defer until(ctx, c.conn)()
	_ = c.client.Quit() // every mail has its answer already
	_ = c.conn.Close()
}

func isASCII(a *mail.Address) bool {
	return !strings.ContainsFunc(a.Address, func(r rune) bool { return r > '~' })
}
