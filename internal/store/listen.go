package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Notify sends the payload to whoever listens to the channel, in any process, at the moment when
// the transaction commits; not at all when it does not. SQLite has nothing of the kind: there it
// does nothing. The payload has less than 8,000 bytes, else the transaction fails.
func (tx *Tx) Notify(ctx context.Context, channel, payload string) error {
	if !tx.Postgres() {
		return nil
	}
	if _, err := tx.Exec(ctx, "SELECT pg_notify(?, ?)", channel, payload); err != nil {
		return fmt.Errorf("notify %s: %w", channel, err)
	}
	return nil
}

// Listener is what to do with the payloads on a channel. Its functions are called one at a time,
// and the next payload waits for them.
type Listener struct {
	Channel string
	// Message gets each payload.
	Message func(payload string)
	// Connected is called when listening begins, and again after each interruption: whatever was
	// committed before may have been missed, whatever is committed later will be heard of.
	Connected func()
	// Lost is called when listening was interrupted or did not come about; it is tried again.
	Lost func(error)
}

const (
	// silence is how long nothing may come before the server is asked whether it is still there.
	silence = 10 * time.Second
	// answerTime is how long the server may take to answer, or to let us in.
	answerTime = 5 * time.Second
	// firstRetry and lastRetry are how long to wait before connecting again, doubling in between.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Listen listens to a channel until ctx ends, on a connection of its own beside the pool. On
// SQLite it calls Connected once and hears nothing.
func (db *DB) Listen(ctx context.Context, l Listener) error {
	if !db.Postgres() {
		l.Connected()
		<-ctx.Done()
		return nil
	}
	e, err := db.newEar(l)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	e.listen(ctx)
	return nil
}

// ear is one Listen on PostgreSQL.
type ear struct {
	Listener
	config              *pgx.ConnConfig
	silence, answerTime time.Duration
}

func (db *DB) newEar(l Listener) (*ear, error) {
	config, err := pgx.ParseConfig(db.url)
	if err != nil {
		return nil, err
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "purser listens to " + l.Channel
	}
	return &ear{Listener: l, config: config, silence: silence, answerTime: answerTime}, nil
}

func (e *ear) listen(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		connected, err := e.once(ctx)
		if ctx.Err() != nil {
			return
		}
		e.Lost(err)
		if connected {
			retry = firstRetry
		}
		select {
		case <-time.After(retry/2 + rand.N(retry)): //nolint:gosec // jitter: not all replicas at once
		case <-ctx.Done():
		}
		retry = min(2*retry, lastRetry)
	}
}

// once listens on one connection until that breaks, and tells whether it ever came to listen.
func (e *ear) once(ctx context.Context) (connected bool, err error) {
	conn, err := e.connect(ctx)
	if err != nil {
		return false, err
	}
	defer e.hangUp(ctx, conn)
	e.Connected()
	for {
		n, err := e.wait(ctx, conn)
		if err != nil {
			return true, err
		}
		if n != nil {
			e.Message(n.Payload)
		}
	}
}

func (e *ear) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, e.answerTime)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{e.Channel}.Sanitize()); err != nil {
		e.hangUp(ctx, conn)
		return nil, fmt.Errorf("listen: %w", err)
	}
	return conn, nil
}

// wait returns the next notification; nil when none came for a while and the server is still there.
func (e *ear) wait(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, e.silence)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil || waiting.Err() == nil || ctx.Err() != nil { // not just silence
		return n, err
	}
	asking, cancelAsking := context.WithTimeout(ctx, e.answerTime)
	defer cancelAsking()
	return nil, conn.Ping(asking) // a connection that broke meanwhile does not answer either
}

func (e *ear) hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.answerTime)
	defer cancel()
	_ = conn.Close(ctx) // nothing is lost
}
