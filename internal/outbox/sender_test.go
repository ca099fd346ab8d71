package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"purser/ent"
	"purser/internal/id"
	"purser/internal/outbox"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// messageIDs counts the messages by their Message-ID.
func messageIDs(t *testing.T, all []outboxtest.Message) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, m := range all {
		parsed, err := mail.ReadMessage(strings.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		counts[parsed.Header.Get("Message-ID")]++
	}
	return counts
}

// TestBackoff tries a mail again after longer and longer, and gives it up after a day of attempts.
func TestBackoff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := outboxtest.Serve(t, outboxtest.Options{Rcpt: func(string) error { return outboxtest.Reply(451, "Greylisted") }})
		p := newPost(t, db, "smtp://"+s.Addr)
		id := p.to(t, "avery@contoso.example")
		p.Clock.Advance(100 * time.Hour) // this server was down: that does not count
		waits := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute}
		waits = append(waits, slices.Repeat([]time.Duration{time.Hour}, 23)...)
		for i, wait := range waits {
			p.send(t)
			p.send(t) // not yet
			p.want(t, id, "QUEUED", i+1, "451 Greylisted")
			if got := p.get(t, id).DueAt.Time().Sub(p.Clock.Now()); got != wait {
				t.Errorf("after attempt %d it waits %v, want %v", i+1, got, wait)
			}
			p.Clock.Advance(wait - time.Millisecond)
			p.send(t)
			p.want(t, id, "QUEUED", i+1, "451 Greylisted")
			p.Clock.Advance(time.Millisecond)
		}
		p.send(t)
		p.want(t, id, "FAILED", len(waits)+1, "451 Greylisted")
	})
}

// TestGreylisting: what was refused for a time arrives later.
func TestGreylisting(t *testing.T) {
	known := map[string]bool{}
	s := outboxtest.Serve(t, outboxtest.Options{Rcpt: func(to string) error {
		if !known[to] {
			known[to] = true
			return outboxtest.Reply(450, "Come back")
		}
		return nil
	}})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	a, b := p.to(t, "avery@contoso.example"), p.to(t, "bobby@contoso.example")
	p.send(t)
	p.Clock.Advance(30 * time.Second)
	p.send(t)
	p.want(t, a, "SENT", 2, "450 Come back")
	p.want(t, b, "SENT", 2, "450 Come back")
}

// TestOutage: while the mail server is away it is asked now and then, whatever waits; afterwards
// everything goes out.
func TestOutage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var down atomic.Bool
		down.Store(true)
		s := outboxtest.Serve(t, outboxtest.Options{Greet: func() error {
			if down.Load() {
				return outboxtest.Reply(554, "Out of order")
			}
			return nil
		}})
		p := newPost(t, db, "smtp://"+s.Addr)
		var ids []string
		for range 60 {
			ids = append(ids, p.to(t, "avery@contoso.example"))
		}
		for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
			before := s.Connections()
			p.send(t)
			p.send(t)
			asked := s.Connections() - before
			p.Clock.Advance(pause - time.Millisecond)
			p.send(t)
			if n := s.Connections() - before; n != asked {
				t.Errorf("asked again before %v were over", pause)
			}
			p.Clock.Advance(time.Millisecond)
		}
		for _, id := range ids {
			if n := p.get(t, id); n.Status != "QUEUED" || n.Attempts > 6 {
				t.Errorf("%s after %d attempts", n.Status, n.Attempts)
			}
		}
		down.Store(false)
		p.Clock.Advance(time.Hour)
		p.send(t)
		if n := len(messageIDs(t, s.Messages())); n != len(ids) {
			t.Errorf("%d mails have arrived", n)
		}
	})
}

// TestConnectionsCutInTheGap: a server may have taken a mail or not when the connection ends. The
// mail is never lost; what arrives twice has the same Message-ID.
func TestConnectionsCutInTheGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name   string
			cut    error
			copies int
		}{
			{"before it was taken", outboxtest.ErrHangUp, 1},
			{"after it was taken", outboxtest.ErrLoseAnswer, 2},
		} {
			t.Run(c.name, func(t *testing.T) {
				cut := c.cut
				s := outboxtest.Serve(t, outboxtest.Options{Data: func(outboxtest.Message) error {
					err := cut
					cut = nil
					return err
				}})
				p := newPost(t, db, "smtp://"+s.Addr)
				id, other := p.to(t, "avery@contoso.example"), p.to(t, "bobby@contoso.example")
				p.send(t)
				p.want(t, id, "QUEUED", 1, "broke off")
				p.Clock.Advance(30 * time.Second)
				p.send(t)
				p.want(t, id, "SENT", 2, "broke off")
				p.want(t, other, "SENT", 1, "")
				got := messageIDs(t, s.Messages())
				if len(got) != 2 || got["<"+id+"@contoso.example>"] != c.copies {
					t.Errorf("arrived: %v", got)
				}
			})
		}
	})
}

