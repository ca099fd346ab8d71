package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"purser/ent"
	"purser/ent/auditevent"
	"purser/ent/license"
	"purser/ent/moveuser"
	"purser/ent/purchase"
	"purser/graph/model"
	"purser/internal/bench/bigtenant"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// big is a tenant whose move takes long enough to be watched and interrupted.
var big = bigtenant.Tenant{Domain: "big.example", Users: 20_000, Holders: 1_500, Seats: 25_000}

// importBig imports the tenant with one pair of purchases.
func importBig(t *testing.T, database string) {
	t.Helper()
	run(t, nil, "migrate", "--database", database).ok(t)
	users, pair := filepath.Join(t.TempDir(), "users.jsonl"), filepath.Join(t.TempDir(), "pair.jsonl")
	for name, write := range map[string]func(*os.File) error{
		users: func(f *os.File) error { return big.Write(f) },
		pair:  func(f *os.File) error { return big.WritePair(f, "big") },
	} {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	run(t, nil, "import", "tenant", users, "--database", database).ok(t)
	run(t, nil, "import", "tenant", pair, "--database", database).ok(t)
}

// moving is a move that was started over the API.
type moving struct{ id, source, target, token string }

func startMove(t *testing.T, base, token string) moving {
	t.Helper()
	var found struct {
		Purchases struct{ Nodes []struct{ ID, Source string } }
	}
	if err := ask(t.Context(), base, token, `{ purchases(first: 2) { nodes { id source } } }`, nil, &found); err != nil {
		t.Fatal(err)
	}
	m := moving{token: token}
	for _, p := range found.Purchases.Nodes {
		if p.Source == string(model.PurchaseSourceCentral) {
			m.target = p.ID
		} else {
			m.source = p.ID
		}
	}
	var started struct {
		MoveUsers struct {
			Move       *struct{ ID string }
			UserErrors []struct{ Code, Message string }
		}
	}
	err := ask(t.Context(), base, token, `mutation ($from: ID!, $to: ID!) {
		moveUsers(input: {fromPurchaseId: $from, toPurchaseId: $to}) { move { id } userErrors { code message } }
	}`, map[string]any{"from": m.source, "to": m.target}, &started)
	if err != nil || started.MoveUsers.Move == nil {
		t.Fatalf("the move was refused: %v %v", err, started.MoveUsers.UserErrors)
	}
	m.id = started.MoveUsers.Move.ID
	return m
}

// checkMoved looks at everything that a move leaves behind, and returns how often it was claimed.
func checkMoved(t *testing.T, database string, m moving) (claims int) {
	t.Helper()
	db := storetest.Again(t, database, store.Options{})
	c := db.Client()
	ctx := viewer.NewContext(t.Context(), viewer.System(c.Tenant.Query().OnlyIDX(t.Context())))
	move, source, target := c.Move.GetX(ctx, m.id), c.Purchase.GetX(ctx, m.source), c.Purchase.GetX(ctx, m.target)
	recorded := func(r model.MovedUserResult) int {
		return c.Move.QueryMoveUsers(move).Where(moveuser.Result(string(r))).CountX(ctx)
	}
	for _, fact := range []struct {
		what      string
		got, want any
	}{
		{"the move's status", move.Status, string(model.MoveStatusSucceeded)},
		{"moved", move.Moved, big.Users - big.Holders},
		{"already licensed", move.AlreadyLicensed, big.Holders},
		{"gone", move.Gone, 0},
		{"seats that the move holds", move.Reserved, 0},
		{"recorded as moved", recorded(model.MovedUserResultMoved), big.Users - big.Holders},
		{"recorded as already licensed", recorded(model.MovedUserResultAlreadyLicensed), big.Holders},
		{"the source's status", source.Status, string(model.SubscriptionStatusDeleted)},
		{"the source's counter", source.Assigned, 0},
		{"the source is free", source.ActiveMoveID == nil, true},
		{"the source's licenses", c.License.Query().Where(license.PurchaseID(m.source)).CountX(ctx), 0},
		{"the target's counter", target.Assigned, big.Users},
		{"the target's reservation", target.Reserved, 0},
		{"the target's licenses", c.License.Query().Where(license.PurchaseID(m.target)).CountX(ctx), big.Users},
		{"users on the target", usersOn(ctx, c, m.target), big.Users},
		{"notifications", c.Notification.Query().CountX(ctx), 1},
		{"move.succeeded events", c.AuditEvent.Query().Where(auditevent.Action("move.succeeded")).CountX(ctx), 1},
		{"purchase.canceled events", c.AuditEvent.Query().Where(auditevent.Action("purchase.canceled")).CountX(ctx), 1},
		{"purchases", c.Purchase.Query().Where(purchase.Source("CENTRAL")).CountX(ctx), 1},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.what, fact.got, fact.want)
		}
	}
	return move.Fence
}

// usersOn counts the different users who hold a license of the purchase.
func usersOn(ctx context.Context, c *ent.Client, purchaseID string) int {
	return len(c.License.Query().Where(license.PurchaseID(purchaseID)).Unique(true).Select(license.FieldUserID).StringsX(ctx))
}
