package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/emersion/go-sasl"

	"purser/ent"
	"purser/internal/openid/openidtest"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store/storetest"
)

// TestSecretsStayWhereTheyBelong runs servers with secrets that can be recognized, has them do and refuse all that has
// to do with one, and looks for them: in the log at its most talkative, in answers, mails and metrics, and in the database.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, kind)
			p, address, link := startEmpty(t, k.env)
			k.url = p.url
			k.secrets["the bootstrap link's secret"] = link
			k.bootstrap(t, address, link)
			k.ask(t, k.issuer.Sign(t, k.claims(nil)), "{ viewer { user { id } } }") // the provider is down
			k.addPurchase(t)
			k.download(t)
			k.mutate(t)
			failedOnce(t, k.database)
			p.terminate(t)
			first := p.log.String()

			k.issuer.Down(false)
			inDatabase(t, k.database, func(ctx context.Context, c *ent.Client) {
				c.Notification.Update().SetDueAt(0).ExecX(ctx)
			})
			p = start(t, k.env)
			k.url = p.url
			sentOrTimeout(t, p.url, k.token)
			k.signIn(t)
			k.connect(t)
			k.read(t)
			p.terminate(t)
			k.search(t, first+p.log.String())
		})
	}
}

// keeper has the secrets, and what was said to everybody.
type keeper struct {
	secrets  map[string]string // by what they are
	kind     string
	database string
	env      []string
	smtp     *outboxtest.Server
	issuer   *openidtest.Issuer
	url      string
	token    string // of the admin
	said     bytes.Buffer
}

func newKeeper(t *testing.T, kind string) *keeper {
	t.Helper()
	k := &keeper{kind: kind, issuer: openidtest.Start(t), database: storetest.URL(t, kind), secrets: map[string]string{
		"the mail server's password": canary + "-smtp", "an idempotency key": canary + "-key", "a variable": canary + "-variable", "a bad credential": canary + "-credential",
		"a claim of a token": canary + "-claim", "what a provider says that is down": openidtest.Excuse,
	}}
	k.issuer.Down(true)
	if kind == "postgres" {
		u, err := url.Parse(k.database)
		if err != nil {
			t.Fatal(err)
		}
		password, has := u.User.Password()
		if !has {
			password = canary + "-database" // it lets everybody in, with any
			u.User = url.UserPassword(u.User.Username(), password)
		}
		k.database, k.secrets["the database's password"] = u.String(), password
	}
	var tries atomic.Int64
	k.smtp = outboxtest.Serve(t, outboxtest.Options{Mechanisms: map[string]func() sasl.Server{"PLAIN": func() sasl.Server {
		return sasl.NewPlainServer(func(_, user, password string) error {
			if tries.Add(1) == 1 {
				return outboxtest.Reply(535, "Not with "+password+", "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)))
			}
			return nil
		})
	}}})
	k.env = []string{
		"PURSER_DATABASE=" + k.database, "PURSER_LOG_LEVEL=debug", "PURSER_RATE_LIMIT=0", "PURSER_MAIL_FROM=purser@wingtip.example",
		"PURSER_SMTP_URL=smtp://purser:" + k.secrets["the mail server's password"] + "@" + k.smtp.Addr,
		"PURSER_OIDC_ISSUER=" + k.issuer.URL, "PURSER_OIDC_AUDIENCE=" + openidtest.Audience,
	}
	return k
}

func (k *keeper) claims(changes openidtest.Claims) openidtest.Claims {
	c := openidtest.Claims{"nonce": k.secrets["a claim of a token"], "email": k.secrets["a claim of a token"] + "@wingtip.example"}
	maps.Copy(c, changes)
	return k.issuer.Claims(time.Now(), "wingtip.example", "ann@wingtip.example", c)
}

// call sends a request and returns what came back, which is not noted: it may show a secret to who shall see it.
func (k *keeper) call(t *testing.T, method, address, body string, headers ...string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(res.Status, res.Header, "\n") + string(b)
}

// ask sends an operation, and notes the answer.
func (k *keeper) ask(t *testing.T, token, query string) {
	t.Helper()
	k.said.WriteString(k.post(t, token, query))
}

func (k *keeper) post(t *testing.T, token, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"v": k.secrets["a variable"]}})
	if err != nil {
		t.Fatal(err)
	}
	return k.call(t, http.MethodPost, k.url+"/graphql", string(body), "Authorization: Bearer "+token)
}

