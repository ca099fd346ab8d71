package cli_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purser/internal/store/storetest"
)

var (
	kills    = flag.Int("kills", 30, "how many times TestKill kills the server, on all databases together")
	killSeed = flag.Uint64("kill-seed", 0, "what TestKill draws from; 0 is something new each time")
)

const (
	// patience is how long after a start every move that was accepted must be over.
	patience = 30 * time.Second
	// settling is how many lives go by from one that is long enough for all moves to end to the next.
	settling = 6
)

// TestKill kills the server at any moment, over and over, while moves are requested and under way:
// what was answered holds, what was not is there or not, each move ends soon after, and nobody
// is lost, moved twice, or told twice.
func TestKill(t *testing.T) {
	kinds := storetest.Kinds(t)
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			seed := cmp.Or(*killSeed, rand.Uint64())
			t.Logf("repeat with -kill-seed %d", seed)
			v := newVictim(t, kind, rand.New(rand.NewPCG(seed, uint64(i))))
			want := *kills / len(kinds)
			for life := 1; v.killed < want; life++ {
				v.live(t, life%settling == 0)
			}
			v.live(t, true)
			resumed := v.check(t)
			t.Logf("%d kills, %d other ends, %d moves of %d users, %d not answered at first, taken up again %d times", v.killed, v.ended, len(v.over), v.users, v.unanswered, resumed)
		})
	}
}

// victim is a server that is started and killed again and again on one database.
type victim struct {
	random     *rand.Rand
	database   string
	token      string
	server     *process
	groups     []*group
	killed     int
	ended      int // by SIGTERM
	users      int // to be moved, in all moves
	unanswered int // requests

	mu       sync.Mutex
	pending  map[*source]bool // requested without an answer, or not yet
	accepted map[*source]string
	over     map[*source]string
}

// live starts the server, gives it something to do, and ends it; after a long life all moves are over.
func (v *victim) live(t *testing.T, long bool) {
	t.Helper()
	started := time.Now()
	v.server = start(t, nil, "--database", v.database, "--rate-limit", "0")
	for s := range v.pending {
		s.asked = true
		v.unanswered++
	}
	if !long {
		v.prepare(t)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var requests sync.WaitGroup
	for _, s := range slices.Collect(maps.Keys(v.pending)) {
		requests.Go(func() { v.request(ctx, t, v.server.url, s) })
	}
	if long {
		requests.Wait()
		v.settle(t, started)
	} else {
		<-time.After(v.moment()) // nothing that could be waited for: it may come at any moment
	}
	if v.random.IntN(8) == 0 {
		v.ended++
		v.server.terminate(t)
	} else {
		v.killed++
		v.server.kill(t)
	}
	requests.Wait()
}

// moment draws how long the server lives once it has something to do: often just as long as it takes to
// accept it, else as long as some of the moves take, or leases.
func (v *victim) moment() time.Duration {
	most := []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}
	return time.Duration(v.random.Int64N(int64(most[v.random.IntN(len(most))])))
}

// request requests a move, once more where it was requested before.
func (v *victim) request(ctx context.Context, t *testing.T, base string, s *source) {
	var got struct {
		MoveUsers struct {
			Move       *struct{ ID string }
			UserErrors []struct{ Code, Message string }
		}
	}
	err := ask(ctx, base, v.token, `mutation ($from: ID!, $to: ID!) {
		moveUsers(input: {fromPurchaseId: $from, toPurchaseId: $to}) { move { id } userErrors { code message } }
	}`, map[string]any{"from": s.id, "to": s.group.target}, &got)
	if err != nil {
		if strings.HasPrefix(err.Error(), "{") {
			t.Errorf("the server answered with an error: %v", err)
		}
		return // no answer: the next life asks again
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	refusal := ""
	if len(got.MoveUsers.UserErrors) > 0 {
		refusal = got.MoveUsers.UserErrors[0].Code
	}
	switch {
	case got.MoveUsers.Move != nil && (refusal == "" || s.asked && refusal == "MOVE_IN_PROGRESS"):
		v.accepted[s] = got.MoveUsers.Move.ID
	case s.asked && refusal == "WRONG_STATUS": // it was accepted, and is over
		v.over[s] = ""
	default:
		t.Errorf("asked again %v: the answer is %+v", s.asked, got)
	}
	delete(v.pending, s)
}

// settle waits until every move that was accepted is over.
func (v *victim) settle(t *testing.T, started time.Time) {
	t.Helper()
	ctx, cancel := context.WithDeadline(t.Context(), started.Add(patience))
	defer cancel()
	for s, moveID := range v.accepted {
		if err := v.follow(ctx, moveID); err != nil {
			t.Fatalf("move %s is not over %v after the start: %v", moveID, patience, err)
		}
		v.over[s] = moveID
	}
	clear(v.accepted)
}

// follow reads a move's progress up to its end, which it has succeeded in.
func (v *victim) follow(ctx context.Context, moveID string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.server.url+"/graphql",
		strings.NewReader(`{"query": "subscription { moveProgress(moveId: \"`+moveID+`\") { status } }"}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+v.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	events, err := io.ReadAll(res.Body)
	if err == nil && !strings.Contains(string(events), "SUCCEEDED") {
		err = fmt.Errorf("it ended otherwise: %s", events)
	}
	return err
}
