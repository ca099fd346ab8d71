package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"purser/ent"
	"purser/internal/app"
	"purser/internal/bench/bigtenant"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/takeover"
)

// followedUsers is how many users the move has that is followed: it takes some seconds.
const followedUsers = 20_000

// perSecond is how many events a subscriber gets at most.
const perSecond = 10

// printSubscribers measures what it costs the server that many follow one move over WebSockets. What the move
// itself costs is not in it: that is measured with one subscriber, and taken off. The sockets' other ends are in this process.
func printSubscribers(ctx context.Context, o options, d *database) (lines []string, err error) {
	if d == nil {
		return []string{"subscribers of a move\tdatabase\tsaw the end\tevents each\theap each\tstacks each\tgoroutines each\tRSS each\tCPU an event\tcores, all at 10 events a second"}, nil
	}
	t := bigtenant.Tenant{Domain: domain, Users: followedUsers, Seats: followedUsers}
	if err := d.importFile(ctx, t.Write); err != nil {
		return nil, err
	}
	token, err := d.token(ctx)
	if err != nil {
		return nil, err
	}
	var one, all *followed
	for _, run := range []struct {
		n   int
		got **followed
	}{{1, &one}, {o.subscribers, &all}} {
		pair := fmt.Sprintf("followed-by-%d", run.n)
		if err := d.importFile(ctx, func(w io.Writer) error { return t.WritePair(w, pair) }); err != nil {
			return nil, err
		}
		if *run.got, err = d.follow(ctx, pair, token, run.n); err != nil {
			return nil, err
		}
	}
	n := float64(o.subscribers)
	cost := (all.cpu - one.cpu).Seconds() / float64(all.events-one.events)
	each := func(bytes int64) string { return fmt.Sprintf("%.1f KB", float64(bytes)/1024/n) }
	return []string{fmt.Sprintf("%d\t%s\t%d\t%.0f\t%s\t%s\t%.1f\t%s (%s at the end)\t%.1f µs\t%.2f", o.subscribers, d.kind, all.ended, float64(all.events)/n,
		each(all.grown.heap), each(all.grown.stacks), float64(all.grown.goroutines)/n, each(all.grown.rss), each(all.atTheEnd.rss),
		cost*1e6, cost*n*perSecond)}, nil
}

// followed is what a move was to the server that so many followed it.
type followed struct {
	events, ended   int64         // at all subscribers
	cpu             time.Duration // of the server, from before the move began until everybody had seen its end
	grown, atTheEnd memory        // since before they came: when all had come, when the move was over
}

// memory is what a server process holds, in bytes, after a garbage collection.
type memory struct{ heap, stacks, rss, goroutines int64 }

func (m memory) since(o memory) memory {
	return memory{m.heap - o.heap, m.stacks - o.stacks, m.rss - o.rss, m.goroutines - o.goroutines}
}

