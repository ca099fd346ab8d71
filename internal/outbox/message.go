package outbox

import (
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"purser/ent"
	"purser/internal/id"
)

// message is a mail as it travels.
type message struct {
	id  string // the notification's
	to  *mail.Address
	raw []byte
}

// compose makes the message of a notification. The same notification makes the same bytes, whenever
// and by whomever it is sent, so that what arrives twice can be told.
func compose(from, to *mail.Address, n *ent.Notification) (message, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(id.Body(n.ID)))
	m.FromMailAddress(from)
	m.AddToMailAddress(to)
	m.Subject(n.Subject)
	m.SetMessageIDWithValue(n.ID + "@" + domain(from))
	m.SetDateWithValue(n.QueuedAt.Time())
	// so that no vacation notice answers it
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader(gomail.HeaderContentLang, n.Locale)
	m.SetBodyString(gomail.TypeTextPlain, n.Body)
	if n.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, n.HTML)
	}
	var raw strings.Builder
	if _, err := m.WriteTo(&raw); err != nil {
		return message{}, fmt.Errorf("compose the mail %s: %w", n.ID, err)
	}
	return message{id: n.ID, to: to, raw: []byte(raw.String())}, nil
}

// address reads a bare mail address and gives it a name to show. An address that a server could take
// for anything else than one address is an error.
func address(name, bare string) (*mail.Address, error) {
	a, err := mail.ParseAddress(bare)
	if err != nil {
		return nil, err
	}
	if (&mail.Address{Address: a.Address}).String() != "<"+bare+">" {
		return nil, fmt.Errorf("it is not one address")
	}
	return &mail.Address{Name: oneLine(name), Address: a.Address}, nil
}

func domain(a *mail.Address) string { return a.Address[strings.LastIndexByte(a.Address, '@')+1:] }

// bare returns an address without its name, as the protocol wants it.
func bare(a *mail.Address) string { return (&mail.Address{Address: a.Address}).String() }
