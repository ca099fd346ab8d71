package apitest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"purser/ent/move"
	"purser/internal/viewer"
)

var update = flag.Bool("update", false, "write what the API answers into the golden cases")

// Golden runs the case in a file: steps one after the other on one server. A step is a section
// `query`, with `as` (the sign-in name; nobody without it) and `variables` before it when they change, and
// `answer` after it: the status where it is not 200, and the JSON. A section `settle` works off what
// is queued. In variables and answers things are called by names, see Names.
func Golden(t *testing.T, s *Server, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := &goldenCase{server: s, names: s.Names(t)}
	for i := range archive.Files {
		c.step(t, archive, i)
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Changes tells whether the case in a file changes anything, so that it needs a server of its own.
func Changes(t *testing.T, file string) bool {
	t.Helper()
	b, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(b, []byte("mutation"))
}

type goldenCase struct {
	server    *Server
	names     *Names
	as        string
	variables map[string]any
	got       string
}

func (c *goldenCase) step(t *testing.T, archive *txtar.Archive, i int) {
	t.Helper()
	f := &archive.Files[i]
	text := strings.TrimSpace(string(f.Data))
	switch f.Name {
	case "as":
		c.as = text
	case "variables":
		c.variables = nil
		if err := json.Unmarshal([]byte(c.names.IDs(text)), &c.variables); err != nil {
			t.Fatalf("variables: %v", err)
		}
	case "query":
		a := c.server.Post(t, c.as, c.names.IDs(text), c.variables)
		c.got = c.names.Named(pretty(t, a))
	case "settle":
		c.server.Settle(t)
	case "answer":
		if *update {
			f.Data = []byte(c.got)
		} else if diff := cmp.Diff(string(f.Data), c.got); diff != "" {
			t.Errorf("section %d: answer (-want +got):\n%s", i+1, diff)
		}
	default:
		t.Fatalf("section %d: unknown %q", i+1, f.Name)
	}
}

// pretty returns an answer's status, where it is not 200, and its JSON indented, request ids and costs left
// out and errors in the order of their paths: root fields are resolved side by side.
func pretty(t *testing.T, a Answer) string {
	t.Helper()
	var b bytes.Buffer
	if a.Status != 200 {
		fmt.Fprintln(&b, a.Status)
	}
	var answer struct {
		Errors     []json.RawMessage `json:"errors,omitempty"`
		Data       json.RawMessage   `json:"data,omitempty"`
		Extensions map[string]any    `json:"extensions,omitempty"`
	}
	if err := json.Unmarshal(bytes.ReplaceAll(a.Body, []byte(`,"requestId":"request"`), nil), &answer); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	delete(answer.Extensions, "cost")
	slices.SortStableFunc(answer.Errors, func(a, b json.RawMessage) int { return strings.Compare(pathOf(a), pathOf(b)) })
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(answer); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

func pathOf(e json.RawMessage) string {
	var at struct{ Path json.RawMessage }
	_ = json.Unmarshal(e, &at) // one without a path comes first
	return string(at.Path)
}

// Settle runs the workers until no move is under way.
func (s *Server) Settle(t *testing.T) {
	t.Helper()
	tenants := s.DB.Client().Tenant.Query().IDsX(t.Context())
	for _, tenant := range tenants {
		ctx := viewer.NewContext(t.Context(), viewer.System(tenant))
		for _, id := range s.DB.Client().Move.Query().Where(move.StatusIn("QUEUED", "RUNNING")).IDsX(ctx) {
			events, err := s.TakeOver.Follow(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			s.workOnce.Do(func() { s.Work(t) })
			for range events { // until it is over
			}
		}
	}
}
