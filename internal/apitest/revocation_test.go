package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"purser/ent/apitoken"
	"purser/ent/user"
	"purser/internal/access"
	"purser/internal/apitest"
	"purser/internal/fold"
	"purser/internal/instant"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// taken is a way to take something away from somebody who follows a move of contoso, and how the following
// ends: with UNAUTHENTICATED, for which a socket is closed, or with FORBIDDEN.
type taken struct {
	from string
	away func(t *testing.T, s *apitest.Server)
	code string
}

var takings = map[string]taken{
	"the token is revoked": {"reader@contoso.example", func(t *testing.T, s *apitest.Server) {
		t.Helper()
		ctx := s.In(t, "contoso.example")
		upn := fold.Key("reader@contoso.example")
		token := s.DB.Client().APIToken.Query().Where(apitoken.HasUserWith(user.UpnKey(upn))).OnlyIDX(ctx)
		got := s.Post(t, "admin@contoso.example", fmt.Sprintf(`mutation { revokeApiToken(input: {tokenId: %q}) { userErrors { code } } }`, token), nil)
		if !strings.HasPrefix(string(got.Body), `{"data":{"revokeApiToken":{"userErrors":[]}},"extensions"`) {
			t.Fatalf("%s", got.Body)
		}
	}, "UNAUTHENTICATED"},
	"the user is blocked":            {"billing@contoso.example", imports(`"accountEnabled":false`), "UNAUTHENTICATED"},
	"the user has left":              {"billing@contoso.example", imports(`"removed":true`), "UNAUTHENTICATED"},
	"the user loses the role":        {"billing@contoso.example", imports(`"roles":["LICENSE_ADMIN"]`), "FORBIDDEN"},
	"the partner loses the role":     {"admin@fabrikam.example", grants(viewer.SetOf(viewer.LicenseAdmin)), "FORBIDDEN"},
	"the partner loses access":       {"admin@fabrikam.example", revokesPartner, "FORBIDDEN"},
	"somebody else loses, then they": {"billing@contoso.example", twice, "UNAUTHENTICATED"},
}

