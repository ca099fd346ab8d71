package takeover

import (
	"context"
	"fmt"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Follow returns the present state of a move and then every change, at most ten a second, the
// last never left out; the channel closes after the move's end and with the context. The
// receiver owns what it gets; Move is nil. Who may read moves may follow them: global and billing
// admins and global readers; else it is fault.Forbidden. An unknown move is fault.NotFound.
func (s *Service) Follow(ctx context.Context, moveID string) (<-chan *model.MoveProgress, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return nil, fault.New(fault.Internal, "following without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin, viewer.GlobalReader) {
		return nil, fault.New(fault.Forbidden, "Only an admin of purchases or a global reader can follow a move.")
	}
	// before the row is read: what changes afterwards is not missed
	f := s.hub.join(ctx, moveID)
	first, err := s.state(ctx, moveID)
	if err != nil {
		s.hub.leave(f)
		return nil, err
	}
	s.hub.begin(f, v.Tenant, first)
	s.watch() //nolint:contextcheck // it goes on for those who follow later
	return f.out, nil
}

// state reads the row of the move; past ent, since followers can come by the thousand.
func (s *Service) state(ctx context.Context, moveID string) (*model.MoveProgress, error) {
	r, err := s.db.Reader(ctx)
	if err != nil {
		return nil, err
	}
	q, m := r.FromKeys("moves", "m", "id", []string{moveID})
	q.Select(m.C("id"), m.C("status"), m.C("total"), m.C("moved"), m.C("already_licensed"), m.C("gone"), m.C("sequence"), m.C("started_at"), m.C("changed_at"))
	var n news
	err = r.Query(ctx, q, func(rows *store.Rows) error {
		return rows.Scan(&n.Move, &n.Status, &n.Total, &n.Moved, &n.AlreadyLicensed, &n.Gone, &n.Sequence, &n.StartedAt, &n.At)
	})
	if err != nil {
		return nil, fmt.Errorf("read the move: %w", err)
	}
	if n.Move == "" {
		return nil, fault.New(fault.NotFound, "There is no such move.")
	}
	return n.progress(), nil
}
