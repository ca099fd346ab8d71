package store

import (
	"context"
	"errors"
	"fmt"

	"purser/internal/fault"
)

// Session is a piece of work whose units of work, and what is read after them, are one transaction.
type Session struct {
	// Begin is done in the transaction before anything else is. When it fails, the unit of work that
	// was about to begin fails with its error.
	Begin func(ctx context.Context, tx *Tx) error
	// Run does the work, with the context that it is given, in one goroutine. When it fails, all is undone.
	Run func(ctx context.Context) error
	// End is done in the transaction after everything else, where a unit of work has succeeded.
	End func(ctx context.Context, tx *Tx) error
}

// InSession runs a session. The transaction begins with its first InTx: what is read before that
// keeps nobody waiting. Of several InTx, one that fails undoes only what it did itself. Once one has
// succeeded, everything that is read in the context of Run is read in the transaction, and writes outside
// of InTx belong to it too; before that these are refused. When Run and End are done it is committed. What
// was given to AfterCommit follows. A commit that lost a race has everything run again.
//
// It returns Run's error as it is, and otherwise the same faults as InTx.
func (db *DB) InSession(ctx context.Context, s Session) error {
	var failed error
	err := again(ctx, func() error {
		open := &session{Session: s, db: db, ctx: ctx}
		defer open.close()
		if failed = s.Run(context.WithValue(ctx, sessionKey{}, open)); failed != nil {
			return nil // not for a race: its InTx have tried again themselves
		}
		return open.commit()
	})
	if failed != nil {
		return failed
	}
	return err
}

// AfterCommit does something as soon as what was written in this context is committed, and never when it
// comes to be undone: in a session at its end, otherwise at once. Call it behind InTx.
func AfterCommit(ctx context.Context, do func()) {
	if s := sessionOf(ctx); s != nil && s.tx != nil {
		s.after = append(s.after, do)
		return
	}
	do()
}

type sessionKey struct{}

// session is a Session under way.
type session struct {
	Session
	db    *DB
	ctx   context.Context // the transaction's: it outlives those of the units of work
	tx    *Tx             // nil until a unit of work has succeeded
	after []func()
	spent error // why there is nothing left to commit
	over  bool
}

// sessionOf returns the session that a context is part of, nil where there is none.
func sessionOf(ctx context.Context) *session {
	if s, ok := ctx.Value(sessionKey{}).(*session); ok && !s.over {
		return s
	}
	return nil
}

// inTx is InTx as a part of the session.
func (s *session) inTx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return again(ctx, func() error {
		if s.tx == nil {
			return s.first(ctx, fn)
		}
		return s.further(ctx, fn)
	})
}

// first begins the transaction for a unit of work, and keeps it open when that succeeds.
func (s *session) first(ctx context.Context, fn func(context.Context, *Tx) error) error {
	tx, err := s.db.begin(s.ctx) //nolint:contextcheck // see session.ctx
	if err != nil {
		return err
	}
	defer func() {
		if s.tx == nil {
			tx.unit.rollback()
		}
	}()
	if err := s.Begin(ctx, tx); err != nil {
		return err
	}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	s.tx = tx
	return nil
}

// further does another unit of work in the open transaction.
func (s *session) further(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if err := s.mark(ctx, "SAVEPOINT unit"); err != nil {
		return err
	}
	failed := fn(ctx, s.tx)
	if failed != nil {
		if err := s.mark(ctx, "ROLLBACK TO SAVEPOINT unit"); err != nil {
			return errors.Join(failed, err)
		}
	}
	return errors.Join(failed, s.mark(ctx, "RELEASE SAVEPOINT unit"))
}

// mark sets a savepoint or does away with it. Should that fail, nobody knows any more what the
// transaction holds, and it is not committed.
func (s *session) mark(ctx context.Context, statement string) error {
	_, err := s.tx.Exec(context.WithoutCancel(ctx), statement)
	if err != nil {
		s.spent = fmt.Errorf("%s: %w", statement, err)
	}
	return s.spent
}

// commit ends the transaction, if there is one, and does what is to be done after it.
func (s *session) commit() error {
	if s.tx == nil || s.spent != nil {
		return s.spent
	}
	if err := s.End(s.ctx, s.tx); err != nil {
		return err
	}
	if err := s.tx.unit.commit(s.ctx); err != nil {
		return err
	}
	s.over = true
	for _, do := range s.after {
		do()
	}
	return nil
}

// close undoes what was not committed.
func (s *session) close() {
	s.over = true
	if s.tx != nil {
		s.tx.unit.rollback() // after a commit it does nothing
	}
}

// errOutside is about a write that would be committed whatever becomes of the session.
var errOutside = fault.New(fault.Internal, "a write before the first unit of work of a session, outside of any")
