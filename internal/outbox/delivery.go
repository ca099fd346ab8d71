package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
)

// Delivery takes mail to where it goes: to a mail server, or into a folder.
type Delivery struct {
	// Where says where that is, without secrets.
	Where string
	from  *mail.Address
	open  func(ctx context.Context) (carrier, error)
}

// carrier takes one mail after another: a connection to a server, or a folder.
type carrier struct {
	// send takes a mail; what it returns is a *failure.
	send  func(ctx context.Context, m message) error
	close func()
}

// failure says why a mail was not taken, and what follows from that.
type failure struct {
	permanent bool   // it will not be taken another time either
	broken    bool   // the carrier is of no use any more
	early     bool   // nothing of the mail was sent yet
	away      bool   // nothing can be sent at present: no mail is to blame
	said      string // for administrators: one line, without secrets
	err       error  // for the log, without secrets; nil where said says it all
}

func (f *failure) Error() string {
	if f.err != nil {
		return f.err.Error()
	}
	return f.said
}

func (f *failure) Unwrap() error { return f.err }

// failureOf returns the failure in err; what is none is one that says nothing to administrators.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok || err == nil {
		return f
	}
	return &failure{said: "Sending failed; the server's log says why.", broken: true, err: err}
}

// sender reads the address that mails come from.
func sender(from string) (*mail.Address, error) {
	a, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("%q is not a mail address such as purser@example.org or Purser <purser@example.org>", from)
	}
	a.Name = oneLine(a.Name)
	return a, nil
}
