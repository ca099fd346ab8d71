package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/graph"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/httpapi"
	"purser/internal/instant"
	"purser/internal/viewer"
)

const sdl = `
type Query { hello(name: String): String about: About reach: String find(id: ID): Int boom: String panic: String caught: String slow: String n(i: Int, tree: Tree, list: [[Int]], any: Any): Int node: Node }
type About { caller: String requestId: String baseURL: String }
type Node { id: ID! node: Node nodes: [Node!] }
input Tree { left: Tree list: [Int!] }
scalar Any
directive @mark repeatable on QUERY | VARIABLE_DEFINITION | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT
enum Color { GREEN RED }
type Mutation { set(value: Int): Int about: About reach: String }
type Subscription { panics: Int count(to: Int!): Int forever: Int refused: Int }
`

// schema is an executable schema written by hand, so that the edge is tested apart from the API.
type schema struct {
	parsed *ast.Schema
	open   *atomic.Int64 // what goes on
}

func newSchema() schema {
	parsed := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
	delete(parsed.Directives, "defer") // as the API's does not have it either
	return schema{parsed: parsed, open: new(atomic.Int64)}
}

func (s schema) Schema() *ast.Schema { return s.parsed }

func (schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s schema) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Query", "Mutation", "Subscription"})
	if oc.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, oc, fields[0])
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		var out []string
		for _, f := range fields {
			out = append(out, fmt.Sprintf("%q:%s", f.Alias, s.value(ctx, oc, f)))
		}
		return &graphql.Response{Data: []byte("{" + strings.Join(out, ",") + "}")}
	}
}

func (s schema) value(ctx context.Context, oc *graphql.OperationContext, f graphql.CollectedField) string {
	switch f.Name {
	case "__typename":
		return `"` + strings.ToUpper(string(oc.Operation.Operation[:1])) + string(oc.Operation.Operation[1:]) + `"`
	case "hello":
		return quoted(fmt.Sprint("Hello ", f.ArgumentMap(oc.Variables)["name"]))
	case "about":
		b, _ := json.Marshal(map[string]string{"caller": viewer.CallerFrom(ctx).Name, "requestId": audit.RequestID(ctx), "baseURL": baseURL(ctx)})
		return string(b)
	case "reach":
		return quoted(viewer.CallerFrom(ctx).Reach[0].Tenant)
	case "boom":
		graphql.AddError(ctx, fault.New(fault.Conflict, "Boom."))
		return "null"
	case "panic":
		panic("a bug")
	case "caught": // as gqlgen does around each resolver
		graphql.AddError(ctx, oc.Recover(ctx, "a bug"))
		return "null"
	case "slow":
		s.open.Add(1)
		defer s.open.Add(-1)
		<-ctx.Done()
		graphql.AddError(ctx, fault.New(fault.Unavailable, "Too slow."))
		return "null"
	case "set":
		return "1"
	case "find":
		return fmt.Sprint(len(f.ArgumentMap(oc.Variables)))
	case "n":
		if i := f.ArgumentMap(oc.Variables)["i"]; i != nil {
			return fmt.Sprint(i)
		}
		return "1"
	}
	return "null"
}

func (s schema) subscribe(ctx context.Context, oc *graphql.OperationContext, f graphql.CollectedField) graphql.ResponseHandler {
	n, to := 0, int64(1<<40)
	switch f.Name {
	case "refused":
		graphql.AddError(ctx, fault.New(fault.Forbidden, "Not for you."))
		return nil
	case "count":
		to, _ = f.ArgumentMap(oc.Variables)["to"].(int64)
	case "forever":
		viewer.Need(ctx, "ten_home", viewer.GlobalAdmin)
		s.open.Add(1)
		context.AfterFunc(ctx, func() { s.open.Add(-1) })
	}
	return func(ctx context.Context) *graphql.Response {
		if f.Name == "panics" {
			panic("a bug")
		}
		if f.Name == "forever" && n == 1 {
			<-ctx.Done()
			return nil
		}
		if int64(n) >= to {
			return nil
		}
		n++
		return &graphql.Response{Data: fmt.Appendf(nil, "{%q:\n%d}", f.Alias, n)}
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

type baseKey struct{}

func baseURL(ctx context.Context) string {
	s, _ := ctx.Value(baseKey{}).(string)
	return s
}

// tokens are the credentials that the server under test knows.
type tokens struct {
	mu       sync.Mutex
	known    map[string]instant.Milli
	reach    map[string][]viewer.Access // where it is not that of atHome
	asked    int
	watchers []func(string) // nil: gone
}

var atHome = []viewer.Access{{Tenant: "ten_home", Roles: viewer.SetOf(viewer.GlobalAdmin)}}

// Watch implements httpapi.Changes.
func (k *tokens) Watch(changed func(string)) (stop func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := len(k.watchers)
	k.watchers = append(k.watchers, changed)
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.watchers[i] = nil
	}
}

// tell says that credentials may have come to mean something else in a tenant.
func (k *tokens) tell(tenant string) {
	for _, w := range k.watching() {
		w(tenant)
	}
}

func (k *tokens) watching() []func(string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(k.watchers), func(w func(string)) bool { return w == nil })
}

