package outbox

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// server is a mail server as a URL describes it.
type server struct {
	host, addr     string
	implicit       bool   // TLS from the first byte
	tls            string // required, optional or none
	user, password string
	roots          *x509.CertPool // nil: those of the system
	from           *mail.Address
	hello          string // the name by which this machine greets it
	redact         *strings.Replacer
}

// ToServer returns a delivery to the mail server that a URL names:
//
//	smtp://[USER:PASSWORD@]HOST[:587][?tls=required|optional|none][&ca=FILE]
//	smtps://[USER:PASSWORD@]HOST[:465][?ca=FILE]
//
// TLS is required unless the host is this machine, where it is optional; what is optional is
// encrypted when the server offers it, but the server's certificate is not checked: who could forge
// that could take the offer away as well. ca is a file of certificates in PEM that are trusted beside
// the system's. from is an address, with or without a name. No error holds the URL or a part of it.
func ToServer(serverURL, from string) (*Delivery, error) {
	s, err := parseServer(serverURL)
	if err != nil {
		return nil, err
	}
	if from == "" {
		return nil, errors.New("mail to a server needs an address that it comes from")
	}
	if s.from, err = sender(from); err != nil {
		return nil, err
	}
	if s.hello, err = os.Hostname(); err != nil {
		return nil, err
	}
	return &Delivery{Where: s.addr, from: s.from, open: s.open}, nil
}

func parseServer(raw string) (*server, error) {
	u, err := url.Parse(raw)
	// the error would hold the URL, and that a password
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("the mail server's URL is not of the form smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465; special characters in user and password are written %XX")
	}
	s := &server{host: u.Hostname(), implicit: u.Scheme == "smtps", tls: "required", user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.loopback() {
		s.tls = "optional"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	}
	s.addr = net.JoinHostPort(s.host, port)
	s.redact = redactor(s.user, s.password)
	return s, s.settings(u.Query())
}

// settings takes what follows the ? in the URL.
func (s *server) settings(given url.Values) error {
	for name, values := range given {
		switch v := values[0]; {
		case len(values) > 1:
			return errors.New("the mail server's URL says something twice")
		case name == "ca":
			pem, err := os.ReadFile(v)
			if err != nil {
				return fmt.Errorf("the mail server's certificates: %w", err)
			}
			if s.roots, err = x509.SystemCertPool(); err != nil {
				return err
			}
			if !s.roots.AppendCertsFromPEM(pem) {
				return errors.New("the file of the mail server's certificates holds none in PEM")
			}
		case name == "tls" && !s.implicit && (v == "required" || v == "optional" || v == "none"):
			s.tls = v
		default:
			return errors.New("the mail server's URL may say ?tls=required, optional or none (with smtp://), and ca=FILE")
		}
	}
	return nil
}

// loopback tells whether the server is on this machine.
func (s *server) loopback() bool {
	return s.host == "localhost" || net.ParseIP(s.host).IsLoopback()
}

// verified tells whether TLS proves that the server is the one that is meant.
func (s *server) verified() bool { return s.implicit || s.tls == "required" }

func (s *server) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: !s.verified(), //nolint:gosec // see ToServer
	}
}

// redactor takes a password out of what a server says, in every form in which it was told.
func redactor(user, password string) *strings.Replacer {
	if password == "" {
		return strings.NewReplacer()
	}
	var pairs []string
	for _, secret := range []string{
		base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
		base64.StdEncoding.EncodeToString([]byte(password)), url.QueryEscape(password), url.PathEscape(password), strings.Trim(strconv.Quote(password), `"`), password,
	} {
		pairs = append(pairs, secret, "…")
	}
	return strings.NewReplacer(pairs...)
}
