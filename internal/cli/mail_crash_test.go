package cli_test

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"purser/ent"
	"purser/ent/notification"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store/storetest"
)

// TestMailSurvivesCrashes: whatever kills the server while it sends, no mail is lost, and what
// arrives twice has the same Message-ID.
func TestMailSurvivesCrashes(t *testing.T) {
	const many = 120
	// with which message in hand the server is killed, and whether the mail server has taken it
	deaths := map[int64]error{30: outboxtest.ErrHangUp, 70: outboxtest.ErrLoseAnswer}
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			in := inbox{copies: map[string]int{}, arrived: make(chan outboxtest.Message, 2*many)}
			dying, dead := make(chan bool), make(chan bool)
			var count atomic.Int64
			smtp := outboxtest.Serve(t, outboxtest.Options{Data: func(m outboxtest.Message) error {
				fate, dies := deaths[count.Add(1)]
				if dies {
					dying <- true
					<-dead
				}
				if !errors.Is(fate, outboxtest.ErrHangUp) {
					in.arrived <- m
				}
				return fate
			}})
			database := storetest.URL(t, kind)
			token := importPurchases(t, database, many)
			env := []string{"PURSER_DATABASE=" + database, "PURSER_SMTP_URL=smtp://" + smtp.Addr, "PURSER_MAIL_FROM=purser@wingtip.example"}
			server := start(t, env)
			cancelAll(t, server.url, token)
			for range deaths {
				<-dying
				server.kill(t)
				dead <- true
				server = start(t, env)
			}
			in.wait(t, many-1) // the first one in hand has not arrived: its lease is not over
			afterLeases(t, database, len(deaths))
			in.wait(t, many+1)
			server.terminate(t)
			if got := statuses(t, database); got["SENT"] != many || len(got) != 1 {
				t.Errorf("mails: %v", got)
			}
			if len(in.copies) != many || len(in.arrived) != 0 {
				t.Errorf("%d messages of %d mails have arrived, want one mail of %d twice", in.total+len(in.arrived), len(in.copies), many)
			}
		})
	}
}

// inbox counts the copies of each mail by its Message-ID.
type inbox struct {
	arrived chan outboxtest.Message
	copies  map[string]int
	total   int
}

// wait takes messages until there are as many.
func (in *inbox) wait(t *testing.T, messages int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for in.total < messages {
		select {
		case m := <-in.arrived:
			parsed, err := mail.ReadMessage(strings.NewReader(m.Raw))
			if err != nil {
				t.Fatal(err)
			}
			in.copies[parsed.Header.Get("Message-ID")]++
			in.total++
		case <-ctx.Done():
			t.Fatalf("%d messages of %d mails have arrived, want %d", in.total, len(in.copies), messages)
		}
	}
}

// afterLeases waits until no other mails wait than those that killed servers had in hand, looks at
// them, and brings the end of their leases forward, which the test cannot wait for.
func afterLeases(t *testing.T, database string, want int) {
	t.Helper()
	inDatabase(t, database, func(ctx context.Context, c *ent.Client) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		waiting := notification.Status("QUEUED")
		for n := -1; n != want; { // the last one may be on its way into the database
			var err error
			if n, err = c.Notification.Query().Where(waiting).Count(ctx); err != nil {
				t.Fatalf("waiting for all but %d mails: %v", want, err)
			}
		}
		for _, n := range c.Notification.Query().Where(waiting).AllX(ctx) {
			if left := time.Until(n.DueAt.Time()); n.Attempts != 1 || left > 2*time.Minute {
				t.Errorf("after %d attempts it waits %v", n.Attempts, left)
			}
		}
		c.Notification.Update().Where(waiting).SetDueAt(0).ExecX(ctx)
	})
}
