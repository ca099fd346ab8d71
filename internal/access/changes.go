package access

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

// channel is where processes on one PostgreSQL tell each other in which tenant access has changed.
const channel = "purser_access"

const (
	// reread is how often the counts of changes are read where other processes are not heard: on SQLite,
	// where the command line works beside the server, and on PostgreSQL while the connection for it is down.
	reread = 2 * time.Second
	// rereadAnyway is how often they are read where others are heard.
	rereadAnyway = 30 * time.Second
)

// Changes tells whoever keeps a connection open that what its credential means may have changed: it was
// revoked, its user was blocked or lost a role, or a tenant has taken a partner's access back.
type Changes struct {
	db             *store.DB
	reread, anyway time.Duration

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	counts   map[string]int // of changes, by tenant, as they were read last
	hearing  bool           // other processes are heard
	missed   chan struct{}  // holds one when something may not have been heard
}

type watcher struct{ changed func(tenant string) }

// NewChanges returns changes of what is in db.
func NewChanges(db *store.DB) *Changes {
	return &Changes{
		db: db, reread: reread, anyway: rereadAnyway,
		watchers: map[*watcher]struct{}{}, counts: map[string]int{}, missed: make(chan struct{}, 1),
	}
}

// Watch calls changed with a tenant whenever it may have changed what credentials mean there, by whichever
// process, until stop is called. It is called for one change once or several times, and must not wait for anything.
func (c *Changes) Watch(changed func(tenant string)) (stop func()) {
	w := &watcher{changed}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers[w] = struct{}{}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, w)
	}
}

// Announce tells the other processes, when the transaction commits, that access has changed in the viewer's
// tenant. Call Happened behind InTx, for this process.
func (c *Changes) Announce(ctx context.Context, tx *store.Tx) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "a change of access without a viewer")
	}
	_, err := tx.Exec(ctx, `INSERT INTO access_changes (id, tenant_id, count) VALUES (?, ?, 1)
		ON CONFLICT (id) DO UPDATE SET count = access_changes.count + 1`, v.Tenant, v.Tenant)
	if err != nil {
		return fmt.Errorf("count a change of access: %w", err)
	}
	return tx.Notify(ctx, channel, v.Tenant)
}

// Happened tells this process that access has changed in a tenant, as soon as that is committed.
func (c *Changes) Happened(ctx context.Context, tenant string) {
	store.AfterCommit(ctx, func() { c.publish(tenant) })
}

func (c *Changes) publish(tenants ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tenants {
		for w := range c.watchers {
			w.changed(t)
		}
	}
}

// Listen hears of what other processes change, until ctx ends.
func (c *Changes) Listen(ctx context.Context, log *slog.Logger) error {
	var reading sync.WaitGroup
	reading.Go(func() { c.readNowAndThen(ctx, log) })
	defer reading.Wait()
	defer c.hear(false)
	return c.db.Listen(ctx, store.Listener{
		Channel:   channel,
		Message:   func(tenant string) { c.publish(tenant) },
		Connected: func() { c.hear(c.db.Postgres()) },
		Lost: func(err error) {
			c.hear(false)
			log.LogAttrs(ctx, slog.LevelWarn, "listening for changes of access failed; trying again", slog.Any("error", err))
		},
	})
}

// hear notes whether others are heard from now on. Whatever was said before may have been missed.
func (c *Changes) hear(hearing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hearing = hearing
	select {
	case c.missed <- struct{}{}:
	default:
	}
}

func (c *Changes) readNowAndThen(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(c.reread)
	defer tick.Stop()
	for since := time.Duration(0); ; since += c.reread {
		missed := false
		select {
		case <-tick.C:
		case <-c.missed:
			missed = true
		case <-ctx.Done():
			return
		}
		if !missed && !c.due(since) {
			continue
		}
		since = 0
		if err := c.read(ctx); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelWarn, "reading changes of access failed; trying again", slog.Any("error", err))
		}
	}
}

// due tells whether the counts are to be read again. They are for nobody while nobody watches.
func (c *Changes) due(since time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.watchers) > 0 && (!c.hearing || since >= c.anyway)
}

// read tells of the tenants in which access has changed since the last time: at first, of every one. It looks
// outside of the wall, at counts alone.
func (c *Changes) read(ctx context.Context) error {
	rows, err := c.db.QueryUnwalled(ctx, "SELECT id, count FROM access_changes")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	counts := map[string]int{}
	for rows.Next() {
		var tenant string
		var n int
		if err := rows.Scan(&tenant, &n); err != nil {
			return err
		}
		counts[tenant] = n
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.publish(c.differing(counts)...)
	return nil
}

// differing returns the tenants whose counts are not what they were, and takes the new ones over.
func (c *Changes) differing(counts map[string]int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.counts
	c.counts = counts
	changed := maps.Clone(counts)
	maps.DeleteFunc(changed, func(tenant string, n int) bool { return before[tenant] == n })
	list := make([]string, 0, len(changed))
	for tenant := range changed {
		list = append(list, tenant)
	}
	return list
}