// follow has a move done while n subscribers follow it.
func (d *database) follow(ctx context.Context, pair, token string, n int) (f *followed, err error) {
	db, err := store.Open(ctx, store.Options{URL: d.url})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, in, err := accept(ctx, db, pair)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, ours, d, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	f = &followed{}
	few := &crowd{} // what the first ones bring about is not due to the number
	if err := errors.Join(few.come(ctx, s.url, token, m.ID, atOnce), few.leave()); err != nil {
		return nil, err
	}
	before, _, err := s.memory(ctx)
	if err != nil {
		return nil, err
	}
	c := &crowd{}
	if err := c.come(ctx, s.url, token, m.ID, n); err != nil {
		return nil, err
	}
	here, cpu, err := s.memory(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.Update().SetLeaseUntil(0).Exec(in); err != nil { // let the server begin
		return nil, err
	}
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	u, err := s.usage(ctx)
	if err != nil {
		return nil, err
	}
	over, _, err := s.memory(ctx)
	f.events, f.ended, f.cpu, f.grown, f.atTheEnd = c.events.Load(), c.ended.Load(), u.CPU-cpu, here.since(before), over.since(before)
	return f, errors.Join(err, c.leave())
}

// accept accepts a move and keeps everybody from working on it yet.
func accept(ctx context.Context, db *store.DB, pair string) (m *ent.Move, in context.Context, err error) {
	source, target, in, err := ends(ctx, db, pair)
	if err != nil {
		return nil, nil, err
	}
	a := app.New(db, time.Now, slog.New(slog.DiscardHandler))
	answer, err := a.TakeOver.MoveUsers(in, takeover.Request{From: source.ID, To: target.ID})
	if err != nil {
		return nil, nil, err
	}
	if m, err = db.Client().Move.Get(in, answer.MoveID); err != nil {
		return nil, nil, err
	}
	m, err = m.Update().SetLeaseUntil(instant.From(time.Now().Add(time.Hour))).Save(in)
	return m, in, err
}

// memory has the server collect its garbage, and returns what it then holds, and its CPU time so far.
func (s *server) memory(ctx context.Context) (m memory, cpu time.Duration, err error) {
	u, err := s.ask(ctx, s.control+"/?collect=1")
	if err != nil {
		return m, 0, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return m, 0, fmt.Errorf("resident memory is told by Linux only: %w", err)
	}
	rss := resident.FindSubmatch(status)
	if rss == nil {
		return m, 0, errors.New("the process has no resident memory")
	}
	kb, err := strconv.ParseInt(string(rss[1]), 10, 64)
	return memory{heap: int64(u.Heap), stacks: int64(u.Stacks), rss: kb * 1024, goroutines: int64(u.Goroutines)}, u.CPU, err
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// crowd is many subscribers of one move.
type crowd struct {
	events, ended atomic.Int64
	sockets       []*websocket.Conn
	done          chan error
}

// atOnce is how many subscribers come at the same time.
const atOnce = 20

// come returns when n subscribers have each got a first event.
func (c *crowd) come(ctx context.Context, base, token, moveID string, n int) error {
	c.sockets, c.done = make([]*websocket.Conn, n), make(chan error, n)
	errs := make(chan error, n)
	var coming sync.WaitGroup
	for first := range atOnce {
		coming.Go(func() {
			for i := first; i < n; i += atOnce {
				var err error
				if c.sockets[i], err = subscribe(ctx, base, token, moveID); err != nil {
					errs <- err
					return
				}
				c.events.Add(1)
			}
		})
	}
	coming.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	return nil
}

// subscribe opens a socket and reads as far as the first event.
func subscribe(ctx context.Context, base, token, moveID string) (*websocket.Conn, error) {
	s, _, err := websocket.Dial(ctx, base+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
	if err != nil {
		return nil, err
	}
	for _, m := range []any{
		map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + token}},
		map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
			"query":     `subscription ($id: ID!) { moveProgress(moveId: $id) { status total moved alreadyLicensed gone remaining percent sequence at estimatedFinish } }`,
			"variables": map[string]string{"id": moveID},
		}},
	} {
		if err := wsjson.Write(ctx, s, m); err != nil {
			return nil, err
		}
		if _, b, err := s.Read(ctx); err != nil || bytes.Contains(b, []byte("error")) {
			return nil, fmt.Errorf("subscribe: %w: %s", err, b)
		}
	}
	return s, nil
}

// read reads up to the end of the subscription.
func (c *crowd) read(ctx context.Context, s *websocket.Conn) error {
	var last []byte
	for {
		_, b, err := s.Read(ctx)
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(b, []byte(`{"type":"next"`)):
			c.events.Add(1)
			last = b
		case bytes.HasPrefix(b, []byte(`{"type":"complete"`)):
			if !bytes.Contains(last, []byte(`"status":"SUCCEEDED"`)) {
				return fmt.Errorf("the last event is %s", last)
			}
			c.ended.Add(1)
			return nil
		}
	}
}

// wait returns when every subscriber has seen the end of the move.
func (c *crowd) wait(ctx context.Context) error {
	for _, s := range c.sockets {
		go func() { c.done <- c.read(ctx, s) }()
	}
	var errs []error
	for range c.sockets {
		errs = append(errs, <-c.done)
	}
	return errors.Join(errs...)
}

func (c *crowd) leave() error {
	var errs []error
	for _, s := range c.sockets {
		if s != nil {
			errs = append(errs, s.CloseNow())
		}
	}
	return errors.Join(errs...)
}