// imports has the directory say something else of the billing admin.
func imports(what string) func(t *testing.T, s *apitest.Server) {
	return func(t *testing.T, s *apitest.Server) {
		t.Helper()
		file := `{"type":"tenant","domain":"contoso.example"}` + "\n" + `{"type":"user","userPrincipalName":"billing@contoso.example",` + what + `}`
		if _, err := s.Directory.Import(t.Context(), strings.NewReader(file), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func grants(roles viewer.Roles) func(t *testing.T, s *apitest.Server) {
	return func(t *testing.T, s *apitest.Server) {
		t.Helper()
		g := access.Grant{PartnerDomain: "fabrikam.example", Roles: roles, ExpiresAt: instant.From(s.Clock.Now().Add(time.Hour))}
		if _, err := s.Access.GrantPartnerAccess(s.In(t, "contoso.example"), g); err != nil {
			t.Fatal(err)
		}
	}
}

func revokesPartner(t *testing.T, s *apitest.Server) {
	t.Helper()
	got := s.Post(t, "admin@contoso.example", `mutation { revokePartnerAccess(input: {partnerDomain: "fabrikam.example"}) { userErrors { code } } }`, nil)
	if !strings.HasPrefix(string(got.Body), `{"data":{"revokePartnerAccess":{"userErrors":[]}},"extensions"`) {
		t.Fatalf("%s", got.Body)
	}
}

func twice(t *testing.T, s *apitest.Server) {
	t.Helper()
	revokesPartner(t, s)
	imports(`"roles":["GLOBAL_READER"]`)(t, s) // is enough to go on
	imports(`"accountEnabled":false`)(t, s)
}

// TestWhatIsTakenAwayEndsAtOnce takes things away while a move is followed, in the same process and by another one:
// a replica on PostgreSQL, the command line beside the server on SQLite. Somebody else goes on following.
func TestWhatIsTakenAwayEndsAtOnce(t *testing.T) {
	transports := map[string]func(*testing.T, *apitest.Server, string, string) stream{"websocket": socketToItsEnd, "sse": overSSE}
	for _, kind := range storetest.Kinds(t) {
		for where, elsewhere := range map[string]bool{"here": false, "elsewhere": true} {
			t.Run(kind+"/"+where, func(t *testing.T) {
				for transport, follow := range transports {
					for name, tt := range takings {
						t.Run(transport+"/"+name, func(t *testing.T) {
							t.Parallel()
							takeAway(t, kind, elsewhere, follow, tt)
						})
					}
				}
			})
		}
	}
}

func takeAway(t *testing.T, kind string, elsewhere bool, follow func(*testing.T, *apitest.Server, string, string) stream, tt taken) {
	t.Helper()
	s := apitest.Start(t, kind)
	query := fmt.Sprintf(followQuery, startMove(t, s))
	next, others := follow(t, s, tt.from, query), follow(t, s, "admin@contoso.example", query)
	for _, n := range []stream{next, others} {
		if e, ok := n(t); !ok || len(e.Errors) > 0 {
			t.Fatalf("first event: %+v, %v", e, ok)
		}
	}
	by := s
	if elsewhere {
		by = s.Beside(t)
		listen(t, s)
	}
	tt.away(t, by)
	if e, ok := next(t); !ok || len(e.Errors) != 1 || e.Errors[0].Extensions.Code != tt.code {
		t.Fatalf("%+v, %v; want %s", e, ok, tt.code)
	}
	if e, ok := next(t); ok {
		t.Errorf("after the end: %+v", e)
	}
	s.Work(t)
	if e, ok := others(t); !ok || len(e.Errors) > 0 {
		t.Errorf("somebody else got %+v, %v", e, ok)
	}
}

// listen hears of what other processes change until the test ends.
func listen(t *testing.T, s *apitest.Server) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Access.Changes.Listen(ctx, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// socketToItsEnd is overWebSocket for a socket that may be closed: that is UNAUTHENTICATED, as it is over SSE.
func socketToItsEnd(t *testing.T, s *apitest.Server, as, query string) stream {
	t.Helper()
	ctx, c := openSocket(t, s, as)
	if err := wsjson.Write(ctx, c, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": query}}); err != nil {
		t.Fatal(err)
	}
	over := false
	return func(t *testing.T) (e event, ok bool) {
		t.Helper()
		if over {
			return e, false
		}
		kind, payload, err := receive(ctx, c)
		switch {
		case err != nil:
			over = true
			closed, _ := errors.AsType[websocket.CloseError](err)
			if closed.Code != 4403 || closed.Reason != "Forbidden" {
				t.Fatalf("closed: %v", err)
			}
			decode(t, []byte(`{"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}]}`), &e)
		case kind == "error":
			over = true
			decode(t, []byte(`{"errors":`+string(payload)+`}`), &e)
		case kind == "next":
			decode(t, payload, &e)
		default:
			over = true
			return e, false
		}
		return e, true
	}
}

// TestIdleSocketIsClosed has sockets without an operation: who lost everything is closed out, who lost a tenant or
// a role is not, and finds that out when they come to ask.
func TestIdleSocketIsClosed(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			ctx, blocked := openSocket(t, s, "billing@contoso.example")
			_, partner := openSocket(t, s, "admin@fabrikam.example")
			imports(`"accountEnabled":false`)(t, s)
			revokesPartner(t, s)
			_, _, err := receive(ctx, blocked)
			if e, _ := errors.AsType[websocket.CloseError](err); e.Code != 4403 {
				t.Errorf("blocked: %v", err)
			}
			query := fmt.Sprintf(`{ tenant(id: %q) { name } viewer { user { displayName } } }`, s.Tenant(t, "contoso.example"))
			if err := wsjson.Write(ctx, partner, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": query}}); err != nil {
				t.Fatal(err)
			}
			if kind, payload, err := receive(ctx, partner); kind != "next" || !strings.HasPrefix(string(payload), `{"data":{"tenant":null,"viewer":{"user":{"displayName":`) {
				t.Errorf("partner: %s %s, %v", kind, payload, err)
			}
		})
	}
}
