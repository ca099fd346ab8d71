package apitest_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"purser/internal/apitest"
	"purser/internal/openid"
	"purser/internal/openid/openidtest"
	"purser/internal/store/storetest"
)

// trust lets the users of an OpenID provider use the API.
func trust(t *testing.T, s *apitest.Server) *openidtest.Issuer {
	t.Helper()
	i := openidtest.Start(t)
	believe(t, s, i)
	return i
}

// believe lets the users of this OpenID provider use the API.
func believe(t *testing.T, s *apitest.Server, i *openidtest.Issuer) {
	t.Helper()
	p, err := openid.New(i.Settings(), s.Clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Access.TrustIssuer(p)
}

// TestOIDCRoles asks for what the stored roles allow and those in the token do not, and the other way round.
func TestOIDCRoles(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			i := trust(t, k.Server)
			token := func(user string, roles any) string {
				return i.Sign(t, i.Claims(k.Clock.Now(), "contoso.example", user, openidtest.Claims{"roles": roles}))
			}
			const query = `{ auditEvents(first: 1) { totalCount } }`
			for name, c := range map[string]struct{ token, codes string }{
				"stored":           {token("admin@contoso.example", nil), ""},
				"none":             {token("admin@contoso.example", []string{}), "FORBIDDEN auditEvents"},
				"unknown":          {token("admin@contoso.example", []string{"Owner"}), "FORBIDDEN auditEvents"},
				"a member":         {token("avery@contoso.example", nil), "FORBIDDEN auditEvents"},
				"a member, raised": {token("avery@contoso.example", []string{"GLOBAL_READER"}), ""},
			} {
				if got := strings.Join(k.send(t, c.token, query, nil).codes(), ", "); got != c.codes {
					t.Errorf("%s: %q, want %q", name, got, c.codes)
				}
			}
		})
	}
}

// TestOIDCKeys: whoever renews a token before a retry gets the answer that is there already, and nobody else does.
func TestOIDCKeys(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			k := startKeyed(t, kind)
			i := trust(t, k.Server)
			token := func(changes openidtest.Claims) string {
				return i.Sign(t, i.Claims(k.Clock.Now(), "contoso.example", "admin@contoso.example", changes))
			}
			input := map[string]any{"key": "one", "input": map[string]any{"productId": k.product(t), "value": "DISABLED"}}
			first, replays := token(nil), []int{}
			k.send(t, first, setPolicy, input)
			k.Clock.Add(time.Hour)
			for _, again := range []string{token(nil), token(openidtest.Claims{"sub": "somebody else"}), k.admin} {
				replays = append(replays, len(k.send(t, again, setPolicy, input).replayed()))
			}
			if replays[0] != 1 || replays[1] != 0 || replays[2] != 0 {
				t.Errorf("replayed %v, want what was the same subject's", replays)
			}
			if got := k.send(t, first, setPolicy, input).codes(); len(got) != 1 || got[0] != "UNAUTHENTICATED" {
				t.Errorf("with the token that has ended: %v", got)
			}
		})
	}
}

// TestOIDCSocket ends with its token.
func TestOIDCSocket(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			i := trust(t, s)
			token := i.Sign(t, i.Claims(s.Clock.Now(), "contoso.example", "admin@contoso.example", openidtest.Claims{"exp": s.Clock.Now().Unix() + 1}))
			s.Clock.Add(990 * time.Millisecond)
			ctx := deadline(t)
			c, _, err := websocket.Dial(ctx, s.URL+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.CloseNow() }()
			if err := wsjson.Write(ctx, c, map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + token}}); err != nil {
				t.Fatal(err)
			}
			var m struct{ Type string }
			for err == nil {
				err = wsjson.Read(ctx, c, &m)
			}
			if m.Type != "connection_ack" || websocket.CloseStatus(err) != 4403 {
				t.Errorf("after %s: %v, want 4403", m.Type, err)
			}
		})
	}
}
