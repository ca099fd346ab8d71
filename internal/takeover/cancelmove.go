package takeover

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

// CancelMove stops a move that is under way: users who were moved stay moved, the others stay where
// they are, the reservation is released and the source lives on (R21). Global and billing admins may.
// The change and its audit events are one transaction. It returns fault.Forbidden, and at "moveId"
// fault.NotFound and, for a move that is over, WrongStatus.
func (s *Service) CancelMove(ctx context.Context, moveID string) error {
	v, ok := viewer.From(ctx)
	if !ok {
		return fault.New(fault.Internal, "stopping a move without a viewer")
	}
	if !v.Roles.Has(viewer.GlobalAdmin, viewer.BillingAdmin) {
		return fault.New(fault.Forbidden, "Only a global admin or a billing admin can stop a move.")
	}
	var m *ent.Move
	err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if m, err = lockMove(ctx, tx, moveID); err != nil {
			return err
		}
		if status := model.MoveStatus(m.Status); final(status) {
			return fault.New(fault.WrongStatus, "This move is over: it is %s.", status).At("moveId")
		}
		e, err := lockEnds(ctx, tx, m.TenantID, m.SourceID, m.TargetID)
		if err != nil {
			return err
		}
		by := fmt.Sprintf("Stopped by %s.", v.Name)
		m.FailureMessage = &by
		return s.stop(ctx, tx, m, e, model.MoveStatusCanceled, audit.MoveCanceled)
	})
	if err != nil {
		return err
	}
	store.AfterCommit(ctx, func() { s.hub.publish(progressOf(m)) })
	return nil
}

// lockMove reads the move; on PostgreSQL its worker waits meanwhile.
func lockMove(ctx context.Context, tx *store.Tx, moveID string) (*ent.Move, error) {
	q := tx.Move.Query().Where(move.ID(moveID))
	if tx.Postgres() {
		q.ForUpdate()
	}
	m, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such move.").At("moveId")
	}
	if err != nil {
		return nil, fmt.Errorf("read the move: %w", err)
	}
	return m, nil
}
