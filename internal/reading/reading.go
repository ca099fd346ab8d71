// Package reading loads what the API asks for into graph/model: a small, constant number of
// statements whatever the page sizes, with everything nested filled, so that serving it is plain
// reads of structs.
//
// A loader has two steps. It binds what the shape asks of an object and of what it refers to (a
// purchase's product, a license's user) to one statement with joins. Then it fills what hangs below
// all objects loaded: one statement for each nested list, for all parents at once.
//
// What a viewer may see is decided here: a member sees their own purchases and licenses.
package reading

import (
	"context"
	"time"

	"purser/internal/shape"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Service loads. Every method reads as the viewer in the context.
type Service struct {
	db       *store.DB
	now      func() time.Time
	prepared preparedStatements
}

// New returns a service that reads from db.
func New(db *store.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// loader is one viewer's reading.
type loader struct {
	*Service
	r  *store.Reader
	me viewer.Viewer
}

func (s *Service) loader(ctx context.Context) (*loader, error) {
	r, err := s.db.Reader(ctx)
	if err != nil {
		return nil, err
	}
	return &loader{Service: s, r: r, me: r.Viewer}, nil
}

// filler loads what hangs below objects that are loaded already.
type filler[T any] func(ctx context.Context, objects []T, sh *shape.Shape) error

// some calls fill unless there is nothing to fill or nothing was asked for.
func some[T any](ctx context.Context, fill filler[T], objects []T, sh *shape.Shape) error {
	if !sh.Deep() || len(objects) == 0 {
		return nil
	}
	return fill(ctx, objects, sh)
}

// below is some for the values of a field of the objects.
func below[O, V any](ctx context.Context, fill filler[*V], objects []O, field func(O) *V, sh *shape.Shape) error {
	if !sh.Deep() {
		return nil
	}
	return some(ctx, fill, gather(objects, field), sh)
}

// gather returns the values of a field of the objects that have one.
func gather[O any, V any](objects []O, field func(O) *V) []*V {
	var values []*V
	for _, o := range objects {
		if v := field(o); v != nil {
			values = append(values, v)
		}
	}
	return values
}

// byID groups objects by id: one row may have been read for several parents.
func byID[T any](objects []T, id func(T) string) (ids []string, groups map[string][]T) {
	groups = make(map[string][]T, len(objects))
	for _, o := range objects {
		k := id(o)
		if groups[k] == nil {
			ids = append(ids, k)
		}
		groups[k] = append(groups[k], o)
	}
	return ids, groups
}
