package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"purser/internal/fault"
)

// PostgreSQL's codes.
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgCanceled      = "57014"
	pgStopping      = "57P"   // and how: the server is being stopped, has crashed, is starting
	pgFull          = "53300" // it takes no more connections
	pgNotText       = "22021" // a NUL, which PostgreSQL cannot hold in a text
)

// errNotText is about a NUL. SQLite takes one and then reads on only as far as it, so readers look for it.
var errNotText = fault.New(fault.Invalid, "A text holds a character that cannot be stored.")

// retryable tells whether a transaction failed only because of others at the same time.
func retryable(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == pgSerialization || e.Code == pgDeadlock
	}
	return false
}

// IsUnique tells whether a unique constraint refused a write. On SQLite the one of licenses is a trigger, the only one that refuses.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey ||
			e.ExtendedCode == sqlite3.ErrConstraintTrigger
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == pgUnique
}

// translate turns what the drivers say into faults; what it does not know it returns as it is.
func translate(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok || err == nil {
		return err
	}
	canceled, stopping := false, false
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		if e.Code == pgNotText {
			return errNotText
		}
		canceled, stopping = e.Code == pgCanceled, strings.HasPrefix(e.Code, pgStopping) || e.Code == pgFull
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, stdsql.ErrConnDone), canceled, interrupted(err):
		return fault.New(fault.Unavailable, "The request took too long or was given up.").Because(err)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, pgconn.ErrConnClosed), stopping:
		return errUnreachable.Because(err)
	case retryable(err):
		return fault.New(fault.Unavailable, "The database is busy; try again.").Because(err)
	case IsUnique(err):
		return fault.New(fault.Conflict, "It was changed or taken in the meantime; read it again and retry.").Because(err)
	}
	return err
}

func interrupted(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.Code == sqlite3.ErrInterrupt
}
