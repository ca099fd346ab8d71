package outbox_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"purser/ent"
	"purser/internal/outbox"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestMessage looks at what arrives.
func TestMessage(t *testing.T) {
	s := outboxtest.Serve(t, outboxtest.Options{})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	id := p.toUser(t, p.User(t, func(u *ent.UserCreate) {
		u.SetDisplayName("Zoë 王").SetMail("zoe@contoso.example").SetLocale("zh-CN")
	}))
	p.Clock.Advance(time.Hour)
	p.send(t)
	p.want(t, id, "SENT", 1, "")
	n, m := p.get(t, id), only(t, s)
	headers, text, html := read(t, m.Raw)
	if text != n.Body || html != n.HTML || m.From != "purser@contoso.example" || m.To != "zoe@contoso.example" {
		t.Errorf("from %s to %s:\n%s\n%s", m.From, m.To, text, html)
	}
	to, err := headers.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "Zoë 王" || to[0].Address != "zoe@contoso.example" {
		t.Errorf("to %v, %v", to, err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<" + id + "@contoso.example>", "Auto-Submitted": "auto-generated", "From": `"Purser" <purser@contoso.example>`,
		"Date": "Sat, 31 Jan 2026 12:00:00 +0000", "Mime-Version": "1.0", "Content-Language": "zh-CN",
	} {
		if got := headers[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name := range maps.Keys(headers) {
		if !strings.Contains(" Message-Id Auto-Submitted From To Subject Date Mime-Version Content-Type Content-Language ", " "+name+" ") {
			t.Errorf("it has a header %s: %v", name, headers[name])
		}
	}
	if m.UTF8 || m.Encrypted {
		t.Errorf("asked for UTF-8 addresses %v, encrypted %v", m.UTF8, m.Encrypted)
	}
}

// TestNamesInHeaders: whatever somebody is called, the mail goes to their one address.
func TestNamesInHeaders(t *testing.T) {
	s := outboxtest.Serve(t, outboxtest.Options{})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	names := []string{
		"Avery\r\nBcc: eve@evil.example", "Howard, Avery", `"Avery" \ Howard`, "Avery <eve@evil.example>", "Éva, Šárka; <x@y.example>",
		strings.Repeat("A very long name ", 30), "王小明 (Ming)", "=?utf-8?q?Bcc=3A?= x", "Avery\x00\x1b", "",
	}
	for _, name := range names {
		p.toUser(t, p.User(t, func(u *ent.UserCreate) { u.SetDisplayName(name).SetMail("avery@contoso.example") }))
	}
	p.send(t)
	all := s.Messages()
	if len(all) != len(names) {
		t.Fatalf("%d messages for %d names", len(all), len(names))
	}
	for i, name := range names {
		headers, _, _ := read(t, all[i].Raw)
		to, err := headers.AddressList("To")
		shown := strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r <= ' ' }), " ")
		if err != nil || len(to) != 1 || to[0].Address != "avery@contoso.example" || to[0].Name != shown || all[i].To != "avery@contoso.example" || len(headers["Bcc"]) > 0 {
			t.Errorf("%q: %v, %v, envelope to %s, headers %v", name, to, err, all[i].To, headers)
		}
		for line := range strings.SplitSeq(all[i].Raw, "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
				t.Errorf("%q: a line of %d bytes", name, len(line))
			}
		}
	}
}

