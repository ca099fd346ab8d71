package outbox_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purser/ent"
	"purser/internal/outbox"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store"
	"purser/internal/takeover/takeovertest"
)

// post is a sender with everything around it.
type post struct {
	*takeovertest.World
	box    *outbox.Outbox
	sender *outbox.Sender
	log    *logText
}

// newPost returns a sender on the database whose mail goes where the URL says.
func newPost(t *testing.T, db *store.DB, url string) *post {
	t.Helper()
	w := takeovertest.New(t, db, "en")
	p := &post{World: w, box: outbox.New(w.IDs, w.Clock.Now), log: &logText{}}
	p.sender = p.another(t, url)
	return p
}

// another returns another sender on the same database.
func (p *post) another(t *testing.T, url string) *outbox.Sender {
	t.Helper()
	d, err := outbox.ToServer(url, "Purser <purser@contoso.example>")
	if err != nil {
		t.Fatal(err)
	}
	return outbox.NewSender(outbox.SenderDeps{
		DB: p.DB, Outbox: p.box, Delivery: d, Now: p.Clock.Now, Log: slog.New(slog.NewTextHandler(p.log, nil)),
	})
}

// to queues a mail to a new user with the address, and returns the notification's id.
func (p *post) to(t *testing.T, address string) string {
	t.Helper()
	return p.toUser(t, p.User(t, func(u *ent.UserCreate) { u.SetMail(address) }))
}

func (p *post) toUser(t *testing.T, user string) (id string) {
	t.Helper()
	p.InTx(t, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = p.box.Queue(ctx, tx, outbox.Mail{To: user, About: outbox.OwnershipTaken{Subscription: "Visio", Seats: 1, Users: 1, At: day, By: "Ada"}})
		return err
	})
	return id
}

// send sends what is due.
func (p *post) send(t *testing.T) {
	t.Helper()
	if err := p.sender.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// get returns a notification as it is.
func (p *post) get(t *testing.T, id string) *ent.Notification {
	t.Helper()
	return p.DB.Client().Notification.GetX(p.System(t), id)
}

// want fails the test unless the notification is as it should be; said is a part of its last error.
func (p *post) want(t *testing.T, id, status string, attempts int, said string) {
	t.Helper()
	n := p.get(t, id)
	last := ""
	if n.LastError != nil {
		last = *n.LastError
	}
	if n.Status != status || n.Attempts != attempts || said == "" && last != "" || !strings.Contains(last, said) || (n.SentAt != nil) != (status == "SENT") {
		t.Errorf("%s after %d attempts, last error %q, sent at %v; want %s after %d, %q", n.Status, n.Attempts, last, n.SentAt, status, attempts, said)
	}
}

// logText is a log that may be read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// read takes a message apart as a mail program does, and returns its headers and its parts.
func read(t *testing.T, raw string) (headers mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%q, %v", kind, err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err == io.EOF { //nolint:errorlint // as it is documented
			return m.Header, parts["text/plain"], parts["text/html"]
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || !strings.EqualFold(params["charset"], "utf-8") || part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("a part is %v", part.Header)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

// certificate makes a certificate for this machine, and a file with which it can be trusted.
func certificate(t *testing.T) (server *tls.Config, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a mail server"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, file
}

// only returns the one message that the server has taken.
func only(t *testing.T, s *outboxtest.Server) outboxtest.Message {
	t.Helper()
	all := s.Messages()
	if len(all) != 1 {
		t.Fatalf("the server has %d messages", len(all))
	}
	return all[0]
}
