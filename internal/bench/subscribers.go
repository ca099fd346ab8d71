package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"time"

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

// printSubscribers measures what it costs the server that many follow one move, over WebSockets and over server-sent
// events. What the move itself costs is not in it: that is measured with one subscriber, and taken off. The other ends
// are in this process.
func printSubscribers(ctx context.Context, o options, d *database) (lines []string, err error) {
	if d == nil {
		return []string{"subscribers of a move\tover\tdatabase\tsaw the end\tevents each\theap each\tstacks each\tgoroutines each\tRSS each\tCPU an event\tcores, all at 10 events a second"}, nil
	}
	t := bigtenant.Tenant{Domain: domain, Users: followedUsers, Seats: followedUsers}
	if err := d.importFile(ctx, t.Write); err != nil {
		return nil, err
	}
	token, err := d.token(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range ways {
		line, err := d.printFollowed(ctx, w, t, token, o.subscribers)
		if err != nil {
			return nil, fmt.Errorf("over %s: %w", w.name, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// printFollowed measures n subscribers who come one way.
func (d *database) printFollowed(ctx context.Context, w way, t bigtenant.Tenant, token string, n int) (line string, err error) {
	var one, all *followed
	for _, run := range []struct {
		n   int
		got **followed
	}{{1, &one}, {n, &all}} {
		pair := fmt.Sprintf("followed-by-%d-%s", run.n, w.name)
		if err := d.importFile(ctx, func(w io.Writer) error { return t.WritePair(w, pair) }); err != nil {
			return "", err
		}
		if *run.got, err = d.follow(ctx, w, pair, token, run.n); err != nil {
			return "", err
		}
	}
	cost := (all.cpu - one.cpu).Seconds() / float64(all.events-one.events)
	each := func(bytes int64) string { return fmt.Sprintf("%.1f KB", float64(bytes)/1024/float64(n)) }
	return fmt.Sprintf("%d\t%s\t%s\t%d\t%.0f\t%s\t%s\t%.1f\t%s (%s at the end)\t%.1f µs\t%.2f", n, w.name, d.kind, all.ended, float64(all.events)/float64(n),
		each(all.grown.heap), each(all.grown.stacks), float64(all.grown.goroutines)/float64(n), each(all.grown.rss), each(all.atTheEnd.rss-one.atTheEnd.rss),
		cost*1e6, cost*float64(n)*perSecond), nil
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
func (d *database) follow(ctx context.Context, w way, pair, token string, n int) (f *followed, err error) {
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
	few := &crowd{way: w} // what the first ones bring about is not due to the number
	if err := errors.Join(few.come(ctx, s.url, token, m.ID, atOnce), few.leave()); err != nil {
		return nil, err
	}
	before, _, err := s.memory(ctx)
	if err != nil {
		return nil, err
	}
	c := &crowd{way: w}
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