// TestTwoSenders share the work on one database, each mail going out once.
func TestTwoSenders(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			open := func() *store.DB { return storetest.Again(t, url, store.Options{}) }
			// the first two mails wait for each other: both senders are at work
			var both sync.WaitGroup
			both.Add(2)
			var n atomic.Int32
			s := outboxtest.Serve(t, outboxtest.Options{Data: func(outboxtest.Message) error {
				if n.Add(1) <= 2 {
					both.Done()
					both.Wait()
				}
				return nil
			}})
			const many = 200
			p := newPost(t, open(), "smtp://"+s.Addr)
			second := &post{World: &takeovertest.World{DB: open(), Clock: p.Clock, IDs: p.IDs, Tenant: p.Tenant}, box: p.box, log: p.log}
			for _, u := range p.Users(t, many) {
				p.DB.Client().User.UpdateOneID(u).SetMail(u + "@contoso.example").ExecX(p.System(t))
				p.toUser(t, u)
			}
			var running sync.WaitGroup
			for _, sender := range []*outbox.Sender{p.sender, second.another(t, "smtp://"+s.Addr)} {
				running.Go(func() {
					if err := sender.SendDue(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			running.Wait()
			all := s.Messages()
			if got := messageIDs(t, all); len(got) != many || len(all) != many || s.Connections() != 2 {
				t.Errorf("%d messages of %d mails over %d connections", len(all), len(got), s.Connections())
			}
			for _, x := range p.DB.Client().Notification.Query().AllX(p.System(t)) {
				if x.Status != "SENT" || x.Attempts != 1 || x.SentAt == nil {
					t.Errorf("%s after %d attempts", x.Status, x.Attempts)
				}
			}
		})
	}
}

// TestLateOutcomes: a sender that stalls longer than its lease learns of its mail's fate after
// another one has sent it.
func TestLateOutcomes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name          string
			late, earlier error // what the stalled one and the other one are told
			status, said  string
		}{
			{"both send it", nil, nil, "SENT", ""},
			{"a late refusal", outboxtest.Reply(554, "Late no"), nil, "SENT", ""},
			{"a late success", nil, outboxtest.Reply(554, "Early no"), "SENT", "Early no"},
			{"two refusals for a time", outboxtest.Reply(450, "Late no"), outboxtest.Reply(450, "Early no"), "QUEUED", "Early no"},
		} {
			t.Run(c.name, func(t *testing.T) {
				prompt := outboxtest.Serve(t, outboxtest.Options{Data: func(outboxtest.Message) error { return c.earlier }})
				var p *post
				stalled := outboxtest.Serve(t, outboxtest.Options{Data: func(outboxtest.Message) error {
					other := p.another(t, "smtp://"+prompt.Addr)
					p.Clock.Advance(2*time.Minute - time.Millisecond)
					if err := other.SendDue(context.WithoutCancel(t.Context())); err != nil || prompt.Connections() > 0 {
						t.Errorf("another one sent it too early (%v)", err)
					}
					p.Clock.Advance(time.Millisecond)
					if err := other.SendDue(context.WithoutCancel(t.Context())); err != nil || prompt.Connections() != 1 {
						t.Errorf("another one did not send it: %v", err)
					}
					return c.late
				}})
				p = newPost(t, db, "smtp://"+stalled.Addr)
				id := p.to(t, "avery@contoso.example")
				p.send(t)
				p.want(t, id, c.status, 2, c.said)
				p.DB.Client().Notification.Update().SetStatus("FAILED").ExecX(p.System(t))
			})
		}
	})
}

