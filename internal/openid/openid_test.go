package openid_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"purser/internal/fault"
	"purser/internal/openid"
	"purser/internal/openid/openidtest"
	"purser/internal/viewer"
)

// bundle is a provider that is trusted, on a clock that the test moves.
type bundle struct {
	*openidtest.Issuer
	provider *openid.Provider
	now      atomic.Int64
}

func setup(t *testing.T, change func(*openid.Settings)) *bundle {
	t.Helper()
	b := &bundle{Issuer: openidtest.Start(t)}
	b.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix())
	settings := b.Settings()
	if change != nil {
		change(&settings)
	}
	var err error
	if b.provider, err = openid.New(settings, b.clock, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bundle) clock() time.Time         { return time.Unix(b.now.Load(), 0) }
func (b *bundle) add(d time.Duration)      { b.now.Add(int64(d / time.Second)) }
func (b *bundle) in(d time.Duration) int64 { return b.clock().Add(d).Unix() }

// token returns a good token with changes.
func (b *bundle) token(t *testing.T, changes openidtest.Claims) string {
	t.Helper()
	return b.Sign(t, b.ann(changes))
}

func (b *bundle) ann(changes openidtest.Claims) openidtest.Claims {
	return b.Claims(b.clock(), "contoso.example", "Ann@contoso.example", changes)
}

// good fails the test unless the token counts.
func (b *bundle) good(t *testing.T, token string) {
	t.Helper()
	if _, err := b.provider.Verify(t.Context(), token); err != nil {
		t.Errorf("a good token: %v", err)
	}
}