// TestAddresses tells addresses that can be used from others, which are given up at once.
func TestAddresses(t *testing.T) {
	s := outboxtest.Serve(t, outboxtest.Options{})
	ascii := outboxtest.Serve(t, outboxtest.Options{NoUTF8: true})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	for _, c := range []struct{ address, envelope string }{
		{"avery+x%y@contoso.example", "avery+x%y@contoso.example"},
		{`"a b"@contoso.example`, "a b@contoso.example"},
		{"zoë@contoso.example", "zoë@contoso.example"},
		{"avery@contoso.example\r\nRCPT TO:<eve@evil.example>", ""},
		{"avery@contoso.example\r\n", ""},
		{"avery@contoso.example, eve@evil.example", ""},
		{"avery@contoso.example> <eve@evil.example", ""},
		{"Avery <avery@contoso.example>", ""},
		{"<avery@contoso.example>", ""},
		{"all: avery@contoso.example;", ""},
		{"avery@contoso.example (Avery)", ""},
		{"avery", ""},
		{"@", ""},
		{" ", ""},
	} {
		before := len(s.Messages())
		id := p.to(t, c.address)
		p.send(t)
		after := s.Messages()
		if c.envelope == "" {
			p.want(t, id, "FAILED", 1, "The recipient's mail address cannot be used.")
			if len(after) != before {
				t.Errorf("%q: a mail went to %s", c.address, after[before].To)
			}
			continue
		}
		p.want(t, id, "SENT", 1, "")
		if len(after) == before+1 {
			headers, _, _ := read(t, after[before].Raw)
			if to, err := mail.ParseAddress(headers.Get("To")); err != nil || strings.Trim(after[before].To, `"`) != c.envelope && after[before].To != c.address || to.Address != c.envelope {
				t.Errorf("%q: envelope to %s, header %v, %v", c.address, after[before].To, to, err)
			}
		}
	}
	id := p.to(t, "zoë@contoso.example")
	if err := p.another(t, "smtp://"+ascii.Addr).SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.want(t, id, "FAILED", 1, "takes no address with letters beyond ASCII")
}

// crammer is a server's side of CRAM-MD5.
type crammer struct{ user, password string }

// Next implements sasl.Server.
func (c *crammer) Next(response []byte) (challenge []byte, done bool, err error) {
	const nonce = "<1896.697170952@mail.example>"
	if response == nil {
		return []byte(nonce), false, nil
	}
	mac := hmac.New(md5.New, []byte(c.password))
	_, _ = mac.Write([]byte(nonce)) // never fails
	if string(response) != c.user+" "+hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, outboxtest.Reply(535, "No")
	}
	return nil, true, nil
}

// loginServer is a server's side of LOGIN.
type loginServer struct {
	user, password string
	given          []string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.given = append(l.given, string(response))
	}
	switch len(l.given) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	if l.given[0] != l.user || l.given[1] != l.password {
		return nil, true, outboxtest.Reply(535, "No")
	}
	return nil, true, nil
}

const (
	user = "purser@contoso.example"
	// canary is a password that must not be seen anywhere.
	canary = "c@n/a:r%y \"kanarië\""
)

var credentials = url.UserPassword(user, canary).String()

// ways are ways to log in as the user; a server that refuses them says what it was told.
var ways = map[string]func() sasl.Server{
	"PLAIN": func() sasl.Server {
		return sasl.NewPlainServer(func(_, u, p string) error {
			if u != user || p != canary {
				return fmt.Errorf("%s may not log in with %s", u, p)
			}
			return nil
		})
	},
	"LOGIN":    func() sasl.Server { return &loginServer{user: user, password: canary} },
	"CRAM-MD5": func() sasl.Server { return &crammer{user, canary} },
}

func way(names ...string) map[string]func() sasl.Server {
	some := map[string]func() sasl.Server{}
	for _, n := range names {
		some[n] = ways[n]
	}
	return some
}

