package store

import (
	"context"
	stdsql "database/sql"
	"time"
)

// SQLite's write-ahead log has to be copied into the database file now and then. By default a
// writer does that as it commits, every thousand pages, and everybody waits for it. A checkpointer
// does it beside the writer instead; should it fall behind, the writer helps.

const (
	checkpointEvery = 200 * time.Millisecond
	// checkpointAtMost is the length of the log, in pages of 4 KB, from which the writer helps.
	checkpointAtMost = "8000"
)

// checkpointer copies the log into the file, until it is stopped.
type checkpointer struct {
	pool *stdsql.DB
	stop context.CancelFunc
	done chan struct{}
}

// startCheckpointer starts one that lives until it is closed, however long ctx does.
func startCheckpointer(ctx context.Context, pool *stdsql.DB) *checkpointer {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &checkpointer{pool: pool, stop: stop, done: make(chan struct{})}
	go c.run(ctx)
	return c
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// it waits for nobody, and what it does not manage the next one will
			_, _ = c.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
		}
	}
}

// close stops it; the last connection to the file copies what is left.
func (c *checkpointer) close() error {
	c.stop()
	<-c.done
	return c.pool.Close()
}
