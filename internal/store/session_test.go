package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"purser/ent/tenant"
	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

type unit = func(ctx context.Context, tx *store.Tx) error

// add makes a tenant.
func add(id string) unit {
	return func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(id).SetName(id).SetNameKey(id).SetSearchKey(id).SetDomain(id + ".example").
			SetCloud("WORLDWIDE").SetSegment("COMMERCIAL").SetCountry("US").SetLocale("en").Exec(ctx)
	}
}

// seen lists the tenants as ent reads them, as a reader does (the one named only), and as seen from outside of any tenant.
func seen(ctx context.Context, t *testing.T, db *store.DB, id string) (ent, reader, unwalled []string) {
	t.Helper()
	ent = db.Client().Tenant.Query().Order(tenant.ByID()).IDsX(ctx)
	r, err := db.Reader(viewer.NewContext(ctx, viewer.System(id)))
	if err != nil {
		t.Fatal(err)
	}
	take := func(list *[]string, scan func(...any) error) error {
		var id string
		err := scan(&id)
		*list = append(*list, id)
		return err
	}
	s, from := r.From("tenants", "t")
	s.Select(from.C("id"))
	if err := r.Query(ctx, s, func(rows *store.Rows) error { return take(&reader, rows.Scan) }); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryUnwalled(ctx, "SELECT id FROM tenants ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		if err := take(&unwalled, rows.Scan); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ent, reader, unwalled
}

// log is what happened, one after the other.
type log []string

func (l *log) note(what string) func() { return func() { *l = append(*l, what) } }

func (l *log) unit(what string, err error) unit {
	return func(context.Context, *store.Tx) error { *l = append(*l, what); return err }
}

func (l *log) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, []string(*l)); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

// TestSession has several units of work, some of which fail, in one transaction.
func TestSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		outside, stop := t.Context(), errors.New("stop")
		var happened log
		err := db.InSession(outside, store.Session{Begin: happened.unit("begin", nil), End: happened.unit("end", nil), Run: func(ctx context.Context) error {
			store.AfterCommit(ctx, happened.note("nothing to wait for"))
			of, done := context.WithCancel(ctx)
			defer done()
			if err := db.InTx(of, add("ten_a")); err != nil {
				return err
			}
			done() // its context has ended, the transaction has not
			store.AfterCommit(ctx, happened.note("after a"))
			for _, within := range []bool{true, false} {
				want, at := []string{"ten_a"}, ctx
				if !within {
					want, at = nil, outside
				}
				ent, reader, unwalled := seen(at, t, db, "ten_a")
				if diff := cmp.Diff([][]string{want, want, want}, [][]string{ent, reader, unwalled}, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("read within: %v (-want +got):\n%s", within, diff)
				}
			}
			failing := func(ctx context.Context, tx *store.Tx) error { return errors.Join(add("ten_b")(ctx, tx), stop) }
			if err := db.InTx(ctx, failing); !errors.Is(err, stop) {
				t.Errorf("got %v, want the function's own error", err)
			}
			if err := db.InTx(ctx, add("ten_a")); fault.CodeOf(err) != fault.Conflict {
				t.Errorf("got %v, want CONFLICT for a row that is there already", err)
			}
			if err := db.Client().Tenant.UpdateOneID("ten_a").SetName("renamed").Exec(ctx); err != nil {
				t.Error(err)
			}
			defer store.AfterCommit(ctx, happened.note("after c"))
			return db.InTx(ctx, add("ten_c"))
		}})
		if err != nil {
			t.Fatal(err)
		}
		happened.want(t, "nothing to wait for", "begin", "end", "after a", "after c")
		all := db.Client().Tenant.Query().Order(tenant.ByID()).AllX(outside)
		if len(all) != 2 || all[0].Name != "renamed" || all[1].ID != "ten_c" {
			t.Errorf("committed: %v", all)
		}
	})
}

