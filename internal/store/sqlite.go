package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"
)

// openSQLite opens two pools on one file: writes queue for one connection in Go instead of
// failing with SQLITE_BUSY, reads go on beside them (WAL).
func (db *DB) openSQLite(ctx context.Context, o Options) error {
	synchronous := strings.ToUpper(o.Synchronous)
	if synchronous == "" {
		synchronous = "FULL"
	}
	if synchronous != "FULL" && synchronous != "NORMAL" {
		return fmt.Errorf("synchronous is full or normal, not %q", o.Synchronous)
	}
	// 64 MB of cache, as needed: with the usual 2 MB a large transaction writes its pages twice
	dsn := sqliteDSN(o.URL, "_txlock=immediate", "_synchronous="+synchronous, "_foreign_keys=on", "_cache_size=-65536")
	writer := o.pool(sqliteConnector{dsn: dsn, settings: writerSettings})
	writer.SetMaxOpenConns(1)
	// 8 MB each, as needed: with the usual 2 MB a page of a list is read from the file each time
	reading := sqliteConnector{dsn: sqliteDSN(o.URL, "_query_only=on", "_foreign_keys=on", "_cache_size=-8192")}
	atOnce := max(4, runtime.GOMAXPROCS(0))
	reader := o.pool(reading)
	reader.SetMaxOpenConns(atOnce)
	reader.SetMaxIdleConns(atOnce)
	db.dialect, db.writer, db.reader = dialect.SQLite, writer, reader
	db.readers = newReaders(o.wrapped(sqliteReaders{reading}), atOnce)
	// WAL is a property of the file: the writer sets it before anybody reads.
	if _, err := writer.ExecContext(ctx, "PRAGMA journal_mode=WAL"); err != nil {
		return err
	}
	copier, err := stdsql.Open("sqlite3", dsn)
	if err != nil {
		return err
	}
	copier.SetMaxOpenConns(1)
	db.checkpointer = startCheckpointer(ctx, copier)
	return nil
}

// writerSettings have the writer help the checkpointer late, cut the log's file to 64 MB when it is begun
// anew, and keep in memory what a statement needs to be undone alone: else it goes through a file.
const writerSettings = "PRAGMA wal_autocheckpoint=" + checkpointAtMost + "; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=memory"

// sqliteConnector makes connections by their data source name, with settings that a name cannot hold.
type sqliteConnector struct{ dsn, settings string }

// Connect makes a connection.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	return c.Driver().Open(c.dsn)
}

// Driver returns the driver.
func (c sqliteConnector) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		_, err := conn.Exec(c.settings, nil)
		return err
	}}
}

func sqliteDSN(file string, options ...string) string {
	path := (&url.URL{Path: strings.TrimPrefix(file, "file:")}).EscapedPath()
	// each connection keeps its last statements, parsed and planned: that takes as long as a look-up
	return "file:" + path + "?_busy_timeout=5000&_stmt_cache_size=100&" + strings.Join(options, "&")
}