// shown asks for something that shows a secret, and notes that.
func (k *keeper) shown(t *testing.T, what, pattern, query string) string {
	t.Helper()
	answer := k.post(t, k.token, query)
	m := regexp.MustCompile(pattern).FindStringSubmatch(answer)
	if m == nil {
		t.Fatalf("%s: %s", what, answer)
	}
	k.secrets[what] = m[1]
	return m[1]
}

func (k *keeper) bootstrap(t *testing.T, address, link string) {
	t.Helper()
	body := func(secret, country string) string {
		return `{"secret":"` + secret + `","organization":{"name":"Wingtip","domain":"wingtip.example","country":"` + country + `"},"admin":{"userPrincipalName":"ann@wingtip.example","displayName":"Ann"}}`
	}
	for _, bad := range []string{body(link, "Holland"), body(link, "NL")[1:], body(link+"x", "NL"), body(k.secrets["a bad credential"], "NL"), `"` + link + `"`} {
		k.said.WriteString(k.call(t, http.MethodPost, address, bad))
	}
	answer := k.call(t, http.MethodPost, address, body(link, "NL"))
	m := regexp.MustCompile(`"token":"(psr_\w+)"`).FindStringSubmatch(answer)
	if m == nil {
		t.Fatal(answer)
	}
	k.token, k.secrets["the admin's token"] = m[1], m[1]
	k.said.WriteString(k.call(t, http.MethodPost, address, body(link, "NL")))
}

// addPurchase adds a user with a purchase.
func (k *keeper) addPurchase(t *testing.T) {
	t.Helper()
	file := write(t, tenantLine, `{"type":"user","userPrincipalName":"bob@wingtip.example","displayName":"Bob","mail":"bob@wingtip.example"}`,
		`{"type":"purchase","ref":"1","productId":"CFQ7TTC0H9MP","purchaser":"bob@wingtip.example","quantity":1,"purchasedAt":"2026-01-05T09:00:00Z","expiresAt":"2100-01-05T09:00:00Z"}`,
		`{"type":"license","purchase":"1","user":"bob@wingtip.example"}`)
	run(t, nil, "import", "tenant", file, "--database", k.database).ok(t)
}

// mutate makes tokens, with keys, and a mail.
func (k *keeper) mutate(t *testing.T) {
	t.Helper()
	key := k.secrets["an idempotency key"]
	create := func(name, key string) string {
		return fmt.Sprintf(`mutation { createApiToken(input: {name: %q, roles: [GLOBAL_READER], expiresAt: %q}) @idempotent(key: %q) { secret token { id } userErrors { message } } }`,
			name, time.Now().Add(time.Hour).UTC().Format(time.RFC3339), key)
	}
	once := create("reader", key)
	reader := k.shown(t, "a token that was made", `"secret":"(psr_\w+)"`, once)
	if again := k.shown(t, "the same", `"secret":"(psr_\w+)"`, once); again != reader {
		t.Errorf("with the same key there is another token")
	}
	for _, refused := range []string{
		create("another", key), create("long", strings.Repeat(key, 30)), create("odd", key+"\t"), `{ viewer @idempotent(key: "` + key + `") { user { id } } }`,
		`mutation { a: createApiToken @idempotent(key: "` + key + `") { secret } a: createApiToken { secret } }`,
	} {
		k.ask(t, k.token, refused)
	}
	k.ask(t, k.token, fmt.Sprintf(`query ($v: String!) { users(filter: {search: $v}) { totalCount } b: users(filter: {search: %q}) { totalCount } }`, k.secrets["a variable"]))
	k.ask(t, k.token, `query ($v: Int) { users(first: $v) { totalCount } }`)
	id := regexp.MustCompile(`pur_\w+`).FindString(k.post(t, k.token, "{ purchases { nodes { id } } }"))
	k.ask(t, k.token, `mutation { cancelSubscription(input: {purchaseId: "`+id+`", reason: POLICY}) { userErrors { message } } }`)
	for _, bad := range []string{k.secrets["a bad credential"], "psr_" + k.secrets["a bad credential"], reader + "x", k.secrets["a bad credential"] + ".e30." + reader} {
		k.ask(t, bad, "{ viewer { user { id } } }")
	}
	k.said.WriteString(k.call(t, http.MethodPost, k.url+"/graphql", `{"query":"{viewer`+reader, "Authorization: Basic "+reader))
	k.said.WriteString(k.call(t, http.MethodGet, k.url+"/graphql?query={viewer{credential{name}}}&access_token="+reader, "", "Authorization: Bearer "+reader))
}

