package openid

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"

	"purser/internal/viewer"
)

// maxText is the longest that a claim about the bearer may be.
const maxText = 255

// maxEnd bounds when tokens end, far beyond what providers give and what instants can hold.
var maxEnd = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Identity is what a token says of its bearer.
type Identity struct {
	Issuer, Subject string
	// Tenant is the tenant's name outside of Purser, or its domain.
	Tenant string
	// User is the sign-in name.
	User string
	// Roles are the bearer's; nil where the token does not speak of roles.
	Roles *viewer.Roles
	// ExpiresAt is the token's end.
	ExpiresAt time.Time
}

// claims are those that are checked.
type claims struct {
	jwt.Claims

	Party string `json:"azp"`
}

// identity reads the claims that the settings name.
func (s Settings) identity(c claims, all map[string]json.RawMessage) (Identity, error) {
	who := Identity{Issuer: c.Issuer, Subject: c.Subject, ExpiresAt: c.Expiry.Time()}
	if who.ExpiresAt.After(maxEnd) {
		return Identity{}, errors.New("it ends too far away")
	}
	var err error
	if who.Tenant, err = text(all, s.TenantClaim); err != nil {
		return Identity{}, err
	}
	if who.User, err = text(all, s.UserClaim); err != nil {
		return Identity{}, err
	}
	if len(c.Subject) > maxText {
		return Identity{}, errors.New("its subject is too long")
	}
	who.Roles, err = roles(all, s.RolesClaim)
	return who, err
}

func text(all map[string]json.RawMessage, claim string) (string, error) {
	var s string
	if err := json.Unmarshal(all[claim], &s); err != nil || s == "" || len(s) > maxText {
		return "", fmt.Errorf("its claim %q is not a text of 1 to %d bytes", claim, maxText)
	}
	return s, nil
}

// roles returns the roles in a claim, without those that Purser does not know; nil where there is no such claim.
func roles(all map[string]json.RawMessage, claim string) (*viewer.Roles, error) {
	raw, given := all[claim]
	if !given {
		return nil, nil
	}
	var names []viewer.Role
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("its claim %q is not a list of texts", claim)
	}
	return new(viewer.SetOf(names...) &^ viewer.SetOf(viewer.Member)), nil
}
