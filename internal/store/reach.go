package store

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"purser/internal/fault"
)

// errUnreachable is about a database that cannot be reached. What was being committed may have been.
var errUnreachable = fault.New(fault.Unavailable, "The database could not be reached for a moment; look what became of it, and try again.")

// reaching has connections to PostgreSQL say errUnreachable when they are lost, or are none to be had: whatever was
// under way then, by whichever way it came to them, it is nobody's mistake.
func reaching(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, unreachable(err)
		}
		return reached{conn}, nil
	}
}

type reached struct{ net.Conn }

// Read implements net.Conn.
func (c reached) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, unreachable(err)
}

// Write implements net.Conn.
func (c reached) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, unreachable(err)
}

// unreachable leaves what has taken too long to who has set the time.
func unreachable(err error) error {
	if e, ok := errors.AsType[net.Error](err); err == nil || ok && e.Timeout() {
		return err
	}
	return errUnreachable.Because(err)
}
