package graphiql

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// get asks the handler for a path and returns its answer.
func get(t *testing.T, method, path string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(method, path, nil)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	page, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	page.ServeHTTP(recorder, request)
	return recorder
}

// script returns the URL path of the page's script.
func script(t *testing.T) string {
	t.Helper()
	page := get(t, http.MethodGet, "/", nil).Body.String()
	found := regexp.MustCompile(`src="\.(/assets/[^"]+\.js)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no script:\n%s", page)
	}
	return found[1]
}

func TestIndex(t *testing.T) {
	for _, path := range []string{"/", "/index.html"} {
		answer := get(t, http.MethodGet, path, nil)
		if answer.Code != http.StatusOK {
			t.Fatalf("%s: status %d", path, answer.Code)
		}
		if !strings.Contains(answer.Body.String(), "<title>Purser") {
			t.Errorf("%s: not the page:\n%s", path, answer.Body)
		}
		wantHeader(t, answer, "Content-Type", "text/html; charset=utf-8")
		wantHeader(t, answer, "Cache-Control", "no-cache")
	}
}

// The page's policy allows neither inline scripts nor another origin, so it must contain none.
func TestIndexKeepsItsOwnPolicy(t *testing.T) {
	page := get(t, http.MethodGet, "/", nil).Body.String()
	if inline := regexp.MustCompile(`<script[^>]*>[^<]`).FindString(page); inline != "" {
		t.Errorf("inline script: %s", inline)
	}
	if foreign := regexp.MustCompile(`(src|href)="(https?:)?//[^"]*"`).FindString(page); foreign != "" {
		t.Errorf("another origin: %s", foreign)
	}
}

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	answers := map[string]*httptest.ResponseRecorder{
		"page":      get(t, http.MethodGet, "/", nil),
		"script":    get(t, http.MethodGet, script(t), nil),
		"not found": get(t, http.MethodGet, "/nothing", nil),
		"method":    get(t, http.MethodPost, "/", nil),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			wantHeader(t, answer, "Content-Security-Policy", "default-src 'none'; script-src 'self'; worker-src 'self'; "+
				"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; connect-src 'self'; "+
				"frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
			wantHeader(t, answer, "X-Content-Type-Options", "nosniff")
			wantHeader(t, answer, "Referrer-Policy", "no-referrer")
			wantHeader(t, answer, "X-Frame-Options", "DENY")
		})
	}
}

func TestAssetPackedAndUnpacked(t *testing.T) {
	path := script(t)
	packed := get(t, http.MethodGet, path, map[string]string{"Accept-Encoding": "br, gzip"})
	wantHeader(t, packed, "Content-Encoding", "gzip")
	wantHeader(t, packed, "Cache-Control", "public, max-age=31536000, immutable")
	wantHeader(t, packed, "Content-Type", "text/javascript; charset=utf-8")
	wantHeader(t, packed, "Vary", "Accept-Encoding")

	plain := get(t, http.MethodGet, path, map[string]string{"Accept-Encoding": "gzip;q=0, br"})
	wantHeader(t, plain, "Content-Encoding", "")
	unpacked, err := gunzip(packed.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != plain.Body.String() {
		t.Error("the packed and the plain answer differ")
	}
	if packed.Header().Get("ETag") == plain.Header().Get("ETag") {
		t.Error("both forms have the same ETag")
	}
}

func TestNotModified(t *testing.T) {
	for _, encoding := range []string{"gzip", "identity"} {
		first := get(t, http.MethodGet, "/", map[string]string{"Accept-Encoding": encoding})
		tag := first.Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s: no ETag", encoding)
		}
		second := get(t, http.MethodGet, "/", map[string]string{"Accept-Encoding": encoding, "If-None-Match": tag})
		if second.Code != http.StatusNotModified || second.Body.Len() != 0 {
			t.Errorf("%s: status %d with %d bytes, want 304 with none", encoding, second.Code, second.Body.Len())
		}
	}
}

func TestHeadHasNoBody(t *testing.T) {
	answer := get(t, http.MethodHead, "/", map[string]string{"Accept-Encoding": "gzip"})
	if answer.Code != http.StatusOK || answer.Body.Len() != 0 {
		t.Errorf("status %d with %d bytes, want 200 with none", answer.Code, answer.Body.Len())
	}
}

func TestRefusals(t *testing.T) {
	for _, path := range []string{"/nothing", "/assets/", "/assets", "/index.html.gz", "/../graphiql.go", "/dist/index.html"} {
		if answer := get(t, http.MethodGet, path, nil); answer.Code != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", path, answer.Code)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		answer := get(t, method, "/", nil)
		if answer.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s /: status %d, want 405", method, answer.Code)
		}
		wantHeader(t, answer, "Allow", "GET, HEAD")
	}
}

// The embedding leaves out names that begin with "." or "_": the build must not write any.
func TestEverythingBuiltIsServed(t *testing.T) {
	err := fs.WalkDir(os.DirFS("."), "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		path := strings.TrimSuffix(strings.TrimPrefix(name, "dist"), ".gz")
		if answer := get(t, http.MethodGet, path, nil); answer.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, answer.Code)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAcceptsGzip(t *testing.T) {
	cases := map[string]bool{
		"": false, "br": false, "identity": false, "gzip": true, "GZIP": true, "br, gzip;q=0.5": true,
		"gzip;q=0": false, "gzip; q=0.0": false, "*": true, "*;q=0": false, "*, gzip;q=0": false,
		"gzip, *;q=0": true, "gzip;q=x": false, "x-gzip": false,
	}
	for header, want := range cases {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", header, got, want)
		}
	}
}

func wantHeader(t *testing.T, answer *httptest.ResponseRecorder, name, want string) {
	t.Helper()
	if got := answer.Header().Get(name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}