// TestConnecting goes through the kinds of servers and of URLs.
func TestConnecting(t *testing.T) {
	config, ca := certificate(t)
	db := storetest.Open(t, "sqlite")
	for _, c := range []struct {
		name      string
		server    outboxtest.Options
		url       string // HOST is the server's
		encrypted bool
		login     string
		fails     string // in the log
	}{
		{name: "plain", url: "smtp://HOST"},
		{name: "on this machine TLS is used when offered, whatever the certificate", server: outboxtest.Options{TLS: config}, url: "smtp://HOST", encrypted: true},
		{name: "not if it is not wanted", server: outboxtest.Options{TLS: config}, url: "smtp://HOST?tls=none"},
		{name: "required and trusted", server: outboxtest.Options{TLS: config}, url: "smtp://HOST?tls=required&ca=" + ca, encrypted: true},
		{name: "required and not trusted", server: outboxtest.Options{TLS: config}, url: "smtp://HOST?tls=required", fails: "certificate signed by unknown authority"},
		{name: "required and not offered", url: "smtp://HOST?tls=required", fails: "offers no TLS"},
		{name: "implicit", server: outboxtest.Options{TLS: config, Implicit: true}, url: "smtps://HOST?ca=" + ca, encrypted: true},
		{name: "implicit and not trusted", server: outboxtest.Options{TLS: config, Implicit: true}, url: "smtps://HOST", fails: "certificate signed by unknown authority"},
		{name: "plain login", server: outboxtest.Options{TLS: config, Mechanisms: way("PLAIN", "LOGIN", "CRAM-MD5")}, url: "smtp://USER@HOST?tls=required&ca=" + ca, encrypted: true, login: "PLAIN"},
		{name: "login", server: outboxtest.Options{TLS: config, Implicit: true, Mechanisms: way("LOGIN")}, url: "smtps://USER@HOST?ca=" + ca, encrypted: true, login: "LOGIN"},
		{name: "challenge", server: outboxtest.Options{Mechanisms: way("CRAM-MD5")}, url: "smtp://USER@HOST", login: "CRAM-MD5"},
		{name: "no way to log in", server: outboxtest.Options{}, url: "smtp://USER@HOST", fails: "offers no way to log in"},
		{name: "wrong password", server: outboxtest.Options{Mechanisms: map[string]func() sasl.Server{"PLAIN": func() sasl.Server {
			return sasl.NewPlainServer(func(_, u, p string) error { return fmt.Errorf("%s may not log in with %s", u, p) })
		}}}, url: "smtp://USER@HOST", fails: "may not log in with …"},
		{name: "refused at the door", server: outboxtest.Options{Greet: func() error { return outboxtest.Reply(554, "Go away") }}, url: "smtp://HOST", fails: "Go away"},
		{name: "nobody there", url: "smtp://USER@127.0.0.1:1", fails: "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := outboxtest.Serve(t, c.server)
			p := newPost(t, db, strings.NewReplacer("HOST", s.Addr, "USER", credentials).Replace(c.url))
			id := p.to(t, "avery@contoso.example")
			p.send(t)
			if c.fails != "" {
				p.want(t, id, "QUEUED", 1, "The mail server cannot be reached, or refuses this server")
				if log := p.log.String(); !strings.Contains(log, c.fails) {
					t.Errorf("the log lacks %q: %s", c.fails, log)
				}
			} else {
				p.want(t, id, "SENT", 1, "")
				if m := only(t, s); m.Encrypted != c.encrypted || m.LoggedIn != c.login {
					t.Errorf("encrypted %v, logged in by %q", m.Encrypted, m.LoggedIn)
				}
			}
			if log := p.log.String(); strings.Contains(log, "kanari") {
				t.Errorf("the log holds the password: %s", log)
			}
			// not in the way of the next
			p.DB.Client().Notification.Update().SetStatus("FAILED").ExecX(p.System(t))
		})
	}
}

// TestServerURLs refuses URLs that say something else than where mail goes, and never repeats them.
func TestServerURLs(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct{ url, from, says string }{
		{"smtp://USER@mail.example", "a@b.example", ""},
		{"smtps://mail.example:4650", "Purser <a@b.example>", ""},
		{"smtp://USER@mail.example?tls=optional", "a@b.example", ""},
		{"mail.example", "a@b.example", "not of the form"},
		{"https://USER@mail.example", "a@b.example", "not of the form"},
		{"smtp://USER@", "a@b.example", "not of the form"},
		{"smtp://USER@mail.example:smtp", "a@b.example", "not of the form"},
		{"smtp://USER@mail.example/inbox", "a@b.example", "not of the form"},
		{"smtp://u:kanarie/x@mail.example", "a@b.example", "not of the form"},
		{"smtp://u:1kanarie#x@mail.example", "a@b.example", "not of the form"},
		{"smtp://u:%kanarie@mail.example", "a@b.example", "not of the form"},
		{"smtp://USER@mail.example?tls=maybe", "a@b.example", "may say ?tls="},
		{"smtps://USER@mail.example?tls=none", "a@b.example", "may say ?tls="},
		{"smtp://USER@mail.example?kanarie=1", "a@b.example", "may say ?tls="},
		{"smtp://USER@mail.example?tls=none&tls=required", "a@b.example", "twice"},
		{"smtp://USER@mail.example?ca=" + none, "a@b.example", "no such file"},
		{"smtp://USER@mail.example", "", "needs an address"},
		{"smtp://USER@mail.example", "purser", `"purser" is not a mail address`},
		{"smtp://USER@mail.example", "a@b.example, c@d.example", "is not a mail address"},
	} {
		d, err := outbox.ToServer(strings.Replace(c.url, "USER", credentials, 1), c.from)
		switch {
		case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", c.url, err, c.says)
		case err != nil && strings.Contains(err.Error(), "kanari"):
			t.Errorf("%s: the error repeats the password: %v", c.url, err)
		case d != nil && strings.Contains(d.Where, "kanari"):
			t.Errorf("%s goes to %s", c.url, d.Where)
		}
	}
}

