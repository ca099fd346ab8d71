package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestWrap has statements fail between the pools and their drivers, those of InTx and those outside of it.
func TestWrap(t *testing.T) {
	broken := errors.New("broken")
	for _, kind := range storetest.Kinds(t) {
		var race error = sqlite3.Error{Code: sqlite3.ErrBusy}
		if kind == "postgres" {
			race = &pgconn.PgError{Code: "40001"}
		}
		faults := new(storetest.Faults)
		db := storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap})
		for _, c := range []struct {
			name     string
			fault    storetest.Fault
			err      error
			code     fault.Code
			attempts int
		}{
			{"nothing fails", storetest.Fault{}, nil, "", 1},
			{"the begin fails", storetest.Fault{At: 1, Err: broken}, broken, fault.Internal, 0},
			{"the statement fails", storetest.Fault{At: 2, Err: broken}, broken, fault.Internal, 1},
			{"the commit fails", storetest.Fault{At: 3, Err: broken}, broken, fault.Internal, 1},
			{"the commit does not answer", storetest.Fault{At: 3, When: storetest.After, Err: broken, Dead: true}, broken, fault.Internal, 1},
			{"the connection was lost before", storetest.Fault{At: 1, Err: driver.ErrBadConn, Dead: true}, nil, "", 1},
			{"the connection is lost", storetest.Fault{At: 3, Err: driver.ErrBadConn, Dead: true}, driver.ErrBadConn, fault.Unavailable, 1},
			{"a race is lost", storetest.Fault{At: 3, Err: race}, nil, "", 2},
			{"every race is lost", storetest.Fault{At: 2, Err: race, Always: true}, race, fault.Unavailable, 5},
		} {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				var err error
				attempts := 0
				_, strikes := faults.During(c.fault, func() {
					err = db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						attempts++
						_, err := tx.Exec(ctx, "UPDATE tenants SET name = name")
						return err
					})
				})
				if !errors.Is(err, c.err) || fault.CodeOf(err) != c.code || attempts != c.attempts {
					t.Errorf("%v (%s) after %d attempts, want %v (%s) after %d", err, fault.CodeOf(err), attempts, c.err, c.code, c.attempts)
				}
				if (strikes > 0) != (c.fault.At > 0) {
					t.Errorf("%d statements failed", strikes)
				}
			})
		}
		t.Run(kind+"/a read", func(t *testing.T) {
			seen, strikes := faults.During(storetest.Fault{At: 1, Err: broken}, func() {
				if _, err := db.Client().Tenant.Query().Count(t.Context()); !errors.Is(err, broken) {
					t.Error(err)
				}
			})
			if strikes != 1 || len(seen) != 1 || seen[0].InTx || !seen[0].Query {
				t.Errorf("%d failures of %v", strikes, seen)
			}
		})
	}
}
