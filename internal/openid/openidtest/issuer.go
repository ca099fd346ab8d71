// Package openidtest is an OpenID provider for tests: it signs whatever it is asked to.
package openidtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"purser/internal/openid"
)

// Excuse is what the provider says while it is down.
const Excuse = "the vault is sealed"

// Audience is what the provider's tokens are meant for.
const Audience = "purser"

// Issuer is an OpenID provider on a socket of this machine.
type Issuer struct {
	URL string

	mu       sync.Mutex
	down     bool
	asked    int
	signer   *Key
	others   []*Key // published, but not signed with
	document map[string]any
}

// Key is a key pair.
type Key struct {
	Algorithm jose.SignatureAlgorithm
	ID        string
	Private   crypto.Signer
}

// Claims of a token; a nil value takes the claim away.
type Claims map[string]any

// Start starts a provider that signs with RS256.
func Start(tb testing.TB) *Issuer {
	tb.Helper()
	i := &Issuer{signer: NewKey(tb, jose.RS256, "first")}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", i.serve(func() any { return i.document }))
	mux.HandleFunc("/keys", i.serve(func() any {
		i.asked++
		var set jose.JSONWebKeySet
		for _, k := range append([]*Key{i.signer}, i.others...) {
			set.Keys = append(set.Keys, k.Public())
		}
		return set
	}))
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	i.URL = server.URL
	i.document = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}
	return i
}

// Settings are those with which the provider is trusted.
func (i *Issuer) Settings() openid.Settings {
	return openid.Settings{Issuer: i.URL, Audience: Audience, TenantClaim: "tid", UserClaim: "preferred_username", RolesClaim: "roles"}
}

func (i *Issuer) serve(what func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.down {
			http.Error(w, Excuse, http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(what()) // the client sees what is missing
	}
}

// Down lets the provider fail, or come back.
func (i *Issuer) Down(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Says changes what the provider says of itself.
func (i *Issuer) Says(name string, value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.document[name] = value
}

// Asked returns how often the keys were asked for.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// Rotate lets the provider sign with another key from now on. It publishes that one and the others given.
func (i *Issuer) Rotate(to *Key, others ...*Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signer, i.others = to, others
}

// Key returns the key that the provider signs with.
func (i *Issuer) Key() *Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.signer
}

// Claims returns those of a good token of somebody, for an hour from now, with changes.
func (i *Issuer) Claims(now time.Time, tenant, user string, changes Claims) Claims {
	c := Claims{
		"iss": i.URL, "aud": Audience, "sub": "subject of " + user, "tid": tenant, "preferred_username": user,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// Sign returns a token.
func (i *Issuer) Sign(tb testing.TB, c Claims) string {
	tb.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	return i.Key().Sign(tb, string(b), nil)
}

// Public returns the key as it is published.
func (k *Key) Public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig"}
}

// Sign returns a token with this payload, and with more in its header.
func (k *Key) Sign(tb testing.TB, payload string, header map[string]any) string {
	tb.Helper()
	return Sign(tb, jose.SigningKey{Algorithm: k.Algorithm, Key: jose.JSONWebKey{Key: k.Private, KeyID: k.ID}}, payload, header)
}

// Sign signs anything with any key.
func Sign(tb testing.TB, key jose.SigningKey, payload string, header map[string]any) string {
	tb.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range header {
		o = o.WithHeader(jose.HeaderKey(name), value)
	}
	s, err := jose.NewSigner(key, o)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := s.Sign([]byte(payload))
	if err != nil {
		tb.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// NewKey makes a key for an algorithm.
func NewKey(tb testing.TB, alg jose.SignatureAlgorithm, id string) *Key {
	tb.Helper()
	k := &Key{Algorithm: alg, ID: id}
	var err error
	switch curves := map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()}; {
	case alg == jose.EdDSA:
		_, k.Private, err = ed25519.GenerateKey(rand.Reader)
	case curves[alg] != nil:
		k.Private, err = ecdsa.GenerateKey(curves[alg], rand.Reader)
	case strings.HasPrefix(string(alg), "RS"), strings.HasPrefix(string(alg), "PS"):
		k.Private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("no keys for %s", alg)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return k
}
