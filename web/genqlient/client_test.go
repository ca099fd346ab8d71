package genqlient_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/web/genqlient"
)

// bearer shows a token with each request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

func server(t *testing.T) (url, token string) {
	t.Helper()
	url, token = os.Getenv("PURSER_URL"), os.Getenv("PURSER_TOKEN")
	if url == "" || token == "" {
		t.Fatal("set PURSER_URL and PURSER_TOKEN")
	}
	return url + "/graphql", token
}

func setup(t *testing.T) graphql.Client {
	t.Helper()
	url, token := server(t)
	return graphql.NewClient(url, &http.Client{Transport: bearer(token)})
}

func TestQuery(t *testing.T) {
	url, token := server(t)
	for name, c := range map[string]graphql.Client{
		"POST": setup(t), "GET": graphql.NewClientUsingGet(url, &http.Client{Transport: bearer(token)}),
	} {
		got, err := genqlient.Viewer(t.Context(), c)
		if err != nil {
			t.Fatal(name, err)
		}
		v := got.Viewer
		if v.User.UserPrincipalName != "admin@contoso.example" || v.Credential.Kind != genqlient.CredentialKindApiToken || !v.Credential.ExpiresAt.After(time.Now()) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestPages(t *testing.T) {
	c := setup(t)
	seen := map[string]bool{}
	filter := &genqlient.PurchaseFilter{Source: []genqlient.PurchaseSource{genqlient.PurchaseSourceSelfService}}
	for after, pages := (*string)(nil), 1; ; pages++ {
		got, err := genqlient.Purchases(t.Context(), c, 10, after, filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got.Purchases.Nodes {
			if seen[p.Id] || p.Source != genqlient.PurchaseSourceSelfService || p.PurchasedAt.IsZero() || p.Price.Amount == "" {
				t.Errorf("%+v", p)
			}
			seen[p.Id] = true
		}
		if !got.Purchases.PageInfo.HasNextPage {
			if len(seen) != got.Purchases.TotalCount || pages < 2 {
				t.Errorf("%d of %d purchases on %d pages", len(seen), got.Purchases.TotalCount, pages)
			}
			return
		}
		after = got.Purchases.PageInfo.EndCursor
	}
}

func TestMutation(t *testing.T) {
	c := setup(t)
	products, err := genqlient.Products(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	input := genqlient.BuyCentrallyInput{ProductId: products.Products.Nodes[0].Id, Quantity: 5, BillingTerm: genqlient.BillingTermAnnual}
	first, err := genqlient.BuyCentrally(t.Context(), c, input, "genqlient-1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := genqlient.BuyCentrally(t.Context(), c, input, "genqlient-1")
	if err != nil {
		t.Fatal(err)
	}
	p := first.BuyCentrally.Purchase
	if p == nil || p.AvailableQuantity != 5 || p.Status != genqlient.SubscriptionStatusActive || again.BuyCentrally.Purchase.Id != p.Id {
		t.Fatalf("%+v, then %+v", first, again)
	}
	node, err := genqlient.Node(t.Context(), c, p.Id)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := (*node.Node).(*genqlient.NodeNodePurchase); !ok || got.Quantity != 5 {
		t.Errorf("the node: %+v", node)
	}
	input.Quantity = 0
	refused, err := genqlient.BuyCentrally(t.Context(), c, input, "genqlient-2")
	if err != nil {
		t.Fatal(err)
	}
	if e := refused.BuyCentrally.UserErrors; len(e) != 1 || e[0].Code != genqlient.ErrorCodeInvalid || e[0].Field[0] != "quantity" {
		t.Errorf("no seats: %+v", e)
	}
}

func TestRefusal(t *testing.T) {
	url, _ := server(t)
	_, err := genqlient.Viewer(t.Context(), graphql.NewClient(url, &http.Client{Transport: bearer("psr_wrong")}))
	if e, ok := errors.AsType[*graphql.HTTPError](err); !ok || e.StatusCode != http.StatusUnauthorized || code(e.Response.Errors) != "UNAUTHENTICATED" {
		t.Errorf("a wrong token: %v", err)
	}
	_, err = genqlient.Purchases(t.Context(), setup(t), 101, nil, nil)
	if e, ok := errors.AsType[gqlerror.List](err); !ok || code(e) != "INVALID" {
		t.Errorf("too long a page: %v", err)
	}
}

func code(errs gqlerror.List) any {
	if len(errs) != 1 {
		return nil
	}
	return errs[0].Extensions["code"]
}

// dialer is gorilla's, as genqlient wants one. It closes the socket at the end: genqlient's own Close unsubscribes behind
// the close frame, which fails.
type dialer struct{ t *testing.T }

func (d dialer) DialContext(ctx context.Context, url string, h http.Header) (graphql.WSConn, error) {
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, url, h) //nolint:bodyclose // the socket takes it over
	if err == nil {
		d.t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

func TestSubscription(t *testing.T) {
	url, token := server(t)
	sockets := graphql.NewClientUsingWebSocket(strings.Replace(url, "http", "ws", 1), dialer{t},
		graphql.WithConnectionParams(map[string]any{"Authorization": "Bearer " + token}))
	failed, err := sockets.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	move := startMove(t, setup(t))
	events, _, err := genqlient.Progress(t.Context(), sockets, move)
	if err != nil {
		t.Fatal(err)
	}
	last := follow(t, events, failed)
	if last.Status != genqlient.MoveStatusSucceeded || last.Remaining != 0 || last.Total != 3 || last.MoveId != move {
		t.Errorf("at the end: %+v", last)
	}
}

// follow returns the last event of a subscription.
func follow(t *testing.T, events <-chan genqlient.ProgressWsResponse, failed <-chan error) (last genqlient.ProgressMoveProgress) {
	t.Helper()
	for {
		select {
		case err := <-failed:
			t.Fatal(err)
		case e, ok := <-events:
			switch {
			case !ok:
				return last
			case e.Errors != nil:
				t.Fatal(e.Errors)
			}
			last = e.Data.MoveProgress
		}
	}
}

// startMove begins to move three users, and returns the move's id.
func startMove(t *testing.T, c graphql.Client) string {
	t.Helper()
	sources, err := genqlient.Sources(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	from := sources.SelfServiceSubscriptions.Nodes[0]
	input := genqlient.MoveUsersInput{FromPurchaseId: from.Id, ToPurchaseId: from.MoveTargets.Nodes[0].Purchase.Id}
	for _, l := range from.Licenses.Nodes {
		input.UserIds = append(input.UserIds, l.User.Id)
	}
	got, err := genqlient.MoveUsers(t.Context(), c, input)
	if err != nil {
		t.Fatal(err)
	}
	if got.MoveUsers.Move == nil {
		t.Fatal(got.MoveUsers.UserErrors)
	}
	return got.MoveUsers.Move.Id
}
