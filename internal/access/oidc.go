package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/openid"
	"purser/internal/viewer"
)

// TrustIssuer lets the users come in who show a token of this OpenID provider. Call it before Authenticate.
func (s *Service) TrustIssuer(p *openid.Provider) { s.issuer = p }

// errNobody repeats nothing of the token: the log tells it.
var errNobody = errors.New("there is no user like the one that it names, in the tenant that it names")

// verify returns what a token of the OpenID provider says, if it counts.
func (s *Service) verify(ctx context.Context, token string) (openid.Identity, error) {
	who, err := s.issuer.Verify(ctx, token)
	if err != nil && fault.CodeOf(err) != fault.Unavailable {
		err = unauthenticated().Because(err)
	}
	return who, err
}

// credentialOf returns the credential that all tokens of one subject are: whoever renews a token in the middle
// of a retry keeps the idempotency keys.
func credentialOf(who openid.Identity) viewer.Credential {
	h := sha256.Sum256([]byte(who.Issuer + "\x00" + who.Subject))
	return viewer.Credential{
		ID: "oidc_" + hex.EncodeToString(h[:]), Kind: viewer.OIDC, Name: who.Issuer, ExpiresAt: instant.From(who.ExpiresAt),
	}
}
