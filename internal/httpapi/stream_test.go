package httpapi_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"purser/internal/httpapi"
	"purser/internal/instant"
)

const asEvents = "Accept: text/event-stream"

func TestEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, c := range map[string]struct {
		query string
		want  []string
	}{
		"subscription": {"subscription{count(to:2)}", []string{`event: next` + "\n" + `data: {"data":{"count":1}}`, `event: next` + "\n" + `data: {"data":{"count":2}}`, "event: complete\ndata:\n\n"}},
		"query":        {"{hello}", []string{`data: {"data":{"hello":`, "event: complete"}},
		"mutation":     {"mutation{set}", []string{`data: {"data":{"set":1}}`, "event: complete"}},
		"invalid":      {"{nope}", []string{`data: {"errors":[`, "GRAPHQL_INVALID", "event: complete"}},
		"too much":     {strings.Repeat("{node", 16) + strings.Repeat("}", 16), []string{"COMPLEXITY_LIMIT_EXCEEDED", "event: complete"}},
		"refused":      {"subscription{refused}", []string{`data: {"errors":[`, "FORBIDDEN", "event: complete"}},
	} {
		got := b.post(t, c.query, asEvents)
		if got.status != 200 || got.header.Get("Content-Type") != "text/event-stream" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
		rest := got.body
		for _, want := range c.want {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("%s: no %q in order in\n%s", name, want, got.body)
			}
			rest = after
		}
		if strings.Contains(got.body, `"data":null`) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestEventsOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for accept, want := range map[string]string{
		"text/event-stream": "text/event-stream", "text/event-stream, */*;q=0.1": "text/event-stream", "text/event-stream, multipart/mixed": "text/event-stream",
		"application/json, text/event-stream": jsonUTF8, "text/event-stream, application/json": jsonUTF8, "text/event-stream, */*": "text/event-stream",
		"text/event-stream;q=0.4, application/json;q=0.5": jsonUTF8, "text/event-stream;q=0.1, */*": jsonUTF8, "text/*": "", "text/*, application/json;q=0.1": jsonUTF8,
		"text/event-stream, application/json;q=0.5, application/graphql-response+json;q=0.9": "text/event-stream", "text/event-stream;q=0": "", "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed": specUTF8,
	} {
		got := b.post(t, "{hello}", "Accept: "+accept)
		if typ := got.header.Get("Content-Type"); typ != want && (want != "" || got.status != 406) {
			t.Errorf("%s: %d %s, want %s", accept, got.status, typ, want)
		}
	}
	if got := b.call(t, "POST", "/graphql", `{"query":"subscription{forever}"}`, isJSON, asEvents); got.status != 401 {
		t.Errorf("stranger: %d %s", got.status, got.body)
	}
	if got := b.call(t, "GET", "/graphql?query=mutation{set}", "", asGood, asEvents); got.status != 405 {
		t.Errorf("mutation by GET: %d %s", got.status, got.body)
	}
	if got := b.call(t, "GET", "/graphql?query=subscription{count(to:1)}", "", asGood, asEvents); !strings.Contains(got.body, `{"data":{"count":1}}`) {
		t.Errorf("subscription by GET: %d %s", got.status, got.body)
	}
}

// openStream starts a subscription that goes on, and returns its lines.
func (b *bundle) openStream(t *testing.T, token string) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/graphql", strings.NewReader(`{"query":"subscription{forever}"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	until(t, lines, `{"data":{"forever":1}}`)
	return lines
}

// until reads lines up to the one that holds what is wanted.
func until(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return
		}
	}
	t.Fatalf("the stream ended before %q: %v", want, lines.Err())
}

func TestStreamOutlivesTheDeadlineAndKeepsAlive(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout, o.KeepAlive = 30*time.Millisecond, 20*time.Millisecond })
	lines := b.openStream(t, "good")
	for range 5 {
		until(t, lines, ":")
	}
	if b.schema.open.Load() != 1 {
		t.Error("the subscription has ended")
	}
}

func TestStreamEndsWithTheCredential(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.tokens.set("short", instant.From(time.Now().Add(200*time.Millisecond)))
	lines := b.openStream(t, "short")
	until(t, lines, "UNAUTHENTICATED")
	until(t, lines, "event: complete")
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
}

func TestStreamEndsWhenTheServerStops(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	lines := b.openStream(t, "good")
	b.Stop()
	for lines.Scan() {
		if strings.Contains(lines.Text(), "complete") {
			t.Error("completed: the client will not come back")
		}
	}
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
}

func TestStreamEndsWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	t.Run("client", func(t *testing.T) { b.openStream(t, "good") })
	within(t, "the subscription ends", func() bool { return b.schema.open.Load() == 0 })
}

func TestStreamedQueryHasADeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) { o.Timeout = 30 * time.Millisecond })
	if got := b.post(t, "{slow}", asEvents); !strings.Contains(got.body, "UNAVAILABLE") {
		t.Error(got.body)
	}
}
