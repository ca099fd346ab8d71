package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"purser/ent"
	"purser/internal/store"
)

const (
	// poll is how often to look for mail that nobody has woken this process for.
	poll = 5 * time.Second
	// mailTimeout is how long one mail may take, connecting included.
	mailTimeout = 30 * time.Second
	// grace is how long the mail at hand may take when the sender is to end.
	grace = 3 * time.Second
	// longestPause is how long to let a mail server rest at most that could not be reached.
	longestPause = 5 * time.Minute
)

// SenderDeps are what a sender works with.
type SenderDeps struct {
	DB       *store.DB
	Outbox   *Outbox
	Delivery *Delivery
	Now      func() time.Time
	Log      *slog.Logger
}

// Sender sends what is queued, of all tenants. Several may work on one database, in one process or
// many. A mail arrives at least once: twice, with the same Message-ID, when a process or a connection
// ends after the mail server took it and before that is known here.
type Sender struct {
	db       *store.DB
	outbox   *Outbox
	delivery *Delivery
	now      func() time.Time
	log      *slog.Logger

	away   int       // how often in a row nothing could be sent
	resume time.Time // when to try again
}

// NewSender returns a sender. Mail goes out while its Run runs.
func NewSender(d SenderDeps) *Sender {
	return &Sender{db: d.DB, outbox: d.Outbox, delivery: d.Delivery, now: d.Now, log: d.Log}
}

// Run sends mail until the context ends: then it finishes the mail at hand. Failures are logged and
// tried again.
func (s *Sender) Run(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := s.SendDue(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "sending mail failed; trying again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.outbox.wake:
		case <-tick.C:
		}
	}
}

// SendDue sends the mail that is due, one after another over one connection, and returns when there
// is none left, when the mail server is out of reach, or when the context ends. That a mail was not
// taken is no error.
func (s *Sender) SendDue(ctx context.Context) error {
	if s.now().Before(s.resume) {
		return nil
	}
	l := &line{delivery: s.delivery}
	defer l.hangUp()
	for {
		list, err := s.due(ctx)
		if err != nil {
			return fmt.Errorf("look for mail to send: %w", err)
		}
		for _, d := range list {
			if ctx.Err() != nil {
				return nil
			}
			if goOn, err := s.send(ctx, l, d); err != nil || !goOn {
				return err
			}
		}
		if len(list) < atOnce {
			return nil
		}
	}
}

// send sends one mail, unless somebody else does, and tells whether to go on with others.
func (s *Sender) send(ctx context.Context, l *line, d due) (goOn bool, err error) {
	n, err := s.claim(ctx, d)
	if err != nil || n == nil {
		return err == nil, err
	}
	m, f := s.message(n)
	if f == nil {
		f = failureOf(s.hand(ctx, l, m))
	}
	switch {
	case f == nil:
		s.away = 0
		return true, s.succeeded(ctx, n)
	case ctx.Err() != nil && (f.broken || f.away): // it was we who broke off
		return false, s.giveBack(ctx, n)
	case f.away:
		s.resume = s.now().Add(min(backoff(s.away+1), longestPause))
		s.away++
		return false, s.failed(ctx, n, f)
	}
	return true, s.failed(ctx, n, f)
}

// message makes the message of a notification, for the address that its recipient has now.
func (s *Sender) message(n *ent.Notification) (message, *failure) {
	to := n.Edges.To
	switch {
	case to == nil || to.Removed:
		return message{}, &failure{permanent: true, said: "The recipient has left the organization."}
	case to.Mail == nil || *to.Mail == "":
		return message{}, &failure{permanent: true, said: noAddress}
	}
	a, err := address(to.DisplayName, *to.Mail)
	if err != nil {
		return message{}, &failure{permanent: true, said: "The recipient's mail address cannot be used.", err: fmt.Errorf("read the address of %s: %w", to.ID, err)}
	}
	m, err := compose(s.delivery.from, a, n)
	if err != nil {
		return message{}, &failure{permanent: true, said: "The mail cannot be composed; the server's log says why.", err: err}
	}
	return m, nil
}

// hand gives the message to the carrier, within the time that a mail may take. When ctx ends, what is
// left of that is short.
func (s *Sender) hand(ctx context.Context, l *line, m message) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	return l.send(limited, m)
}

// line is the carrier that mails go through, one after another; it is opened for the first.
type line struct {
	delivery *Delivery
	carrier  *carrier
}

// send sends a message. A server may have hung up after the message before: then it is called anew.
func (l *line) send(ctx context.Context, m message) error {
	for {
		fresh := l.carrier == nil
		if fresh {
			c, err := l.delivery.open(ctx)
			if err != nil {
				return err
			}
			l.carrier = &c
		}
		f := failureOf(l.carrier.send(ctx, m))
		if f == nil {
			return nil
		}
		if f.broken {
			l.hangUp()
		}
		if fresh || !f.broken || !f.early {
			return f
		}
	}
}

func (l *line) hangUp() {
	if l.carrier != nil {
		l.carrier.close()
		l.carrier = nil
	}
}