// refused fails the test unless the token does not count, for good.
func (b *bundle) refused(t *testing.T, token string) {
	t.Helper()
	if who, err := b.provider.Verify(t.Context(), token); err == nil || fault.CodeOf(err) == fault.Unavailable {
		t.Errorf("%+v, %v, want a refusal", who, err)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got, err := b.provider.Verify(t.Context(), b.token(t, openidtest.Claims{"roles": []string{"BILLING_ADMIN", "Auditor", "MEMBER"}}))
	if err != nil {
		t.Fatal(err)
	}
	want := openid.Identity{
		Issuer: b.URL, Subject: "subject of Ann@contoso.example", Tenant: "contoso.example", User: "Ann@contoso.example",
		Roles: new(viewer.SetOf(viewer.BillingAdmin)), ExpiresAt: b.clock().Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, alg := range []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA} {
		b.Rotate(openidtest.NewKey(t, alg, string(alg)))
		b.add(time.Minute)
		b.good(t, b.token(t, nil))
	}
}

// TestClaims goes along the edges of each claim that is checked.
func TestClaims(t *testing.T) {
	t.Parallel()
	b := setup(t, func(s *openid.Settings) { s.Clients = []string{"web"} })
	for name, c := range map[string]struct {
		changes openidtest.Claims
		good    bool
	}{
		"as it is":                  {nil, true},
		"other issuer":              {openidtest.Claims{"iss": "https://evil.example"}, false},
		"issuer with a slash":       {openidtest.Claims{"iss": b.URL + "/"}, false},
		"issuer in another case":    {openidtest.Claims{"iss": strings.ToUpper(b.URL)}, false},
		"no issuer":                 {openidtest.Claims{"iss": nil}, false},
		"issuer in capitals":        {openidtest.Claims{"iss": nil, "ISS": b.URL}, false},
		"other audience":            {openidtest.Claims{"aud": "other"}, false},
		"no audience":               {openidtest.Claims{"aud": nil}, false},
		"empty audience":            {openidtest.Claims{"aud": []string{}}, false},
		"audience as a list":        {openidtest.Claims{"aud": []string{"purser"}}, true},
		"audience of numbers":       {openidtest.Claims{"aud": []int{1}}, false},
		"two, no azp":               {openidtest.Claims{"aud": []string{"purser", "other"}}, false},
		"two, azp here":             {openidtest.Claims{"aud": []string{"other", "purser"}, "azp": "purser"}, true},
		"two, azp of a client":      {openidtest.Claims{"aud": []string{"other", "purser"}, "azp": "web"}, true},
		"two, azp elsewhere":        {openidtest.Claims{"aud": []string{"other", "purser"}, "azp": "other"}, false},
		"azp elsewhere":             {openidtest.Claims{"azp": "other"}, false},
		"azp of a client":           {openidtest.Claims{"azp": "web"}, true},
		"azp of a client, not us":   {openidtest.Claims{"aud": "web", "azp": "web"}, false},
		"azp is no text":            {openidtest.Claims{"azp": []string{"purser"}}, false},
		"ends in a second":          {openidtest.Claims{"exp": b.in(time.Second)}, true},
		"ends now":                  {openidtest.Claims{"exp": b.in(0)}, false},
		"ended":                     {openidtest.Claims{"exp": b.in(-time.Second)}, false},
		"never ends":                {openidtest.Claims{"exp": nil}, false},
		"ends in a text":            {openidtest.Claims{"exp": "tomorrow"}, false},
		"ends beyond all times":     {openidtest.Claims{"exp": 1e300}, false},
		"ends in the year 30000":    {openidtest.Claims{"exp": int64(884541351600)}, false},
		"begins in a minute":        {openidtest.Claims{"nbf": b.in(time.Minute)}, true},
		"begins later":              {openidtest.Claims{"nbf": b.in(time.Minute + time.Second)}, false},
		"no beginning":              {openidtest.Claims{"nbf": nil}, true},
		"issued in a minute":        {openidtest.Claims{"iat": b.in(time.Minute)}, true},
		"issued later":              {openidtest.Claims{"iat": b.in(time.Minute + time.Second)}, false},
		"no subject":                {openidtest.Claims{"sub": nil}, false},
		"subject is a number":       {openidtest.Claims{"sub": 7}, false},
		"long subject":              {openidtest.Claims{"sub": strings.Repeat("x", 256)}, false},
		"no tenant":                 {openidtest.Claims{"tid": nil}, false},
		"empty tenant":              {openidtest.Claims{"tid": ""}, false},
		"tenant is a list":          {openidtest.Claims{"tid": []string{"contoso.example"}}, false},
		"no user":                   {openidtest.Claims{"preferred_username": nil}, false},
		"user in another case":      {openidtest.Claims{"preferred_username": nil, "Preferred_Username": "ann@contoso.example"}, false},
		"long user":                 {openidtest.Claims{"preferred_username": strings.Repeat("x", 256)}, false},
		"roles are a text":          {openidtest.Claims{"roles": "GLOBAL_ADMIN"}, false},
		"roles are numbers":         {openidtest.Claims{"roles": []int{1}}, false},
		"something else besides it": {openidtest.Claims{"groups": []any{1, "x", map[string]any{"a": nil}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if token := b.token(t, c.changes); c.good {
				b.good(t, token)
			} else {
				b.refused(t, token)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	b := setup(t, func(s *openid.Settings) { s.RolesClaim = "https://purser.example/roles" })
	for name, c := range map[string]struct {
		claim any
		want  *viewer.Roles
	}{
		"absent":           {nil, nil},
		"none":             {[]string{}, new(viewer.Roles(0))},
		"unknown ones":     {[]string{"Task.Write", "global_admin"}, new(viewer.Roles(0))},
		"a known one":      {[]string{"x", "GLOBAL_READER"}, new(viewer.SetOf(viewer.GlobalReader))},
		"null speaks, too": {json.RawMessage("null"), new(viewer.Roles(0))},
	} {
		who, err := b.provider.Verify(t.Context(), b.token(t, openidtest.Claims{"https://purser.example/roles": c.claim, "roles": []string{"GLOBAL_ADMIN"}}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, who.Roles); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestForged shows what does not come from the provider, or not for this purpose.
func TestForged(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	mallory := openidtest.NewKey(t, jose.RS256, b.Key().ID)
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payload, err := json.Marshal(b.ann(nil))
	if err != nil {
		t.Fatal(err)
	}
	good := b.token(t, nil)
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(b.Key().Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	public, err := b.Key().Public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	embedded := jose.JSONWebKey{Key: mallory.Private.Public(), KeyID: "mallory", Algorithm: "RS256"}
	own := func(header map[string]any) string { return b.Key().Sign(t, string(payload), header) }
	shared := func(alg jose.SignatureAlgorithm, secret []byte) string {
		return openidtest.Sign(t, jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: secret, KeyID: b.Key().ID}}, string(payload), nil)
	}
	b.good(t, own(map[string]any{"typ": "at+jwt"}))
	b.good(t, own(map[string]any{"typ": "application/AT+JWT"}))
	for name, token := range map[string]string{
		"empty":                     "",
		"words":                     "hello",
		"dots":                      "..",
		"many dots":                 strings.Repeat(".", 8000),
		"two parts":                 parts[0] + "." + parts[1],
		"five parts":                good + ".x.y",
		"no signature":              parts[0] + "." + parts[1] + ".",
		"other payload":             parts[0] + "." + b64(strings.Replace(string(payload), "Ann@", "Bob@", 1)) + "." + parts[2],
		"signature of another":      mallory.Sign(t, string(payload), nil),
		"alg none":                  b64(`{"alg":"none"}`) + "." + parts[1] + ".",
		"alg None with a signature": b64(`{"alg":"None"}`) + "." + parts[1] + "." + parts[2],
		"no alg":                    b64(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"two algs":                  b64(`{"alg":"RS256","alg":"none","kid":"first"}`) + "." + parts[1] + "." + parts[2],
		"HS256 with the public key": shared(jose.HS256, der),
		"HS512 with the JWK":        shared(jose.HS512, public),
		"HS256 with the JWK":        shared(jose.HS256, public),
		"key in the header":         mallory.Sign(t, string(payload), map[string]any{"jwk": embedded}),
		"key in the header, kid":    mallory.Sign(t, string(payload), map[string]any{"jwk": embedded, "kid": "mallory"}),
		"keys elsewhere":            mallory.Sign(t, string(payload), map[string]any{"jku": "http://127.0.0.1:1/keys"}),
		"unknown kid":               openidtest.NewKey(t, jose.ES256, "../../dev/null").Sign(t, string(payload), nil),
		"kid as SQL":                openidtest.NewKey(t, jose.ES256, "' OR '1'='1").Sign(t, string(payload), nil),
		"kid is a number":           b64(`{"alg":"RS256","kid":1}`) + "." + parts[1] + "." + parts[2],
		"critical header":           own(map[string]any{"crit": []string{"exp"}, "exp": b.in(time.Hour)}),
		"logout token":              own(map[string]any{"typ": "logout+jwt"}),
		"event":                     own(map[string]any{"typ": "secevent+jwt"}),
		"typ is a number":           own(map[string]any{"typ": 7}),
		"claim twice":               b.Key().Sign(t, strings.Replace(string(payload), `"aud"`, `"preferred_username":"bob@contoso.example","aud"`, 1), nil),
		"payload is a list":         b.Key().Sign(t, `["x"]`, nil),
		"payload is null":           b.Key().Sign(t, `null`, nil),
		"payload is no JSON":        b.Key().Sign(t, `hello`, nil),
		"payload and more":          b.Key().Sign(t, string(payload)+"{}", nil),
		"deep payload":              b.Key().Sign(t, strings.Repeat("[", 20_000), nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b.refused(t, token)
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := openid.Settings{Issuer: "https://login.example/contoso/v2.0", Audience: "purser", TenantClaim: "tid", UserClaim: "sub", RolesClaim: "roles"}
	with := func(change func(*openid.Settings)) openid.Settings {
		s := good
		change(&s)
		return s
	}
	for i, c := range []struct {
		settings openid.Settings
		good     bool
	}{
		{good, true},
		{with(func(s *openid.Settings) { s.Issuer = "http://127.0.0.1:9000" }), true},
		{with(func(s *openid.Settings) { s.Issuer = "http://[::1]:9000/x/" }), true},
		{with(func(s *openid.Settings) { s.Issuer = "http://localhost" }), true},
		{with(func(s *openid.Settings) { s.Issuer = "http://login.example" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "http://localhost.login.example" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "http://10.0.0.1" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "ftp://login.example" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "login.example" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "https://user:secret@login.example" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "https://login.example?a=b" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "https://login.example#a" }), false},
		{with(func(s *openid.Settings) { s.Issuer = "" }), false},
		{with(func(s *openid.Settings) { s.Audience = "" }), false},
		{with(func(s *openid.Settings) { s.TenantClaim = "" }), false},
		{with(func(s *openid.Settings) { s.UserClaim = "" }), false},
		{with(func(s *openid.Settings) { s.RolesClaim = "" }), false},
	} {
		if _, err := openid.New(c.settings, time.Now, slog.New(slog.DiscardHandler)); (err == nil) != c.good {
			t.Errorf("%d: %+v: %v", i, c.settings, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	i := openidtest.Start(f)
	p, err := openid.New(i.Settings(), time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	good := i.Sign(f, i.Claims(time.Now(), "contoso.example", "ann@contoso.example", nil))
	if _, err := p.Verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(fmt.Sprintf("%s.%s.", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)), "e30"))
	f.Fuzz(func(t *testing.T, token string) {
		if who, err := p.Verify(t.Context(), token); err == nil && token != good {
			t.Errorf("%q is taken for %+v", token, who)
		}
	})
}