// TestAnswers tells refusals for good from those for a time, and shows what the server said.
func TestAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const to = "avery@contoso.example"
		long := strings.Repeat("so sorry ", 100)
		for _, c := range []struct {
			name        string
			rcpt, data  error
			status, say string
		}{
			{"unknown recipient", outboxtest.Reply(550, "No such user"), nil, "FAILED", "The mail server answered: 550 No such user"},
			{"greylisted", outboxtest.Reply(451, "Try later"), nil, "QUEUED", "The mail server answered: 451 Try later"},
			{"log in first", outboxtest.Reply(530, "Who are you?"), nil, "QUEUED", "530 Who are you?"},
			{"message refused", nil, outboxtest.Reply(554, "No mail like this"), "FAILED", "554 No mail like this"},
			{"message refused for a time", nil, outboxtest.Reply(452, "Full"), "QUEUED", "452 Full"},
			{"good-bye", nil, outboxtest.Reply(421, "Closing"), "QUEUED", "421 Closing"},
			{"cut off", nil, outboxtest.ErrHangUp, "QUEUED", "The connection to the mail server broke off."},
			{"talkative", outboxtest.Reply(550, long+canary), nil, "FAILED", ("The mail server answered: 550 " + long)[:499] + "…"},
			{"several lines", outboxtest.Reply(550, "One\nTwo "+canary), nil, "FAILED", "550 One Two …"},
		} {
			t.Run(c.name, func(t *testing.T) {
				answer := func(err error, to string) error {
					if strings.HasPrefix(to, "avery") {
						return err
					}
					return nil
				}
				s := outboxtest.Serve(t, outboxtest.Options{
					Mechanisms: way("PLAIN"),
					Rcpt:       func(to string) error { return answer(c.rcpt, to) },
					Data:       func(m outboxtest.Message) error { return answer(c.data, m.To) },
				})
				p := newPost(t, db, "smtp://"+credentials+"@"+s.Addr)
				id, next := p.to(t, to), p.to(t, "bobby@contoso.example")
				p.send(t)
				p.want(t, id, c.status, 1, c.say)
				p.want(t, next, "SENT", 1, "")
				wantConnections := 1
				if errors.Is(c.data, outboxtest.ErrHangUp) || c.name == "good-bye" {
					wantConnections = 2
				}
				if s.Connections() != wantConnections {
					t.Errorf("%d connections", s.Connections())
				}
				if strings.Contains(p.log.String(), canary) {
					t.Errorf("the log holds the password: %s", p.log.String())
				}
				p.DB.Client().Notification.Update().SetStatus("FAILED").ExecX(p.System(t))
			})
		}
	})
}

// TestServerThatLeaves: a server may hang up between two mails; that is no failed attempt.
func TestServerThatLeaves(t *testing.T) {
	s := outboxtest.Serve(t, outboxtest.Options{PerConnection: 2})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	var ids []string
	for range 5 {
		ids = append(ids, p.to(t, "avery@contoso.example"))
	}
	p.send(t)
	for _, id := range ids {
		p.want(t, id, "SENT", 1, "")
	}
	if n, c := len(s.Messages()), s.Connections(); n != 5 || c != 3 {
		t.Errorf("%d messages over %d connections", n, c)
	}
}
