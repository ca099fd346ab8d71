package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/store"
	"purser/internal/store/storetest"
)

// heard is what a listener was told, one after the other: payloads, "connected" and "lost".
type heard struct {
	said chan string
	ctx  context.Context
}

// listen listens until the test ends, which must not take longer than a minute.
func listen(t *testing.T, run func(context.Context, store.Listener) error) heard {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	h := heard{said: make(chan string, 100), ctx: ctx}
	done := make(chan error)
	go func() {
		done <- run(ctx, store.Listener{
			Channel:   `a "channel"`,
			Message:   func(payload string) { h.said <- payload },
			Connected: func() { h.said <- "connected" },
			Lost:      func(error) { h.said <- "lost" },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

// next returns what was said next.
func (h heard) next(t *testing.T) string {
	t.Helper()
	select {
	case s := <-h.said:
		return s
	case <-h.ctx.Done():
		t.Fatal("nothing was heard")
		return ""
	}
}

// reconnected waits until the connection was lost and is there again, and returns how often it was lost.
func (h heard) reconnected(t *testing.T) (lost int) {
	t.Helper()
	for {
		switch s := h.next(t); s {
		case "lost":
			lost++
		case "connected":
			if lost > 0 {
				return lost
			}
		default:
			t.Fatalf("heard %q", s)
		}
	}
}

// notify sends payloads in one transaction, which then fails or not.
func notify(t *testing.T, db *store.DB, result error, payloads ...string) {
	t.Helper()
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, p := range payloads {
			if err := tx.Notify(ctx, `a "channel"`, p); err != nil {
				return err
			}
		}
		return result
	})
	if !errors.Is(err, result) {
		t.Fatalf("got %v, want %v", err, result)
	}
}

// TestListen hears what was committed, in that order, and nothing of what was rolled back.
func TestListen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := listen(t, db.Listen)
		if s := h.next(t); s != "connected" {
			t.Fatalf("first came %q", s)
		}
		notify(t, db, nil, "one", "", "two")
		notify(t, db, errors.New("no"), "rolled back")
		long := strings.Repeat("x", 7999)
		notify(t, db, nil, long)
		if !db.Postgres() {
			if len(h.said) > 0 {
				t.Errorf("SQLite said %q", <-h.said)
			}
			return
		}
		got := []string{h.next(t), h.next(t), h.next(t), h.next(t)}
		if diff := cmp.Diff([]string{"one", "", "two", long}, got); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Notify(ctx, `a "channel"`, long+"x") })
		if err == nil {
			t.Error("8,000 bytes were sent")
		}
	})
}

// TestListenAgain has the server break the connection, twice.
func TestListenAgain(t *testing.T) {
	db := storetest.OpenPostgres(t)
	h := listen(t, db.Listen)
	h.next(t) // connected
	for range 2 {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			var ended bool
			return tx.ReadRow(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name LIKE 'purser listens to %'`, nil, &ended)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.reconnected(t)
		notify(t, db, nil, "still there?")
		if s := h.next(t); s != "still there?" {
			t.Errorf("heard %q", s)
		}
	}
}

// TestListenToTheDead loses the server without a word: nothing comes any more, but no end either. And
// then the server is away for a while.
func TestListenToTheDead(t *testing.T) {
	db := storetest.OpenPostgres(t)
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, u.Host)
	u.Host = p.addr
	through, err := store.Open(t.Context(), store.Options{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = through.Close() }) // its connections may be broken
	h := listen(t, func(ctx context.Context, l store.Listener) error {
		return through.ListenClosely(ctx, l, 20*time.Millisecond, time.Second)
	})
	h.next(t) // connected
	p.freeze()
	h.reconnected(t)
	p.refuse(true)
	for range 2 {
		for h.next(t) != "lost" {
		}
	}
	p.refuse(false)
	for h.next(t) != "connected" {
	}
	notify(t, db, nil, "hello")
	if s := h.next(t); s != "hello" {
		t.Errorf("heard %q", s)
	}
}

// proxy passes connections on to a server as long as it is told to.
type proxy struct {
	addr string

	mu      sync.Mutex
	open    []*pipe
	refuses bool
}

// pipe is one connection; while it is frozen its data goes nowhere.
type pipe struct {
	client, server net.Conn
	frozen         chan struct{}
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String()}
	t.Cleanup(func() {
		_ = l.Close()
		p.refuse(true)
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil || !p.pass(&pipe{c, s, make(chan struct{})}) {
				_ = c.Close()
			}
		}
	}()
	return p
}

func (p *proxy) pass(c *pipe) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuses {
		_ = c.server.Close()
		return false
	}
	p.open = append(p.open, c)
	go c.copy(c.client, c.server)
	go c.copy(c.server, c.client)
	return true
}

func (c *pipe) copy(to, from net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		select {
		case <-c.frozen:
			return
		default:
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
	}
}

// freeze lets nothing more through on the connections there are.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		select {
		case <-c.frozen:
		default:
			close(c.frozen)
		}
	}
}

// refuse breaks all connections and takes no new ones, or takes them again.
func (p *proxy) refuse(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = yes
	if yes {
		for _, c := range p.open {
			_, _ = c.client.Close(), c.server.Close()
		}
		p.open = nil
	}
}
