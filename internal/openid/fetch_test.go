package openid

import (
	"io"
	"net/http"
	"testing"
)

// TestParseKeys: what does not verify signatures is left out, a shared secret above all.
func TestParseKeys(t *testing.T) {
	t.Parallel()
	const (
		ec      = `{"kty":"EC","crv":"P-256","kid":"ec","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
		private = `{"kty":"EC","crv":"P-256","kid":"private","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}`
		secret  = `{"kty":"oct","kid":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}`
		sealing = `{"kty":"EC","use":"enc","crv":"P-256","kid":"enc","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
		off     = `{"kty":"EC","crv":"P-256","kid":"off","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"}`
		unknown = `{"kty":"OKP","crv":"Ed448","kid":"ed448","x":"AAAA"}`
	)
	got, err := parseKeys([]byte(`{"keys":[` + secret + "," + private + "," + sealing + "," + off + "," + unknown + `,7,{},` + ec + `]}`))
	if err != nil || len(got) != 1 || got[0].KeyID != "ec" {
		t.Errorf("%v, %v", got, err)
	}
	for _, none := range []string{``, `{}`, `[]`, `{"keys":[]}`, `{"keys":7}`, `{"keys":[` + secret + `]}`} {
		if got, err := parseKeys([]byte(none)); err == nil {
			t.Errorf("%s: %v", none, got)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestGuarded: wherever the provider, or a redirect, points to, nothing is asked for by plain http elsewhere.
func TestGuarded(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://login.example/keys": true, "http://127.0.0.1:1/keys": true, "http://login.example/keys": false, "http://169.254.169.254/": false,
	} {
		asked := false
		g := guarded{transport(func(*http.Request) (*http.Response, error) { asked = true; return nil, io.EOF })}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.RoundTrip(r); asked != want || err == nil { //nolint:bodyclose // there is no answer
			t.Errorf("%s: asked %t, %v", url, asked, err)
		}
	}
}
