package apitest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"purser/internal/apitest"
	"purser/internal/demo"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// cause is what a database says that nobody outside shall read.
const cause = "relation kanariepiet"

var ourFault = regexp.MustCompile(`"code":"(INTERNAL|UNAVAILABLE)"`)

// TestCausesStayInside has one statement after the other fail below requests of all kinds: whoever asked reads that
// something is wrong, with a code and the request's id, and nothing of what.
func TestCausesStayInside(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			faults := &storetest.Faults{}
			s := apitest.Serve(t, storetest.OpenWith(t, kind, store.Options{Wrap: faults.Wrap}), demo.Small)
			move, token := startMove(t, s), s.Token(t, "admin@contoso.example")
			from, to := ends(t, s)
			link := exportLink(t, s, from.ID)
			for what, ask := range map[string]func() string{
				"a query": func() string {
					return string(s.Send(t, token, `{ purchases(first: 3) { totalCount nodes { licenses(first: 1) { nodes { user { displayName } } } viewerCan { cancel { allowed } } } } }`, nil).Body)
				},
				"a node": func() string {
					return string(s.Send(t, token, fmt.Sprintf(`{ node(id: %q) { id } }`, from.ID), nil).Body)
				},
				"a mutation": func() string {
					return string(s.Send(t, token, fmt.Sprintf(`mutation { assignLicenses(input: {purchaseId: %q, userIds: ["x"]}) { userErrors { code } } }`, to.ID), nil).Body)
				},
				"with a key": func() string {
					return string(s.Send(t, token, `mutation { setDefaultSelfServicePolicy(input: {value: DISABLED}) @idempotent(key: "k") { userErrors { code } } }`, nil).Body)
				},
				"a subscription": func() string {
					return firstEvent(t, s, token, fmt.Sprintf(`subscription { moveProgress(moveId: %q) { total } }`, move), nil)
				},
				"a download": func() string { return download(t, link) },
			} {
				for n, more := 1, true; more; n++ {
					var answer string
					_, strikes := faults.During(storetest.Fault{At: n, When: storetest.Before, Err: errors.New(cause), Always: true}, func() { answer = ask() })
					more = strikes > 0
					ours := ourFault.MatchString(answer) && strings.Contains(answer, `"requestId":"request"`)
					if strings.Contains(answer, cause) || strings.Contains(answer, "errors") && more && !ours || n == 1 && !ours {
						t.Errorf("%s, statement %d: %s", what, n, answer)
					}
				}
			}
		})
	}
}

// exportLink exports a purchase's licenses.
func exportLink(t *testing.T, s *apitest.Server, purchase string) string {
	t.Helper()
	var answer struct {
		Data struct {
			ExportLicensedUsers struct{ Export struct{ URL string } }
		}
	}
	a := s.Post(t, "admin@contoso.example", fmt.Sprintf(`mutation { exportLicensedUsers(input: {purchaseIds: [%q]}) { export { url } } }`, purchase), nil)
	decode(t, a.Body, &answer)
	return answer.Data.ExportLicensedUsers.Export.URL
}

func download(t *testing.T, link string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	b, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // a file that breaks off
		t.Fatal(err)
	}
	return string(b)
}
