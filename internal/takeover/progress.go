package takeover

import (
	"context"
	"encoding/json"
	"fmt"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/store"
)

// channel is where processes on one PostgreSQL tell each other how far moves have come.
const channel = "purser_moves"

// news is how far a move has come, as one process tells another, which may be older or newer:
// names stay, fields may be added.
type news struct {
	Move            string           `json:"move"`
	Status          model.MoveStatus `json:"status"`
	Total           int              `json:"total"`
	Moved           int              `json:"moved"`
	AlreadyLicensed int              `json:"alreadyLicensed"`
	Gone            int              `json:"gone"`
	Sequence        int              `json:"sequence"`
	StartedAt       *instant.Milli   `json:"startedAt,omitempty"`
	At              instant.Milli    `json:"at"`
}

func newsOf(m *ent.Move) news {
	return news{
		Move: m.ID, Status: model.MoveStatus(m.Status), Total: m.Total,
		Moved: m.Moved, AlreadyLicensed: m.AlreadyLicensed, Gone: m.Gone,
		Sequence: m.Sequence, StartedAt: m.StartedAt, At: m.ChangedAt,
	}
}

// progressOf returns how far the move has come.
func progressOf(m *ent.Move) *model.MoveProgress { return newsOf(m).progress() }

func (n news) progress() *model.MoveProgress {
	p := &model.MoveProgress{
		MoveID: n.Move, Status: n.Status, Total: n.Total,
		Moved: n.Moved, AlreadyLicensed: n.AlreadyLicensed, Gone: n.Gone,
		Sequence: n.Sequence, At: n.At,
	}
	p.Complete(n.StartedAt)
	return p
}

// announce tells the other processes how far the move has come as soon as the transaction commits.
func (s *Service) announce(ctx context.Context, tx *store.Tx, m *ent.Move) error {
	if !tx.Postgres() {
		return nil
	}
	payload, err := json.Marshal(newsOf(m))
	if err != nil {
		return fmt.Errorf("announce the move: %w", err)
	}
	return tx.Notify(ctx, channel, string(payload))
}

// understand reads what another process announced.
func understand(payload string) (*model.MoveProgress, error) {
	var n news
	if err := json.Unmarshal([]byte(payload), &n); err != nil {
		return nil, err
	}
	if n.Move == "" || !n.Status.IsValid() {
		return nil, fmt.Errorf("move %q is %q", n.Move, n.Status)
	}
	return n.progress(), nil
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