// download exports licenses, and follows the link well and badly.
func (k *keeper) download(t *testing.T) {
	t.Helper()
	purchase := regexp.MustCompile(`pur_\w+`).FindString(k.post(t, k.token, "{ purchases { nodes { id } } }"))
	link := k.shown(t, "an export's link", `"url":"([^"]+)"`, `mutation { exportLicensedUsers(input: {purchaseIds: ["`+purchase+`"]}) @idempotent(key: "`+k.secrets["an idempotency key"]+`2") { export { url } userErrors { message } } }`)
	base, secret, ok := strings.Cut(link, "?key=")
	if !ok {
		t.Fatalf("the link is %s", link)
	}
	k.secrets["an export's link"] = secret
	for _, address := range []string{link, base, base + "?key=" + k.secrets["a bad credential"], base + "?key=" + secret + "x", base + "?" + secret, link + "&key=%zz"} {
		k.said.WriteString(k.call(t, http.MethodGet, address, "", "Referer: "+link))
	}
}

// signIn shows tokens of the provider, most of which are refused.
func (k *keeper) signIn(t *testing.T) {
	t.Helper()
	claim := k.secrets["a claim of a token"]
	good := k.issuer.Sign(t, k.claims(nil))
	for what, changes := range map[string]openidtest.Claims{
		"good": nil, "nobody's": {"preferred_username": claim}, "of another tenant": {"tid": claim}, "for somebody else": {"aud": claim}, "of another client": {"azp": claim},
		"by another": {"iss": claim}, "of no time": {"exp": claim}, "of odd roles": {"roles": claim}, "of a long subject": {"sub": strings.Repeat(claim, 100)}, "of other roles": {"roles": []string{claim}},
	} {
		token := k.issuer.Sign(t, k.claims(changes))
		k.secrets["a token of the provider: "+what] = token
		k.ask(t, token, "{ viewer { user { displayName } } }")
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, bad := range []string{
		good[:len(good)-8], encode([]byte(`{"alg":"`+claim+`"}`)) + ".e30.e30", encode([]byte(`{"alg":"RS256","typ":"`+claim+`"}`)) + ".e30.e30",
		encode([]byte(`{"alg":"RS256","kid":"`+claim+`"}`)) + ".e30.e30", encode([]byte(claim)) + "." + encode([]byte(claim)) + ".e30",
	} {
		k.ask(t, bad, "{ viewer { user { id } } }")
	}
}

// connect opens sockets, one with a credential that is good.
func (k *keeper) connect(t *testing.T) {
	t.Helper()
	for _, shown := range []string{"Bearer " + k.token, "Bearer " + k.secrets["a token that was made"] + "x", "Bearer " + k.secrets["a bad credential"], k.secrets["a bad credential"]} {
		c, _, err := websocket.Dial(t.Context(), k.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(
			wsjson.Write(t.Context(), c, map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": shown}}),
			wsjson.Write(t.Context(), c, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": "{ viewer { credential { name } } }"}}))
		for n := 0; err == nil && n < 2; n++ { // let in, and the answer; or closed
			var b []byte
			_, b, err = c.Read(t.Context())
			k.said.Write(b)
		}
		if err != nil {
			k.said.WriteString(err.Error())
		}
		_ = c.CloseNow()
	}
}

// read asks for all that tells what happened.
func (k *keeper) read(t *testing.T) {
	t.Helper()
	for _, query := range []string{
		"{ auditEvents(first: 100) { nodes { action actorName changes { field from to } } } }", "{ apiTokens(first: 100) { nodes { id name } } }",
		"{ notifications(first: 100) { nodes { kind status lastError } } }", "{ viewer { credential { kind name } } }",
	} {
		k.ask(t, k.token, query)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/schema.graphql", "/", "/nothing?key=" + k.token} {
		k.said.WriteString(k.call(t, http.MethodGet, k.url+path, ""))
	}
}
