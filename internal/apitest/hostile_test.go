package apitest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"purser/internal/apitest"
	"purser/internal/store/storetest"
)

var (
	hostileCount = flag.Int("hostile", 10_000, "how many hostile requests TestHostile sends, to all databases together")
	hostileFrom  = flag.Int("hostile-from", 0, "the number of the first one")
	hostileSeed  = flag.Uint64("hostile-seed", 0, "what TestHostile draws from; 0 is something new each time")
)

// fast is how long the processor may be busy with one hostile request. The race detector makes all ten times as slow.
const fast = 200 * time.Millisecond * slowness

// hostileSenders send at the same time.
const hostileSenders = 4

// TestHostile sends spoiled documents in spoiled requests, by POST, by GET and over WebSocket: none may be our fault,
// none may take long, and each error says what errors say.
func TestHostile(t *testing.T) {
	kinds := storetest.Kinds(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			h := newHostility(t, kind)
			slow := h.send(t, max(1, *hostileCount/len(kinds)))
			for _, i := range slow { // most have waited for others
				if d := h.alone(t, i); d > fast {
					t.Errorf("it takes %v to answer %s", d, h.named(i))
				}
			}
			a := h.call(t, http.MethodGet, "/metrics", nil, nil)
			if !strings.Contains(string(a.Body), "\npurser_panics_total 0\n") {
				t.Error("there were panics")
			}
		})
	}
}

// hostility is one run.
type hostility struct {
	*apitest.Server
	kind   string
	seed   uint64
	author author
	tokens []string // the first is an admin's, the last are nobody's
	codes  map[string]bool
	counts sync.Map // of answers, by the code of the first error
}

func newHostility(t *testing.T, kind string) *hostility {
	t.Helper()
	s := apitest.Start(t, kind)
	things := oneOfEach(t, s, "contoso.example", "casey@contoso.example")
	h := &hostility{Server: s, kind: kind, seed: cmp.Or(*hostileSeed, rand.Uint64()), codes: map[string]bool{}}
	h.author = author{schema: loadSchema(t), ids: []string{"", "nonsense", "pur_0000000000000000000000000z", s.Tenant(t, "tulip.example")}}
	for _, id := range things {
		h.author.ids = append(h.author.ids, id)
	}
	h.author.ids = append(h.author.ids, s.DB.Client().Purchase.Query().IDsX(s.In(t, "contoso.example"))...)
	slices.Sort(h.author.ids)
	h.author.cursors = cursorsOf(t, s)
	for _, upn := range []string{"admin@contoso.example", "avery@contoso.example", "admin@fabrikam.example"} {
		h.tokens = append(h.tokens, s.Token(t, upn))
	}
	h.tokens = append(h.tokens, "", "psr_"+strings.Repeat("0", 36), "nonsense")
	for _, v := range h.author.schema.Types["ErrorCode"].EnumValues {
		h.codes[v.Name] = v.Name != "INTERNAL" && v.Name != "UNAVAILABLE" && v.Name != "RATE_LIMITED"
	}
	t.Logf("repeat with -hostile-seed %d", h.seed)
	return h
}

// cursorsOf returns cursors of some lists, and what is none.
func cursorsOf(t *testing.T, s *apitest.Server) []string {
	t.Helper()
	a := s.Post(t, "admin@contoso.example", `{ purchases(first: 3) { ...l } users(first: 3) { ...u } products(first: 3) { ...p } auditEvents(first: 3) { ...e } }
		fragment l on PurchaseConnection { edges { cursor node { licenses(first: 1) { edges { cursor } } } } } fragment u on UserConnection { edges { cursor } }
		fragment p on ProductConnection { edges { cursor } } fragment e on AuditEventConnection { edges { cursor } }`, nil)
	cursors := []string{"", "nonsense"}
	for _, m := range regexp.MustCompile(`"cursor":"([^"]+)"`).FindAllSubmatch(a.Body, -1) {
		cursors = append(cursors, string(m[1]))
	}
	if len(cursors) < 10 {
		t.Fatalf("%s", a.Body)
	}
	return cursors
}

