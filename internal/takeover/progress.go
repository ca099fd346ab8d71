package takeover

import (
	"purser/ent"
	"purser/graph/model"
)

// progressOf returns how far the move has come.
func progressOf(m *ent.Move) *model.MoveProgress {
	p := &model.MoveProgress{
		MoveID: m.ID, Status: model.MoveStatus(m.Status), Total: m.Total,
		Moved: m.Moved, AlreadyLicensed: m.AlreadyLicensed, Gone: m.Gone,
		Sequence: m.Sequence, At: m.ChangedAt,
	}
	p.Complete(m.StartedAt)
	return p
}

// final tells whether a move is over.
func final(s model.MoveStatus) bool {
	switch s {
	case model.MoveStatusSucceeded, model.MoveStatusFailed, model.MoveStatusCanceled:
		return true
	case model.MoveStatusQueued, model.MoveStatusRunning:
	}
	return false
}
