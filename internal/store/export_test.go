package store

import (
	"context"
	"time"
)

// ListenClosely is Listen on PostgreSQL with little patience.
func (db *DB) ListenClosely(ctx context.Context, l Listener, silence, answerTime time.Duration) error {
	e, err := db.newEar(l)
	if err != nil {
		return err
	}
	e.silence, e.answerTime = silence, answerTime
	e.listen(ctx)
	return nil
}