func (h *hostility) named(i int) string {
	return fmt.Sprintf("request %d on %s (-run TestHostile -hostile-seed %d -hostile-from %d -hostile 1)", i, h.kind, h.seed, i)
}

// send sends many, and returns the numbers of those that were not fast.
func (h *hostility) send(t *testing.T, count int) (slow []int) {
	t.Helper()
	var mu sync.Mutex
	var slowest time.Duration
	var senders sync.WaitGroup
	next := make(chan int)
	for range hostileSenders {
		senders.Go(func() {
			socket := &hostileSocket{}
			defer socket.close()
			for i := range next {
				took := h.one(t, socket, i)
				mu.Lock()
				if slowest = max(slowest, took); took > fast {
					slow = append(slow, i)
				}
				mu.Unlock()
			}
		})
	}
	for i := range count {
		if t.Failed() {
			break
		}
		next <- *hostileFrom + i
	}
	close(next)
	senders.Wait()
	var counts []string
	h.counts.Range(func(what, n any) bool {
		counts = append(counts, fmt.Sprint(what, " ", n.(*atomic.Int64).Load())) //nolint:errcheck,forcetypeassert // count puts nothing else there
		return true
	})
	slices.Sort(counts)
	t.Logf("answered with %s; the slowest took %v, %d longer than %v", strings.Join(counts, ", "), slowest, len(slow), fast)
	return slow
}

// alone sends a request by itself, a few times, and returns how long the processor was busy with it at least.
func (h *hostility) alone(t *testing.T, i int) time.Duration {
	t.Helper()
	best := time.Hour
	for range 5 {
		before := busy(t)
		socket := &hostileSocket{}
		h.one(t, socket, i)
		socket.close()
		best = min(best, busy(t)-before)
	}
	return best
}

// busy returns how long the processor has worked for this process.
func busy(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// one sends one hostile request and checks what comes back.
func (h *hostility) one(t *testing.T, socket *hostileSocket, i int) time.Duration {
	t.Helper()
	a := h.author
	a.Rand = rand.New(rand.NewPCG(h.seed, uint64(i)))
	text, token := spoiled(&a), h.tokens[0]
	if a.oneIn(4) {
		token = a.pick(h.tokens...)
	}
	start := time.Now()
	var problem string
	switch {
	case a.oneIn(10) && token == h.tokens[0]:
		problem = h.checkMessages(socket.ask(t, h, envelope(&a, text)))
	default:
		problem = h.checkAnswer(h.request(t, &a, text, token))
	}
	took := time.Since(start)
	if problem != "" {
		t.Errorf("%s: %.2000s\nto %.2000q", h.named(i), problem, text)
	}
	return took
}

// request sends the document by POST or by GET.
func (h *hostility) request(t *testing.T, a *author, text, token string) apitest.Answer {
	t.Helper()
	header := http.Header{"Accept": {a.pick("application/json", "application/graphql-response+json", "*/*", "text/event-stream", "", "text/html, */*;q=0.1")}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if a.oneIn(5) {
		return h.call(t, http.MethodGet, "/graphql?"+address(a, text), nil, header)
	}
	header.Set("Content-Type", "application/json"+a.pick("", "", "; charset=utf-8", "; charset=latin1"))
	return h.call(t, http.MethodPost, "/graphql", envelope(a, text), header)
}

// call sends a request, and reads all of the answer; of a subscription's no more than the first event.
func (h *hostility) call(t *testing.T, method, path string, body []byte, header http.Header) (a apitest.Answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return a
	}
	r.Header = header
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Errorf("%s of %d bytes: %v", method, len(body), err)
		return a
	}
	defer func() { _ = res.Body.Close() }() // it was read
	a = apitest.Answer{Status: res.StatusCode, Header: res.Header}
	var got bytes.Buffer
	for buf := make([]byte, 32<<10); err == nil; {
		var n int
		n, err = res.Body.Read(buf)
		got.Write(buf[:n])
		if strings.Contains(res.Header.Get("Content-Type"), "event-stream") && bytes.Contains(got.Bytes(), []byte("data: {")) && bytes.HasSuffix(got.Bytes(), []byte("\n\n")) {
			break
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("the answer breaks off: %v", err)
	}
	a.Body = got.Bytes()
	return a
}

// checkAnswer returns what is wrong with an answer.
func (h *hostility) checkAnswer(a apitest.Answer) string {
	body := a.Body
	if strings.Contains(a.Header.Get("Content-Type"), "event-stream") {
		_, data, _ := bytes.Cut(body, []byte("data: "))
		body, _, _ = bytes.Cut(data, []byte("\n"))
	}
	if a.Status >= 500 || a.Status != 200 && len(body) > 20_000 {
		return fmt.Sprintf("status %d with %d bytes: %s", a.Status, len(body), body)
	}
	return h.checkBody(body)
}

// checkBody returns what is wrong with an answer's JSON: every error has a code that is the client's fault, and the
// request's id.
func (h *hostility) checkBody(body []byte) string {
	var answer struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code, RequestID string }
		}
		Data json.RawMessage
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Sprintf("%v: %s", err, body)
	}
	if answer.Errors == nil && answer.Data == nil {
		return "neither data nor errors: " + string(body)
	}
	for _, e := range answer.Errors {
		if !h.codes[e.Extensions.Code] || e.Extensions.RequestID != "request" || e.Message == "" || len(e.Message) > 2000 {
			return "an error: " + string(body)
		}
	}
	what := "data"
	if len(answer.Errors) > 0 {
		what = answer.Errors[0].Extensions.Code
	}
	h.count(what)
	return ""
}

