package store

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// readers are SQLite's connections for reading, made as they are needed. To ask database/sql's pool for one, and to give it back, takes a
// tenth of reading by a key, and has the context say whether it has ended; there is more to a pool whose connections have another side.
type readers struct {
	connector driver.Connector
	places    chan struct{} // holds one for each connection in use

	mu     sync.Mutex
	idle   []driver.Conn // the one used last at the end: its pages are at hand
	closed bool
}

func newReaders(c driver.Connector, most int) *readers {
	return &readers{connector: c, places: make(chan struct{}, most)}
}

// use lends a connection as soon as one is free. It fails where the context ends before that.
func (p *readers) use(ctx context.Context, do func(driver.Conn) error) (err error) {
	select {
	case p.places <- struct{}{}:
	default: // who need not wait need not ask for the context's end
		select {
		case p.places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-p.places }()
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	sound := false
	defer func() {
		if lost := p.giveBack(c, sound); lost != nil {
			err = errors.Join(err, lost)
		}
	}()
	err = do(c)
	sound = !errors.Is(err, driver.ErrBadConn)
	return err
}

func (p *readers) take(ctx context.Context) (driver.Conn, error) {
	c, err := p.last()
	if c == nil && err == nil {
		c, err = p.connector.Connect(ctx)
	}
	return c, err
}

// last returns the connection used last that is idle; nil where none is.
func (p *readers) last() (driver.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	switch {
	case p.closed:
		return nil, stdsql.ErrConnDone
	case last < 0:
		return nil, nil //nolint:nilnil // one is made
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c, nil
}

// giveBack takes a connection back, or closes it where it is not sound any more.
func (p *readers) giveBack(c driver.Conn, sound bool) error {
	if v, ok := c.(driver.Validator); ok && !v.IsValid() {
		sound = false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !sound || p.closed {
		return c.Close()
	}
	p.idle = append(p.idle, c)
	return nil
}

// close closes the connections, those in use when they are given back.
func (p *readers) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, c := range p.idle {
		errs = append(errs, c.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}
