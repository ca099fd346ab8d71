package takeovertest

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// Operation is something that is done in one transaction, whatever it reads before.
type Operation struct {
	Name string
	// Ready fills a world, and returns the operation with what comes after it.
	Ready func(t *testing.T, w *World) Steps
}

// Steps are an operation on one world.
type Steps struct {
	// Do is the operation.
	Do func() error
	// Next is what its caller, or the worker, does afterwards, up to the end. done tells whether
	// the operation was done; when it is called a second time then, it says so.
	Next func(t *testing.T, done bool)
}

var errInjected = errors.New("injected")

// trouble is a way for one statement to fail, and what must become of the operation then.
type trouble struct {
	name string
	storetest.Fault
	// survived tells whether the operation must go well when it strikes that statement.
	survived func(s storetest.Statement) bool
	// only narrows it to some statements; nil is all.
	only func(s storetest.Statement) bool
}

func never(storetest.Statement) bool         { return false }
func isCommit(s storetest.Statement) bool    { return s.SQL == "COMMIT" }
func isQuery(s storetest.Statement) bool     { return s.Query }
func isEdge(s storetest.Statement) bool      { return s.SQL == "BEGIN" || s.SQL == "COMMIT" }
func outsideTx(s storetest.Statement) bool   { return !s.InTx }
func retriedInTx(s storetest.Statement) bool { return s.InTx || s.SQL == "BEGIN" }

// troubles returns what can happen to a statement of a kind of database.
func troubles(db *store.DB) []trouble {
	var lostRace error = sqlite3.Error{Code: sqlite3.ErrBusy}
	if db.Postgres() {
		lostRace = &pgconn.PgError{Severity: "ERROR", Code: "40001", Message: "could not serialize access"}
	}
	return []trouble{
		{"it fails", storetest.Fault{Err: errInjected}, never, nil},
		{"its rows cannot be read", storetest.Fault{When: storetest.Reading, Err: errInjected}, never, isQuery},
		{"the connection is lost before it", storetest.Fault{Err: driver.ErrBadConn, Dead: true}, outsideTx, nil},
		{"the connection is lost after it", storetest.Fault{When: storetest.After, Err: io.ErrUnexpectedEOF, Dead: true}, never, nil},
		{"it loses a race", storetest.Fault{Err: lostRace}, retriedInTx, retriedInTx},
		// each attempt waits longer than the last one, so not everywhere
		{"it loses every race", storetest.Fault{Err: lostRace, Always: true}, never, isEdge},
	}
}

// EveryStatement does the operations with each of their statements failing in each way, on every
// kind of database, and with the line to PostgreSQL cut at each message: nothing is ever half done,
// the caller is told when nothing is, and whoever goes on afterwards comes to the same end.
func EveryStatement(t *testing.T, operations ...Operation) {
	t.Helper()
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			for _, o := range operations {
				t.Run(o.Name, func(t *testing.T) {
					t.Parallel()
					faults := new(storetest.Faults)
					b := breaker{operation: o, faults: faults, db: storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})}
					b.run(t)
				})
			}
		})
	}
	everyMessage(t, operations)
}

// breaker breaks one operation.
type breaker struct {
	operation          Operation
	faults             *storetest.Faults
	db                 *store.DB
	before, after, end string // what the world looks like when nothing goes wrong
}

func (b *breaker) run(t *testing.T) {
	t.Helper()
	var statements []storetest.Statement
	b.rehearse(t, func(do func()) int {
		statements, _ = b.faults.During(storetest.Fault{}, do)
		return len(statements)
	})
	struck := 0
	for _, f := range troubles(b.db) {
		struck += b.cause(t, f, statements)
	}
	t.Logf("%d statements, %d failures", len(statements), struck)
}

// rehearse does the operation without any fault, and notes what the world then looks like. during counts what it takes.
func (b *breaker) rehearse(t *testing.T, during func(do func()) int) (took int) {
	t.Helper()
	w, steps := b.ready(t)
	b.before = w.Dump(t)
	var err error
	if took = during(func() { err = steps.Do() }); err != nil {
		t.Fatalf("without any fault: %v", err)
	}
	b.after = w.Dump(t)
	steps.Next(t, true)
	b.end = w.Dump(t)
	w.Check(t)
	if b.before == b.after || took < 3 {
		t.Fatalf("it does nothing, or by %d statements or messages", took)
	}
	return took
}

// ready prepares a fresh world.
func (b *breaker) ready(t *testing.T) (*World, Steps) {
	t.Helper()
	w := New(t, b.db, "en")
	steps := b.operation.Ready(t, w)
	if b.before != "" {
		if diff := cmp.Diff(b.before, w.Dump(t)); diff != "" {
			t.Fatalf("the world is not always the same (-first +now):\n%s", diff)
		}
	}
	return w, steps
}

// cause has each of the statements fail in one way, and tells how many did. What leaves no trace
// is tried again and again in one world, the next time by an innocent service that has seen it fail.
func (b *breaker) cause(t *testing.T, f trouble, statements []storetest.Statement) (struck int) {
	t.Helper()
	var w *World
	var steps Steps
	for i, s := range statements {
		if f.only != nil && !f.only(s) {
			continue
		}
		if w == nil {
			w, steps = b.ready(t)
		}
		f.At = i + 1
		b.settle(t)
		done := b.strike(t, w, steps, f, s)
		struck++
		if done || isCommit(s) {
			b.goOn(t, w, steps, done, f.name)
			w = nil
		}
	}
	return struck
}

// settle waits until PostgreSQL has noticed that lost connections are lost: until then their locks are held, and
// what passes by rows that somebody else is at would pass by these.
func (b *breaker) settle(t *testing.T) {
	t.Helper()
	for b.db.Postgres() && t.Context().Err() == nil {
		busy := 0
		rows, err := b.db.QueryUnwalled(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
			AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			err = rows.Scan(&busy)
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if busy == 0 {
			return
		}
	}
}

// goOn lets the caller, or the worker, come to the end.
func (b *breaker) goOn(t *testing.T, w *World, steps Steps, done bool, what string) {
	t.Helper()
	steps.Next(t, done)
	if diff := cmp.Diff(b.end, w.Dump(t)); diff != "" {
		t.Errorf("%s: the world in the end (-want +got):\n%.4000s", what, diff)
	}
	w.Check(t)
}

// strike does the operation while one of its statements fails, and tells whether it was done
// nevertheless.
func (b *breaker) strike(t *testing.T, w *World, steps Steps, f trouble, s storetest.Statement) (done bool) {
	t.Helper()
	var err error
	_, strikes := b.faults.During(f.Fault, func() { err = steps.Do() })
	what := fmt.Sprintf("statement %d, %.60q: %s", f.At, s.SQL, f.name)
	if strikes == 0 {
		t.Fatalf("%s: it did not happen: %v", what, err)
	}
	survived := f.survived(s)
	switch {
	case survived && err != nil:
		t.Errorf("%s: it should have been survived, but: %v", what, err)
	case !survived && err == nil:
		t.Errorf("%s: the caller was not told", what)
	case f.Always && fault.CodeOf(err) != fault.Unavailable:
		t.Errorf("%s: %v, want UNAVAILABLE", what, err)
	}
	want := b.before
	if done = survived || f.When == storetest.After && isCommit(s); done {
		want = b.after
	}
	if diff := cmp.Diff(want, w.Dump(t)); diff != "" {
		t.Errorf("%s: the world afterwards (-want +got):\n%.4000s", what, diff)
	}
	w.Check(t)
	return done
}
