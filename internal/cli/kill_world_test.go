package cli_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"purser/ent/license"
	"purser/ent/move"
	"purser/ent/purchase"
	"purser/ent/tenant"
	"purser/graph/model"
	"purser/internal/app"
	"purser/internal/bench/bigtenant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

const (
	fewest = 200
	most   = 5000 // users whom a move moves
)

// crowd is the tenant that everything happens in.
var crowd = bigtenant.Tenant{Domain: "crowd.example", Users: most}

// group is a central purchase with the sources whose users are moved to it.
type group struct {
	target  string
	holders int // of it, before
	sources []*source
}

// source is a self-service purchase whose first users hold it.
type source struct {
	id    string
	users int
	group *group
	asked bool // in a former life
}

func newVictim(t *testing.T, kind string, random *rand.Rand) *victim {
	t.Helper()
	v := &victim{
		random: random, database: storetest.URL(t, kind),
		pending: map[*source]bool{}, accepted: map[*source]string{}, over: map[*source]string{},
	}
	users := filepath.Join(t.TempDir(), "users.jsonl")
	var file bytes.Buffer
	if err := crowd.Write(&file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(users, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, "migrate", "--database", v.database).ok(t)
	run(t, nil, "import", "tenant", users, "--database", v.database).ok(t)
	v.token = run(t, nil, "token", "create", "--database", v.database, "--tenant", crowd.Domain, "--user", "admin@"+crowd.Domain, "--ttl", "48h").ok(t)
	return v
}

// open opens the database beside the server. Where that is SQLite it has to be closed before the
// server is killed, or there is nothing for the next one to recover.
func (v *victim) open(t *testing.T) (db *store.DB, done func()) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: v.database})
	if err != nil {
		t.Fatal(err)
	}
	return db, func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// prepare imports a group: one, two or three sources with one target.
func (v *victim) prepare(t *testing.T) {
	t.Helper()
	db, done := v.open(t)
	defer done()
	services, g := app.New(db, time.Now, slog.New(slog.DiscardHandler)), &group{}
	sizes, seats := make([]int, 1+v.random.IntN(3)), 0
	for i := range sizes {
		sizes[i] = int(fewest * math.Pow(most/fewest, v.random.Float64()))
		seats += sizes[i]
	}
	g.holders = v.random.IntN(sizes[0])
	var file bytes.Buffer
	for i, n := range sizes {
		pair := bigtenant.Tenant{Domain: crowd.Domain, Users: n, Seats: 1}
		if i == 0 {
			pair.Holders, pair.Seats = g.holders, g.holders+seats
		}
		if err := pair.WritePair(&file, fmt.Sprintf("%d.%d", len(v.groups), i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := services.Directory.Import(t.Context(), &file, nil); err != nil {
		t.Fatal(err)
	}
	ctx := viewer.NewContext(t.Context(), viewer.System(v.tenant(t, db)))
	find := func(i int, end string) string {
		return db.Client().Purchase.Query().Where(purchase.Ref(fmt.Sprintf("%d.%d-%s", len(v.groups), i, end))).OnlyIDX(ctx)
	}
	g.target = find(0, "target")
	for i, n := range sizes {
		s := &source{id: find(i, "source"), users: n, group: g}
		g.sources = append(g.sources, s)
		v.pending[s] = true
		v.users += n
	}
	v.groups = append(v.groups, g)
}

func (v *victim) tenant(t *testing.T, db *store.DB) string {
	t.Helper()
	return db.Client().Tenant.Query().Where(tenant.Domain(crowd.Domain)).OnlyIDX(t.Context())
}

// check looks at everything that all the moves have left behind, and tells how often a move was
// taken up again after its worker was lost.
func (v *victim) check(t *testing.T) (resumed int) {
	t.Helper()
	db, done := v.open(t)
	defer done()
	w := &takeovertest.World{DB: db, Tenant: v.tenant(t, db)}
	w.Check(t)
	w.CheckTold(t)
	moves := 0
	for _, g := range v.groups {
		here := g.holders // of the first users so many hold the target in the end
		for _, s := range g.sources {
			moves++
			here = max(here, s.users)
			resumed += v.checkSource(t, w, s)
		}
		on := db.Client().License.Query().Where(license.PurchaseID(g.target))
		users := len(on.Clone().Unique(true).Select(license.FieldUserID).StringsX(w.System(t)))
		if p, rows := w.Get(t, g.target), on.CountX(w.System(t)); p.Assigned != here || p.Reserved != 0 || rows != here || users != here {
			t.Errorf("target %s: %d assigned, %d reserved, %d licenses of %d users, want %d", g.target, p.Assigned, p.Reserved, rows, users, here)
		}
	}
	if n := db.Client().Move.Query().CountX(w.System(t)); n != moves {
		t.Errorf("there are %d moves, want %d", n, moves)
	}
	return resumed
}

// checkSource looks whether all users of a source were moved, by the move that was answered.
func (v *victim) checkSource(t *testing.T, w *takeovertest.World, s *source) (resumed int) {
	t.Helper()
	moveID, over := v.over[s]
	if !over {
		t.Errorf("source %s was not moved", s.id)
		return 0
	}
	m := w.DB.Client().Move.Query().Where(move.SourceID(s.id)).OnlyX(w.System(t))
	if moveID != "" && m.ID != moveID {
		t.Errorf("source %s: the move is %s, but %s was accepted", s.id, m.ID, moveID)
	}
	if m.Status != string(model.MoveStatusSucceeded) || m.Total != s.users || m.Gone != 0 || m.TargetID != s.group.target {
		t.Errorf("source %s: %d users to be moved, but the move is %v", s.id, s.users, m)
	}
	p, left := w.Get(t, s.id), w.DB.Client().License.Query().Where(license.PurchaseID(s.id)).CountX(w.System(t))
	if p.Status != string(model.SubscriptionStatusDeleted) || p.Assigned != 0 || left != 0 {
		t.Errorf("source %s: it is %s with %d assigned, %d licenses", s.id, p.Status, p.Assigned, left)
	}
	return m.Fence - 1
}