// TestSessionUndone has sessions fail in each of their parts.
func TestSessionUndone(t *testing.T) {
	stop := errors.New("stop")
	for _, c := range []struct {
		name          string
		begin, unit   error
		run, end      error
		passesUnitsOn bool
		want          error
		happened      []string
	}{
		{name: "Begin", begin: stop, passesUnitsOn: true, want: stop, happened: []string{"begin"}},
		{name: "Begin, which Run does not mind", begin: stop, happened: []string{"begin", "after"}},
		{name: "a unit of work", unit: stop, passesUnitsOn: true, want: stop, happened: []string{"begin", "unit"}},
		{name: "a unit of work, which Run does not mind", unit: stop, happened: []string{"begin", "unit", "after"}},
		{name: "Run", run: stop, want: stop, happened: []string{"begin", "unit"}},
		{name: "End", end: stop, want: stop, happened: []string{"begin", "unit", "end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				var happened log
				err := db.InSession(t.Context(), store.Session{
					Begin: happened.unit("begin", c.begin), End: happened.unit("end", c.end),
					Run: func(ctx context.Context) error {
						err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
							return errors.Join(add("ten_a")(ctx, tx), happened.unit("unit", c.unit)(ctx, tx))
						})
						if err != nil && c.passesUnitsOn {
							return err
						}
						store.AfterCommit(ctx, happened.note("after"))
						return c.run
					},
				})
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				happened.want(t, c.happened...)
				if n := db.Client().Tenant.Query().CountX(t.Context()); n != 0 {
					t.Errorf("%d tenants", n)
				}
				if err := db.InTx(t.Context(), add("ten_b")); err != nil { // nothing is left open
					t.Error(err)
				}
			})
		})
	}
}

// TestSessionPanics has Run panic after it has written.
func TestSessionPanics(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic came to nothing")
				}
			}()
			_ = db.InSession(t.Context(), store.Session{Begin: new(log).unit("begin", nil), Run: func(ctx context.Context) error {
				if err := db.InTx(ctx, add("ten_a")); err != nil {
					return err
				}
				panic("panic")
			}})
		}()
		if err := db.InTx(t.Context(), add("ten_a")); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// TestSessionFaults has the database fail: races are run again, and what cannot be undone is not committed.
