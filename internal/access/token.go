package access

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purser/ent"
	"purser/ent/user"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// MaxTTL is the longest that a token may live: a year, a leap year included.
	MaxTTL = 366 * 24 * time.Hour

	maxName = 200
)

// NewToken is what a token shall be.
type NewToken struct {
	Name string
	// UserID is the user that the token stands for; nil for a service token.
	UserID *string
	// Roles of a service token. A user's token has the user's roles, whatever they become.
	Roles viewer.Roles
	// TTL is how long it lives, at most MaxTTL; or ExpiresAt is when it ends.
	TTL       time.Duration
	ExpiresAt *instant.Milli
}

// Token is a token that was just made. The secret is shown this once.
type Token struct {
	ID        string
	Secret    string
	ExpiresAt instant.Milli
}

// CreateToken makes a token in the viewer's tenant. One of the tenant's own global admins may, who may do
// everything, so that no role is above theirs.
// It returns fault.Forbidden, fault.Invalid, or fault.NotFound for a user whom the tenant does not have.
func (s *Service) CreateToken(ctx context.Context, n NewToken) (Token, error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return Token{}, fault.New(fault.Internal, "a token without a viewer")
	}
	if !givesAccess(v) {
		return Token{}, fault.New(fault.Forbidden, "Only one of the tenant's own global admins makes tokens.")
	}
	now := instant.From(s.now())
	end, err := n.end(now)
	if err != nil {
		return Token{}, err
	}
	if err := n.check(); err != nil {
		return Token{}, err
	}
	secret, err := newSecret(s.rand)
	if err != nil {
		return Token{}, err
	}
	t := Token{ID: s.ids.New(id.APIToken), Secret: secret, ExpiresAt: end}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := usable(ctx, tx, n.UserID); err != nil {
			return err
		}
		err := tx.APIToken.Create().
			SetID(t.ID).SetTenantID(v.Tenant).SetName(n.Name).SetNillableUserID(n.UserID).SetRoles(n.Roles).
			SetHash(hashOf(secret)).SetPrefix(secret[:shownLen]).SetCreatedAt(now).SetExpiresAt(t.ExpiresAt).SetNillableCreatedBy(v.Actor()).
			Exec(ctx)
		if err != nil {
			return fmt.Errorf("create a token: %w", err)
		}
		return s.trail.Record(ctx, tx, audit.Event{Action: audit.TokenCreated, Subject: t.ID, Changes: n.changes(t)})
	})
	if err != nil {
		return Token{}, err
	}
	return t, nil
}

// end returns when the token ends.
func (n NewToken) end(now instant.Milli) (instant.Milli, error) {
	end, field := now.Add(n.TTL), "ttl"
	if n.ExpiresAt != nil {
		end, field = *n.ExpiresAt, "expiresAt"
	}
	if end <= now || end > now.Add(MaxTTL) {
		return 0, fault.New(fault.Invalid, "A token lives at least a moment and at most a year.").At(field)
	}
	return end, nil
}

func (n NewToken) check() error {
	switch {
	case strings.TrimSpace(n.Name) == "" || utf8.RuneCountInString(n.Name) > maxName || strings.ContainsFunc(n.Name, unicode.IsControl):
		return fault.New(fault.Invalid, "A token has a name of 1 to %d printable characters.", maxName).At("name")
	case n.UserID != nil && n.Roles != 0:
		return fault.New(fault.Invalid, "A user's token has the user's roles and no others.").At("roles")
	case n.UserID == nil && n.Roles == 0:
		return fault.New(fault.Invalid, "A service token needs a role.").At("roles")
	case n.Roles.Has(viewer.Member):
		return fault.New(fault.Invalid, "MEMBER means nothing to a service token.").At("roles")
	}
	return nil
}

// usable refuses a user whose token would be refused anyway.
func usable(ctx context.Context, tx *store.Tx, userID *string) error {
	if userID == nil {
		return nil
	}
	u, err := tx.User.Query().Where(user.ID(*userID)).Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "There is no such user.").At("userId")
	}
	if err != nil {
		return fmt.Errorf("find the token's user: %w", err)
	}
	if u.Removed || !u.AccountEnabled {
		return fault.New(fault.Invalid, "The user is blocked or has left.").At("userId")
	}
	return nil
}

func (n NewToken) changes(t Token) []audit.Change {
	list := []audit.Change{audit.Changed("name", "", n.Name)}
	if n.UserID != nil {
		list = append(list, audit.Changed("user", "", *n.UserID))
	} else {
		list = append(list, audit.Changed("roles", "", n.Roles.String()))
	}
	return append(list, audit.Changed("expiresAt", "", t.ExpiresAt.String()))
}
