package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// counted counts the connections that are open.
type counted struct {
	driver.Connector

	open *atomic.Int64
}

// openCounted opens a database, and returns how many connections to it are open.
func openCounted(t *testing.T) (*store.DB, *atomic.Int64) {
	t.Helper()
	open := new(atomic.Int64)
	db, err := store.Open(t.Context(), store.Options{
		URL: storetest.URL(t, "sqlite"), Wrap: func(c driver.Connector) driver.Connector { return counted{c, open} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, open
}

func (c counted) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := made.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("%T is not one of SQLite's", made)
	}
	c.open.Add(1)
	return countedConn{conn, c.open}, nil
}

type sqliteConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnBeginTx
}

type countedConn struct {
	sqliteConn

	open *atomic.Int64
}

func (c countedConn) Close() error {
	c.open.Add(-1)
	return c.sqliteConn.Close()
}

// reading reads one row, and does something with it at hand.
func reading(ctx context.Context, t *testing.T, db *store.DB, do func()) error {
	t.Helper()
	r, err := db.Reader(viewer.NewContext(ctx, viewer.System("ten_1")))
	if err != nil {
		t.Fatal(err)
	}
	return r.Query(ctx, one(r, "'a'"), func(*store.Rows) error {
		do()
		return nil
	})
}

// TestReadersAtOnce: so many read at once, and the next one waits until one of them is ready, or its context ends.
func TestReadersAtOnce(t *testing.T) {
	db, open := openCounted(t)
	before := open.Load()
	n := max(4, runtime.GOMAXPROCS(0))
	for range 2 { // the second time the connections are there
		var reads sync.WaitGroup
		at, goOn := make(chan struct{}), make(chan struct{})
		for range n {
			reads.Go(func() {
				if err := reading(t.Context(), t, db, func() { at <- struct{}{}; <-goOn }); err != nil {
					t.Error(err)
				}
			})
		}
		for range n {
			<-at
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := reading(ctx, t, db, func() { t.Error("one more reads") }); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("one more: %v", err)
		}
		waited := make(chan error)
		go func() { waited <- reading(t.Context(), t, db, func() {}) }()
		goOn <- struct{}{}
		if err := <-waited; err != nil {
			t.Error(err)
		}
		close(goOn)
		reads.Wait()
		if got := open.Load() - before; got != int64(n) {
			t.Errorf("%d connections, want %d", got, n)
		}
	}
	if err := db.Close(); err != nil || open.Load() != 0 {
		t.Errorf("%v, with %d connections in the end", err, open.Load())
	}
}

// TestReadersAfterAPanic: it takes its connection with it, and no more.
func TestReadersAfterAPanic(t *testing.T) {
	db, open := openCounted(t)
	before := open.Load()
	for range 2 * max(4, runtime.GOMAXPROCS(0)) {
		func() {
			defer func() {
				if v := recover(); v != "a bug" {
					t.Errorf("recovered %v", v)
				}
			}()
			_ = reading(t.Context(), t, db, func() { panic("a bug") })
		}()
		if got := open.Load() - before; got != 0 {
			t.Errorf("%d connections are left", got)
		}
	}
	if got, err := together(viewer.NewContext(t.Context(), viewer.System("ten_1")), t, db, "'a'"); err != nil || !slices.Equal(got, []string{"a"}) {
		t.Errorf("%v, %v", got, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestReadersClosed: nothing is read once the database is closed, and who reads just then reads on.
func TestReadersClosed(t *testing.T) {
	db, open := openCounted(t)
	err := reading(t.Context(), t, db, func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil || open.Load() != 0 {
		t.Errorf("%v, with %d connections in the end", err, open.Load())
	}
	if err := reading(t.Context(), t, db, func() {}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("read %v from a closed database", err)
	}
}
