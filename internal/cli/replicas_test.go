package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"purser/graph/model"
	"purser/internal/store/storetest"
)

// progress is one event of a move.
type progress struct {
	Status                            model.MoveStatus
	Total, Moved, Remaining, Sequence int
	Percent                           float64
}

// TestReplicas has two servers on one PostgreSQL. A move that one of them accepts is followed over the other, to
// its end, also when the first one dies in the middle. It works on the move, since the other one is stopped until it has
// begun to: what nobody works on yet, either may claim.
func TestReplicas(t *testing.T) {
	for name, deadly := range map[string]bool{"both live": false, "the worker dies": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := storetest.PostgresURL(t)
			importBig(t, database)
			token := run(t, nil, "token", "create", "--database", database, "--tenant", big.Domain, "--user", "admin@"+big.Domain).ok(t)
			one, other := start(t, nil, "--database", database, "--migrate"), start(t, nil, "--database", database, "--migrate")
			other.signal(t, syscall.SIGSTOP)
			move := startMove(t, one.url, token)
			begun := move.subscribe(t, one.url)
			for p, ok := begun(); ok && p.Status == model.MoveStatusQueued; {
				p, ok = begun()
			}
			other.signal(t, syscall.SIGCONT)
			next := move.subscribe(t, other.url)
			var last progress
			events := 0
			for p, ok := next(); ok; p, ok = next() {
				if p.Sequence <= last.Sequence || p.Total != big.Users {
					t.Errorf("%+v came after %+v", p, last)
				}
				last, events = p, events+1
				if deadly && p.Percent > 10 && one.cmd.ProcessState == nil {
					one.kill(t)
					t.Logf("killed at %.0f %%", p.Percent)
				}
			}
			if last.Status != model.MoveStatusSucceeded || last.Percent != 100 || last.Remaining != 0 {
				t.Errorf("the last of %d events: %+v", events, last)
			}
			t.Logf("%d events", events)
			if claims := checkMoved(t, database, move); deadly && claims < 2 {
				t.Errorf("the move was claimed %d times: it was not its worker that died", claims)
			}
			if !deadly {
				one.terminate(t)
			}
			other.terminate(t)
		})
	}
}

// subscribe follows the move over server-sent events. The function returned waits for the next event; it is not
// ok after the last one.
func (m moving) subscribe(t *testing.T, base string) (next func() (p progress, ok bool)) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query":     `subscription ($id: ID!) { moveProgress(moveId: $id) { status total moved remaining percent sequence } }`,
		"variables": map[string]any{"id": m.id},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a test that fails does not hang
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+m.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() }) // it was read as far as it was wanted
	lines := bufio.NewScanner(res.Body)
	return func() (p progress, ok bool) {
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok || data == "" {
				if lines.Text() == "event: complete" {
					return p, false
				}
				continue
			}
			var e struct {
				Data struct{ MoveProgress *progress }
			}
			if err := json.Unmarshal([]byte(data), &e); err != nil || e.Data.MoveProgress == nil {
				t.Fatalf("event %s: %v", data, err)
			}
			return *e.Data.MoveProgress, true
		}
		t.Fatalf("the stream broke off: %v", lines.Err())
		return p, false
	}
}