// TestStop: a sender that is to end finishes the mail at hand, and leaves the others as they are.
func TestStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name     string
			answer   error
			status   string
			attempts int
		}{
			{"in time", nil, "SENT", 1},
			{"cut off", outboxtest.ErrHangUp, "QUEUED", 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				s := outboxtest.Serve(t, outboxtest.Options{Data: func(outboxtest.Message) error {
					stop()
					return c.answer
				}})
				p := newPost(t, db, "smtp://"+s.Addr)
				first, second := p.to(t, "avery@contoso.example"), p.to(t, "bobby@contoso.example")
				if err := p.sender.Run(ctx); err != nil {
					t.Error(err)
				}
				p.want(t, first, c.status, c.attempts, "")
				p.want(t, second, "QUEUED", 0, "")
				if n := p.get(t, first); n.Status == "QUEUED" && n.DueAt.Time().After(p.Clock.Now()) {
					t.Errorf("nobody may send it before %v", n.DueAt)
				}
				p.DB.Client().Notification.Update().SetStatus("FAILED").ExecX(p.System(t))
			})
		}
	})
}

// TestRecipientsChange: a mail goes to the address that its recipient has when it is sent.
func TestRecipientsChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := outboxtest.Serve(t, outboxtest.Options{})
		p := newPost(t, db, "smtp://"+s.Addr)
		for _, c := range []struct {
			change       func(*ent.UserUpdateOne)
			status, said string
		}{
			{func(u *ent.UserUpdateOne) { u.ClearMail() }, "FAILED", "no mail address"},
			{func(u *ent.UserUpdateOne) { u.SetMail("") }, "FAILED", "no mail address"},
			{func(u *ent.UserUpdateOne) { u.SetRemoved(true) }, "FAILED", "has left"},
			{func(u *ent.UserUpdateOne) { u.SetMail("new@contoso.example").SetAccountEnabled(false) }, "SENT", ""},
		} {
			user := p.User(t)
			id := p.toUser(t, user)
			u := p.DB.Client().User.UpdateOneID(user)
			c.change(u)
			u.ExecX(p.System(t))
			p.send(t)
			p.want(t, id, c.status, 1, c.said)
		}
		if m := only(t, s); m.To != "new@contoso.example" {
			t.Errorf("it went to %s", m.To)
		}
	})
}

// TestWake sends what was queued as soon as somebody says so, and what nobody said anything about
// within seconds.
func TestWake(t *testing.T) {
	url, dir := storetest.URL(t, "sqlite"), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{URL: url, Synchronous: "normal"})
		if err != nil {
			t.Fatal(err)
		}
		w := takeovertest.New(t, db, "en")
		p := &post{World: w, box: outbox.New(w.IDs, w.Clock.Now)}
		d, err := outbox.ToFolder(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- outbox.NewSender(outbox.SenderDeps{DB: db, Outbox: p.box, Delivery: d, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
		}()
		synctest.Wait()
		began := time.Now()
		woken := p.to(t, "avery@contoso.example")
		p.box.Wake()
		synctest.Wait()
		p.want(t, woken, "SENT", 1, "")
		if d := time.Since(began); d != 0 {
			t.Errorf("it took %v", d)
		}
		quiet := p.to(t, "avery@contoso.example")
		synctest.Wait()
		p.want(t, quiet, "QUEUED", 0, "")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.want(t, quiet, "SENT", 1, "")
		stop()
		if err := errors.Join(<-done, db.Close()); err != nil {
			t.Error(err)
		}
	})
}

// TestManyMails sends more than are looked up at a time, over one connection.
func TestManyMails(t *testing.T) {
	s := outboxtest.Serve(t, outboxtest.Options{})
	p := newPost(t, storetest.Open(t, "sqlite"), "smtp://"+s.Addr)
	for i := range 120 {
		p.to(t, fmt.Sprintf("u%d@contoso.example", i))
	}
	p.send(t)
	if n := len(s.Messages()); n != 120 || s.Connections() != 1 {
		t.Errorf("%d messages over %d connections", n, s.Connections())
	}
	for i, m := range s.Messages() {
		if m.To != fmt.Sprintf("u%d@contoso.example", i) {
			t.Fatalf("message %d went to %s", i, m.To)
		}
		if !id.Is(strings.TrimSuffix(strings.TrimPrefix(firstOf(messageIDs(t, []outboxtest.Message{m})), "<"), "@contoso.example>"), id.Notification) {
			t.Fatalf("message %d is %v", i, messageIDs(t, []outboxtest.Message{m}))
		}
	}
}

func firstOf(m map[string]int) string {
	for k := range m {
		return k
	}
	return ""
}
