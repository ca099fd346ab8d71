// Package openid checks the bearer tokens that an OpenID provider signed.
//
// A token counts when its signature, issuer, audience and times do, whoever brings it. What it says of its
// bearer is returned; whether there is such a user is not this package's business.
package openid

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxSkew is how far the provider's clock may be ahead of this one. A token that has ended by this clock
// has ended: sockets close then, and clients renew early anyway.
const maxSkew = time.Minute

// algorithms are those whose key is no secret: with a shared one, whoever checks could sign.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Settings say whose tokens count, and what they call things.
type Settings struct {
	// Issuer is the provider, exactly as it calls itself.
	Issuer string
	// Audience is what a token must be meant for.
	Audience string
	// Clients are those whose tokens count although they were not made for the audience's own client.
	Clients []string
	// TenantClaim, UserClaim and RolesClaim name the claims with the tenant, the sign-in name and the roles.
	TenantClaim, UserClaim, RolesClaim string
}

// Provider is an OpenID provider that is trusted.
type Provider struct {
	settings Settings
	keys     *keys
	now      func() time.Time
}

// New returns a provider, or what is wrong with its settings. It asks the provider nothing: that it cannot be
// reached is no reason not to start.
func New(s Settings, now func() time.Time, log *slog.Logger) (*Provider, error) {
	u, err := url.Parse(s.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(s.Issuer, "?#") {
		return nil, fmt.Errorf("OIDC issuer %q is not of the form https://host[:port][/path]", s.Issuer)
	}
	if err := confidential(u); err != nil {
		return nil, fmt.Errorf("OIDC issuer: %w", err)
	}
	for _, required := range []struct{ what, value string }{
		{"audience", s.Audience},
		{"tenant claim", s.TenantClaim},
		{"user claim", s.UserClaim},
		{"roles claim", s.RolesClaim},
	} {
		if required.value == "" {
			return nil, fmt.Errorf("an OIDC issuer without an OIDC %s", required.what)
		}
	}
	return &Provider{settings: s, now: now, keys: &keys{issuer: s.Issuer, client: newClient(), now: now, log: log}}, nil
}

// confidential refuses plain http to anywhere but this machine: keys that came that way prove nothing.
func confidential(u *url.URL) error {
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return fmt.Errorf("%s://%s is not reached by https", u.Scheme, u.Host)
}

// Verify returns what a token says of its bearer, or why it does not count: fault.Unavailable where the
// provider's keys cannot be had, so that nobody can tell. Errors go into the log, and repeat nothing of a token.
func (p *Provider) Verify(ctx context.Context, token string) (Identity, error) {
	t, err := jwt.ParseSigned(token, algorithms)
	if _, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
		return Identity{}, errors.New("it is signed with an algorithm that does not count")
	}
	if err != nil {
		return Identity{}, errors.New("it is not a signed JWT")
	}
	header := t.Headers[0]
	if err := checkType(header); err != nil {
		return Identity{}, err
	}
	candidates, err := p.keys.find(ctx, header)
	if err != nil {
		return Identity{}, err
	}
	for _, key := range candidates {
		var c claims
		var all map[string]json.RawMessage
		if err := t.Claims(key.Key, &c, &all); errors.Is(err, jose.ErrCryptoFailure) {
			continue // one of several keys without a name
		} else if err != nil {
			return Identity{}, err
		}
		if err := p.check(c); err != nil {
			return Identity{}, err
		}
		return p.settings.identity(c, all)
	}
	return Identity{}, errors.New("no key of the provider fits the signature")
}

// checkType refuses what the provider has signed for another purpose, such as logging somebody out.
func checkType(h jose.Header) error {
	typ, given := h.ExtraHeaders[jose.HeaderType]
	if !given {
		return nil
	}
	s, _ := typ.(string)
	if !slices.Contains([]string{"jwt", "at+jwt"}, strings.TrimPrefix(strings.ToLower(s), "application/")) {
		return errors.New("its typ is that of another kind of token")
	}
	return nil
}

// check tells why claims do not count here and now.
func (p *Provider) check(c claims) error {
	switch {
	case c.Expiry == nil:
		return errors.New("it never ends")
	case c.Subject == "":
		return errors.New("it names no subject")
	case !p.now().Before(c.Expiry.Time()):
		return jwt.ErrExpired
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: p.settings.Issuer, AnyAudience: jwt.Audience{p.settings.Audience}, Time: p.now()}, maxSkew); err != nil {
		return err
	}
	// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation: for whom a token with several
	// audiences was made, its authorized party tells.
	if c.Party == "" && len(c.Audience) > 1 {
		return errors.New("it has several audiences and no azp")
	}
	if c.Party != "" && c.Party != p.settings.Audience && !slices.Contains(p.settings.Clients, c.Party) {
		return errors.New("its azp is not a client of this server")
	}
	return nil
}

func newClient() *http.Client {
	return &http.Client{Timeout: fetchTimeout, Transport: guarded{http.DefaultTransport}}
}