func (h *hostility) count(what string) {
	n, _ := h.counts.LoadOrStore(what, new(atomic.Int64))
	n.(*atomic.Int64).Add(1) //nolint:errcheck,forcetypeassert // as stored
}

// hostileSocket is a socket of the admin's; it is opened when it is needed.
type hostileSocket struct {
	conn *websocket.Conn
	n    int
}

func (k *hostileSocket) close() {
	if k.conn != nil {
		_ = k.conn.CloseNow()
		k.conn = nil
	}
}

// ask sends a payload and returns the payload of the first message about it, or why the socket was closed.
func (k *hostileSocket) ask(t *testing.T, h *hostility, payload []byte) (typ string, got []byte, err error) {
	t.Helper()
	ctx := t.Context()
	if k.conn == nil {
		k.conn, _, err = websocket.Dial(ctx, h.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
		if err != nil {
			return "", nil, err
		}
		k.conn.SetReadLimit(8 << 20)
		if err := k.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init","payload":{"Authorization":"Bearer `+h.tokens[0]+`"}}`)); err != nil {
			return "", nil, err
		}
	}
	k.n++
	id := fmt.Sprint(k.n)
	// where it does not get through, reading tells why
	_ = k.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"subscribe","id":%q,"payload":%s}`, id, payload))
	for {
		_, b, err := k.conn.Read(ctx)
		if err != nil {
			k.close()
			return "", nil, err
		}
		var m struct {
			Type, ID string
			Payload  json.RawMessage
		}
		if err := json.Unmarshal(b, &m); err != nil {
			return "", nil, err
		}
		if m.ID != id {
			continue
		}
		if m.Type == "next" {
			_ = k.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"complete","id":%q}`, id))
		}
		return m.Type, m.Payload, nil
	}
}

// checkMessages returns what is wrong with the answer on a socket, which may be closed for a message that is none.
func (h *hostility) checkMessages(typ string, payload []byte, err error) string {
	switch code := websocket.CloseStatus(err); {
	case code == 4400 || code == websocket.StatusMessageTooBig:
		h.count("closed")
		return ""
	case err != nil:
		return fmt.Sprintf("on a socket: %v", err)
	case typ == "error":
		payload = fmt.Appendf(nil, `{"errors":%s}`, payload)
	case typ != "next":
		return "on a socket: " + typ
	}
	return h.checkBody(payload)
}
