package outbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// nobody is where mails in a folder come from when nobody says: they go nowhere.
const nobody = "Purser <purser@localhost>"

// ToFolder returns a delivery into a folder, which is made with the first mail: each becomes a file
// named after its notification, that mail programs open. from is an address, with or without a
// name; "" is a made-up one.
func ToFolder(dir, from string) (*Delivery, error) {
	if from == "" {
		from = nobody
	}
	a, err := sender(from)
	if err != nil {
		return nil, err
	}
	write := func(_ context.Context, m message) error {
		if err := writeFile(dir, m.id+".eml", m.raw); err != nil {
			return &failure{away: true, said: "The mail could not be written to a file; the server's log says why.", err: err}
		}
		return nil
	}
	return &Delivery{Where: dir, from: a, open: func(context.Context) (carrier, error) {
		return carrier{send: write, close: func() {}}, nil
	}}, nil
}

// writeFile writes a file that is there as a whole or not at all, whatever ends the process.
func writeFile(dir, name string, content []byte) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes sure that the names in a folder survive a power loss.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
