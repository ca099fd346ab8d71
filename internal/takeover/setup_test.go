package takeover

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"purser/ent"
	"purser/ent/move"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/outbox"
	"purser/internal/pace"
	"purser/internal/store"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

const (
	selfService = model.PurchaseSourceSelfService
	central     = model.PurchaseSourceCentral
)

// bundle is a world with a service at work in it.
type bundle struct {
	*takeovertest.World
	s *Service
}

func setup(t *testing.T, db *store.DB) bundle {
	t.Helper()
	w := takeovertest.New(t, db, "en")
	return bundle{w, newService(w)}
}

// newService returns one more service on the world's database, as another process would have.
// Its batches have two users.
func newService(w *takeovertest.World) *Service {
	s := New(Deps{
		DB: w.DB, Trail: audit.New(w.IDs, w.Clock.Now), Outbox: outbox.New(w.IDs, w.Clock.Now),
		IDs: w.IDs, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	s.pace = pace.New(2)
	return s
}

// move accepts a move.
func (b bundle) move(t *testing.T, from, to string) string {
	t.Helper()
	answer, err := b.s.MoveUsers(b.As(t, b.Admin, viewer.BillingAdmin), Request{From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return answer.MoveID
}

// work lets a worker do everything there is to do, one round after the other.
func work(ctx context.Context, s *Service) {
	for tasks := s.look(ctx, nil); len(tasks) > 0; {
		tasks = s.round(ctx, s.look(ctx, tasks))
	}
}

func (b bundle) get(t *testing.T, moveID string) *ent.Move {
	t.Helper()
	return b.DB.Client().Move.Query().Where(move.ID(moveID)).OnlyX(b.System(t))
}

// counts are a move's status and what became of its users.
type outcomeOf struct {
	Status                      string
	Total, Moved, Already, Gone int
}

func (b bundle) outcome(t *testing.T, moveID string) outcomeOf {
	t.Helper()
	m := b.get(t, moveID)
	return outcomeOf{m.Status, m.Total, m.Moved, m.AlreadyLicensed, m.Gone}
}

// refusal is a fault as the caller sees it.
type refusal struct {
	Code  fault.Code
	Field string
}

func refusals(t *testing.T, err error) (list []refusal) {
	t.Helper()
	faults, ok := fault.All(err)
	if !ok {
		t.Fatalf("not only faults: %v", err)
	}
	for _, f := range faults {
		r := refusal{Code: f.Code}
		if len(f.Field) > 0 {
			r.Field = f.Field[0]
		}
		list = append(list, r)
	}
	return list
}

func concat(lists ...[]string) []string { return slices.Concat(lists...) }
