package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"purser/internal/access"
	"purser/internal/bootstrap"
	"purser/internal/directory"
	"purser/internal/fault"
	"purser/internal/httpapi"
)

// opening is a bootstrap whose secrets say what shall come of them.
type opening struct{}

func (opening) Use(_ context.Context, secret string, o directory.Organization, a directory.Admin) (bootstrap.Made, error) {
	switch secret {
	case "good":
		if o != (directory.Organization{Name: "Contoso", Domain: "contoso.example", Country: "NL"}) ||
			a != (directory.Admin{UserPrincipalName: "ann@contoso.example", DisplayName: "Ann", Mail: "a@b.example"}) {
			return bootstrap.Made{}, errors.New("other input")
		}
		return bootstrap.Made{TenantID: "ten_1", UserID: "usr_1", Token: access.Token{Secret: "psr_1", ExpiresAt: 1_800_000_000_000}}, nil
	case "over":
		return bootstrap.Made{}, fault.New(fault.WrongStatus, "Over.")
	case "taken":
		return bootstrap.Made{}, fault.New(fault.Conflict, "Taken.")
	case "busy":
		return bootstrap.Made{}, fault.New(fault.Unavailable, "Busy.")
	case "broken":
		return bootstrap.Made{}, errors.New("a secret of the database")
	case "invalid":
		return bootstrap.Made{}, errors.Join(fault.New(fault.Invalid, "It is empty.").At("organization", "name"), fault.New(fault.Invalid, "It is no address.").At("admin", "mail"))
	}
	return bootstrap.Made{}, fault.New(fault.NotFound, "Not a link.")
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *httpapi.Options) {
		o.Bootstrap = opening{}
		o.BootstrapPage = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method+" page") })
		o.Origins = []string{"https://admin.example"}
	})
	const rest = `"organization":{"name":"Contoso","domain":"contoso.example","country":"NL"},"admin":{"userPrincipalName":"ann@contoso.example","displayName":"Ann","mail":"a@b.example"}`
	with := func(secret string) string { return `{"secret":"` + secret + `",` + rest + `}` }
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		want    string
	}{
		"good":             {with("good"), []string{isJSON}, 201, `{"tenantId":"ten_1","userId":"usr_1","token":"psr_1","expiresAt":"2027-01-15T08:00:00Z"}` + "\n"},
		"from the page":    {with("good"), []string{isJSON, "Origin: " + b.url, "Sec-Fetch-Site: same-origin"}, 201, "psr_1"},
		"over":             {with("over"), []string{isJSON}, 410, `{"errors":[{"code":"WRONG_STATUS","message":"Over."}]}` + "\n"},
		"unknown":          {with("x"), []string{isJSON}, 404, "NOT_FOUND"},
		"taken":            {with("taken"), []string{isJSON}, 409, "CONFLICT"},
		"busy":             {with("busy"), []string{isJSON}, 503, "UNAVAILABLE"},
		"broken":           {with("broken"), []string{isJSON}, 500, "INTERNAL"},
		"invalid":          {with("invalid"), []string{isJSON}, 400, `{"errors":[{"code":"INVALID","message":"It is empty.","field":["organization","name"]},{"code":"INVALID","message":"It is no address.","field":["admin","mail"]}]}` + "\n"},
		"a form":           {with("good"), []string{"Content-Type: text/plain"}, 415, "INVALID"},
		"no type":          {with("good"), nil, 415, "INVALID"},
		"no JSON":          {"secret=good", []string{isJSON}, 400, "INVALID"},
		"empty":            {"", []string{isJSON}, 400, "INVALID"},
		"two":              {with("good") + "{}", []string{isJSON}, 400, "INVALID"},
		"a number":         {`{"secret":7}`, []string{isJSON}, 400, "INVALID"},
		"unknown field":    {`{"secret":"good","roles":[],` + rest + `}`, []string{isJSON}, 400, "INVALID"},
		"not UTF-8":        {`{"secret":"` + "\xff" + `"}`, []string{isJSON}, 400, "INVALID"},
		"large":            {`{"secret":"` + strings.Repeat("x", 16<<10) + `"}`, []string{isJSON}, 413, "INVALID"},
		"another origin":   {with("good"), []string{isJSON, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403, "FORBIDDEN"},
		"one on the list":  {with("good"), []string{isJSON, "Origin: https://admin.example", "Sec-Fetch-Site: cross-site"}, 403, "FORBIDDEN"},
		"same site, other": {with("good"), []string{isJSON, "Origin: http://x.example", "Sec-Fetch-Site: same-site"}, 403, "FORBIDDEN"},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.call(t, "POST", "/bootstrap", c.body, c.headers...)
			if got.status != c.status || !strings.Contains(got.body, c.want) || strings.Contains(got.body, "a secret of") {
				t.Errorf("%d %s, want %d …%s…", got.status, got.body, c.status, c.want)
			}
			if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Type") != jsonUTF8 || got.header.Get("Retry-After") != map[bool]string{true: "1"}[c.status == 503] {
				t.Errorf("headers %v", got.header)
			}
		})
	}
	for path, want := range map[string]string{"/bootstrap": "GET page", "/bootstrap/page.js": "GET page"} {
		if got := b.call(t, "GET", path, ""); got.body != want {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	if got := setup(t, nil).call(t, "POST", "/bootstrap", with("good"), isJSON); got.status != 404 {
		t.Errorf("without a bootstrap: %d", got.status)
	}
	if strings.Contains(b.logs.String(), "good") {
		t.Errorf("the log has secrets: %s", b.logs.String())
	}
}