func TestSessionFaults(t *testing.T) {
	broken := errors.New("broken")
	for _, kind := range storetest.Kinds(t) {
		var race error = sqlite3.Error{Code: sqlite3.ErrBusy}
		if kind == "postgres" {
			race = &pgconn.PgError{Code: "40001"}
		}
		faults := new(storetest.Faults)
		db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
		for _, c := range []struct {
			name        string
			fault       storetest.Fault
			err         error
			code        fault.Code
			runs, units int
			committed   bool
			heedless    bool // Run takes no notice of the second unit's failure
		}{
			// 1 BEGIN, 2 UPDATE, 3 SAVEPOINT, 4 UPDATE, 5 RELEASE, 6 UPDATE of End, 7 COMMIT
			{"nothing fails", storetest.Fault{}, nil, "", 1, 2, true, false},
			{"the begin loses a race", storetest.Fault{At: 1, Err: race}, nil, "", 1, 2, true, false},
			{"the first unit loses a race", storetest.Fault{At: 2, Err: race}, nil, "", 1, 3, true, false},
			{"the second unit loses a race", storetest.Fault{At: 4, Err: race}, nil, "", 1, 3, true, false},
			{"the end loses a race", storetest.Fault{At: 6, Err: race}, nil, "", 2, 4, true, false},
			{"the commit loses a race", storetest.Fault{At: 7, Err: race}, nil, "", 2, 4, true, false},
			{"every commit loses a race", storetest.Fault{At: 7, Err: race, Always: true}, race, fault.Unavailable, 5, 10, false, false},
			{"the first unit loses every race", storetest.Fault{At: 2, Err: race, Always: true}, race, fault.Unavailable, 1, 5, false, false},
			{"the commit fails", storetest.Fault{At: 7, Err: broken}, broken, fault.Internal, 1, 2, false, false},
			{"the commit does not answer", storetest.Fault{At: 7, When: storetest.After, Err: broken, Dead: true}, broken, fault.Internal, 1, 2, true, false},
			{"the savepoint fails", storetest.Fault{At: 3, Err: broken}, broken, fault.Internal, 1, 1, false, false},
			{"the release fails", storetest.Fault{At: 5, Err: broken}, broken, fault.Internal, 1, 2, false, false},
			{"the savepoint fails, and so what", storetest.Fault{At: 3, Err: broken}, broken, fault.Internal, 1, 1, false, true},
			{"the release fails, and so what", storetest.Fault{At: 5, Err: broken}, broken, fault.Internal, 1, 2, false, true},
			{"the second unit fails, and so what", storetest.Fault{At: 4, Err: broken}, nil, "", 1, 2, true, true},
			{"the connection is lost", storetest.Fault{At: 4, Err: driver.ErrBadConn, Dead: true}, driver.ErrBadConn, fault.Unavailable, 1, 2, false, false},
		} {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, "DELETE FROM tenants")
					return errors.Join(err, add("ten_a")(ctx, tx))
				}); err != nil {
					t.Fatal(err)
				}
				rename := func(to string, n *int) unit {
					return func(ctx context.Context, tx *store.Tx) error {
						*n++
						_, err := tx.Exec(ctx, "UPDATE tenants SET name = ?", to)
						return err
					}
				}
				var err error
				runs, units, ends, after := 0, 0, 0, 0
				faults.During(c.fault, func() {
					err = db.InSession(t.Context(), store.Session{
						Begin: func(context.Context, *store.Tx) error { return nil },
						Run: func(ctx context.Context) error {
							runs++
							if err := db.InTx(ctx, rename("first", &units)); err != nil {
								return err
							}
							store.AfterCommit(ctx, func() { after++ })
							if err := db.InTx(ctx, rename("second", &units)); !c.heedless {
								return err
							}
							return nil
						},
						End: rename("end", &ends),
					})
				})
				if !errors.Is(err, c.err) || fault.CodeOf(err) != c.code || runs != c.runs || units != c.units {
					t.Errorf("%v (%s), %d runs, %d units of work; want %v (%s), %d, %d", err, fault.CodeOf(err), runs, units, c.err, c.code, c.runs, c.units)
				}
				name, want := db.Client().Tenant.Query().OnlyX(t.Context()).Name, "ten_a"
				if c.committed {
					want = "end"
				}
				if name != want || (after == 1) != (c.err == nil) {
					t.Errorf("the name is %q, want %q; afterwards %d", name, want, after)
				}
			})
		}
	}
}

// TestSessionWithoutWrites begins no transaction for what only reads, and refuses writes outside of units of work.
func TestSessionWithoutWrites(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := new(storetest.Faults)
			db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
			statements, _ := faults.During(storetest.Fault{}, func() {
				err := db.InSession(t.Context(), store.Session{Run: func(ctx context.Context) error {
					seen(ctx, t, db, "ten_a")
					if err := db.Client().Tenant.UpdateOneID("ten_a").SetName("no").Exec(ctx); fault.CodeOf(err) != fault.Internal {
						t.Errorf("a write that the session could not undo: %v", err)
					}
					if _, err := db.Client().Tenant.Update().SetName("no").Save(ctx); fault.CodeOf(err) != fault.Internal {
						t.Errorf("a write that the session could not undo: %v", err)
					}
					return nil
				}})
				if err != nil {
					t.Error(err)
				}
			})
			for _, s := range statements {
				if s.InTx || !s.Query {
					t.Errorf("sent %+v", s)
				}
			}
			if len(statements) != 3 {
				t.Errorf("%d statements", len(statements))
			}
		})
	}
}