func (k *tokens) questions() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

func (k *tokens) reaches(token string, reach ...viewer.Access) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reach[token] = reach
}

func (k *tokens) authenticate(ctx context.Context, token string) (*viewer.Caller, error) {
	if token == "slow" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if token == "broken" {
		return nil, io.ErrUnexpectedEOF
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	end, ok := k.known[token]
	if !ok {
		return nil, fault.New(fault.Unauthenticated, "The credential is not valid.")
	}
	c := &viewer.Caller{Name: token, Home: "ten_home", Credential: viewer.Credential{ID: "tok_" + token, ExpiresAt: end}, Reach: atHome}
	if reach, ok := k.reach[token]; ok {
		c.Reach = reach
	}
	return c, nil
}

func (k *tokens) set(token string, end instant.Milli) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known[token] = end
}

func (k *tokens) revoke(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, token)
}

type exports struct{}

func (exports) Open(_ context.Context, id, secret string) (string, func(context.Context, io.Writer) error, error) {
	if secret != "s3cret" {
		return "", nil, fault.New(fault.NotFound, "There is no such file.")
	}
	return "licensed “users”.csv", func(_ context.Context, w io.Writer) error {
		if id == "exp_early" {
			return fault.New(fault.Unavailable, "The database is busy; try again.")
		}
		if _, err := io.WriteString(w, "product,user\r\n"); err != nil {
			return err
		}
		if id == "exp_late" {
			return io.ErrUnexpectedEOF
		}
		return nil
	}, nil
}

// logs is a log that tests can read.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// bundle is a server under test.
type bundle struct {
	*httpapi.Server
	url    string
	tokens *tokens
	schema schema
	logs   *logs
}

func options(log *slog.Logger, s schema, k *tokens) httpapi.Options {
	var n atomic.Int64
	return httpapi.Options{
		Schema: s, Errors: graph.Errors{Log: log}, Authenticate: k.authenticate, Changes: k, Exports: exports{}, SDL: []byte(sdl), Log: log,
		Ready:        func(context.Context) error { return nil },
		Now:          time.Now,
		NewRequestID: func() string { return fmt.Sprint("made-", n.Add(1)) },
		WithBaseURL:  func(ctx context.Context, url string) context.Context { return context.WithValue(ctx, baseKey{}, url) },
	}
}

// setup starts a server that knows the token "good".
func setup(t *testing.T, change func(*httpapi.Options)) *bundle {
	t.Helper()
	b := &bundle{tokens: &tokens{known: map[string]instant.Milli{"good": 0}, reach: map[string][]viewer.Access{}}, schema: newSchema(), logs: &logs{}}
	o := options(slog.New(slog.NewTextHandler(b.logs, nil)), b.schema, b.tokens)
	if change != nil {
		change(&o)
	}
	s, err := httpapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	srv := httptest.NewServer(s)
	b.url = srv.URL
	t.Cleanup(func() {
		s.Stop()
		srv.Close()
	})
	return b
}

type answer struct {
	status int
	header http.Header
	body   string
}

// call sends a request. Headers are "Name: value"; one of the same name replaces a default.
func (b *bundle) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Add(name, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(got)}
}

const (
	asGood = "Authorization: Bearer good"
	isJSON = "Content-Type: application/json"
	asJSON = "Accept: application/json"
	asSpec = "Accept: application/graphql-response+json"
)

// post sends a document as the caller that is known.
func (b *bundle) post(t *testing.T, query string, headers ...string) answer {
	t.Helper()
	return b.call(t, http.MethodPost, "/graphql", `{"query":`+quoted(query)+`}`, append(headers, isJSON, asGood)...)
}

// within waits for what happens at the server's own pace.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(time.Minute)
	defer end.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
