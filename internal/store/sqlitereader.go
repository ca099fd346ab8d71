package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"
)

// sqliteReader is a connection of SQLite that changes nothing itself. It keeps what look-ups have found on it, for as long as
// nobody else has changed anything.
type sqliteReader struct {
	*sqlite3.SQLiteConn

	askVersion *sqlite3.SQLiteStmt
	version    int64             // of the database, when they found it
	found      map[string]LookUp // by their keys
}

// maxFound is how much a connection keeps.
const maxFound = 1000

// sqliteReaders makes such connections.
type sqliteReaders struct{ sqliteConnector }

// Connect makes a connection.
func (c sqliteReaders) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.sqliteConnector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	ask, err := conn.Prepare("PRAGMA data_version")
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s, ok := conn.(*sqlite3.SQLiteConn)
	version, asks := ask.(*sqlite3.SQLiteStmt)
	if !ok || !asks {
		return nil, errors.Join(fmt.Errorf("%T is no connection of SQLite", conn), conn.Close())
	}
	return &sqliteReader{SQLiteConn: s, askVersion: version, found: map[string]LookUp{}}, nil
}

// Close closes the connection.
func (c *sqliteReader) Close() error {
	return errors.Join(c.askVersion.Close(), c.SQLiteConn.Close())
}

// read runs statements. What would look up what is known is left out: to ask for the database's version takes a fifth of what that would,
// and whoever would find something else, another process having committed it, finds another version. All of them see one and the same.
func (c *sqliteReader) read(ctx context.Context, reads []read) (err error) {
	a, key := reads[0].along, ""
	if a != nil {
		key = a.lookUp.Key()
	}
	if key == "" {
		return readSQLite(ctx, c.SQLiteConn, written(dialect.SQLite, reads))
	}
	asked, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, asked.Close()) }() // not before the others: until then they see what it has seen
	if known, ok := c.found[key]; ok {
		a.found = known
		return readSQLite(ctx, c.SQLiteConn, reads[1:])
	}
	if err := readSQLite(ctx, c.SQLiteConn, written(dialect.SQLite, reads)); err != nil {
		return err
	}
	if len(c.found) >= maxFound {
		clear(c.found)
	}
	c.found[key] = a.lookUp
	return nil
}

// begin begins to read, and forgets what was found in another version of the database.
func (c *sqliteReader) begin(ctx context.Context) (asked driver.Rows, err error) {
	asked, err = c.askVersion.QueryContext(context.WithoutCancel(ctx), nil) // as query does
	if err != nil {
		return nil, err
	}
	var version int64
	row := func(r *Rows) error { return r.Scan(&version) }
	if err := each(asked, read{row: row, atMost: 1}); err != nil {
		return nil, errors.Join(err, asked.Close())
	}
	if version != c.version {
		clear(c.found)
		c.version = version
	}
	return asked, nil
}
