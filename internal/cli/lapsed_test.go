package cli_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/store/storetest"
)

// lapsed are purchases whose term, or trial, ended so many days ago, with what has become of them (R16):
// the status, and whether their user still holds the license.
var lapsed = []struct {
	kind   string
	renews bool
	days   int
	want   string
}{
	{"PAID", false, 1, "PAID EXPIRED 1"},
	{"PAID", false, 31, "PAID DISABLED 1"},
	{"PAID", false, 121, "PAID DELETED 0"},
	{"PAID", false, 200, "PAID DELETED 0"},
	{"TRIAL_WITHOUT_PAYMENT_METHOD", false, 1, "TRIAL_WITHOUT_PAYMENT_METHOD EXPIRED 1"},
	{"TRIAL_WITHOUT_PAYMENT_METHOD", false, 31, "TRIAL_WITHOUT_PAYMENT_METHOD DELETED 0"},
	{"TRIAL_WITHOUT_PAYMENT_METHOD", false, 121, "TRIAL_WITHOUT_PAYMENT_METHOD DELETED 0"},
	{"TRIAL_WITHOUT_PAYMENT_METHOD", false, 200, "TRIAL_WITHOUT_PAYMENT_METHOD DELETED 0"},
	{"TRIAL_WITH_PAYMENT_METHOD", false, 1, "TRIAL_WITH_PAYMENT_METHOD EXPIRED 1"},
	{"TRIAL_WITH_PAYMENT_METHOD", false, 31, "TRIAL_WITH_PAYMENT_METHOD DELETED 0"},
	{"PAID", true, 200, "PAID ACTIVE 1"},
	{"TRIAL_WITH_PAYMENT_METHOD", true, 200, "PAID ACTIVE 1"},
	{"PAID", false, -1, "PAID ACTIVE 1"},
}

// TestLapsed imports a tenant's purchases as they once were, and starts a server: seconds later they are what
// time has made of them.
func TestLapsed(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			database := storetest.URL(t, kind)
			lines := []string{tenantLine, `{"type":"user","userPrincipalName":"admin@wingtip.example","displayName":"Admin","roles":["GLOBAL_ADMIN"]}`}
			want := map[string]string{}
			for i, c := range lapsed {
				ended := time.Now().UTC().AddDate(0, 0, -c.days)
				name := fmt.Sprintf("%d: %s, %d days, %t", i, c.kind, c.days, c.renews)
				want[name] = c.want
				lines = append(lines,
					fmt.Sprintf(`{"type":"user","userPrincipalName":"u%d@wingtip.example","displayName":%q}`, i, name),
					fmt.Sprintf(`{"type":"purchase","ref":"%[1]d","productId":"CFQ7TTC0H9MP","purchaser":"u%[1]d@wingtip.example","quantity":1,"kind":%[2]q,"recurringBilling":%[3]t,"purchasedAt":%[4]q,"expiresAt":%[5]q}`,
						i, c.kind, c.renews, ended.AddDate(0, -1, 0).Format(time.RFC3339), ended.Format(time.RFC3339)),
					fmt.Sprintf(`{"type":"license","purchase":"%[1]d","user":"u%[1]d@wingtip.example"}`, i))
			}
			run(t, nil, "migrate", "--database", database).ok(t)
			run(t, nil, "import", "tenant", write(t, lines...), "--database", database).ok(t)
			token := run(t, nil, "token", "create", "--database", database, "--tenant", "wingtip.example", "--user", "admin@wingtip.example").ok(t)
			p := start(t, nil, "--database", database, "--rate-limit=0") // it is asked without a pause
			defer p.terminate(t)
			diff := "never asked"
			for patience := time.Now().Add(30 * time.Second); diff != "" && time.Now().Before(patience); {
				diff = cmp.Diff(want, standing(t, p.url, token))
			}
			if diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// standing tells what the API says of each purchase, by its purchaser's name.
func standing(t *testing.T, base, token string) map[string]string {
	t.Helper()
	var list struct {
		Purchases struct {
			Nodes []struct {
				Purchaser        struct{ DisplayName string }
				Kind, Status     string
				AssignedQuantity int
			}
		}
	}
	const query = `{ purchases(first: 100) { nodes { purchaser { displayName } kind status assignedQuantity } } }`
	if err := ask(t.Context(), base, token, query, nil, &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range list.Purchases.Nodes {
		got[p.Purchaser.DisplayName] = fmt.Sprint(p.Kind, " ", p.Status, " ", p.AssignedQuantity)
	}
	return got
}
