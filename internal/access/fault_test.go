package access_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/takeover/takeovertest"
	"purser/internal/viewer"
)

// TestEveryStatementFails breaks every operation off at every statement.
func TestEveryStatementFails(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, *access.Service, *takeovertest.World) (string, error) { return "", nil }
	token := func(ctx context.Context, s *access.Service, _ *takeovertest.World) (string, error) {
		tok, err := s.CreateToken(ctx, access.NewToken{Name: "x", Roles: viewer.SetOf(viewer.GlobalReader), TTL: time.Hour})
		return tok.ID, err
	}
	grant := func(role viewer.Role) func(context.Context, *access.Service, *takeovertest.World) (string, error) {
		return func(ctx context.Context, s *access.Service, w *takeovertest.World) (string, error) {
			return s.GrantPartnerAccess(ctx, access.Grant{PartnerDomain: "partner.example", Roles: viewer.SetOf(role), ExpiresAt: instant.From(w.Clock.Now()).Add(time.Hour)})
		}
	}
	takeovertest.EveryStatement(t,
		takeovertest.Operation{Name: "CreateToken", Ready: breaking(nothing, func(ctx context.Context, s *access.Service, w *takeovertest.World, _ string) error {
			_, err := token(ctx, s, w)
			return err
		}, "")},
		takeovertest.Operation{Name: "RevokeToken", Ready: breaking(token, func(ctx context.Context, s *access.Service, _ *takeovertest.World, id string) error {
			return s.RevokeToken(ctx, id)
		}, "")},
		takeovertest.Operation{Name: "GrantPartnerAccess", Ready: breaking(nothing, func(ctx context.Context, s *access.Service, w *takeovertest.World, _ string) error {
			_, err := grant(viewer.GlobalReader)(ctx, s, w)
			return err
		}, "")},
		takeovertest.Operation{Name: "GrantPartnerAccess, anew", Ready: breaking(grant(viewer.GlobalReader), func(ctx context.Context, s *access.Service, w *takeovertest.World, _ string) error {
			_, err := grant(viewer.UserAdmin)(ctx, s, w)
			return err
		}, "")},
		takeovertest.Operation{Name: "RevokePartnerAccess", Ready: breaking(grant(viewer.GlobalReader), func(ctx context.Context, s *access.Service, _ *takeovertest.World, _ string) error {
			_, err := s.RevokePartnerAccess(ctx, "partner.example")
			return err
		}, fault.NotFound)},
	)
}

// breaking breaks an operation on what was made before. Whose caller does not know that it was done does it
// again: it is then answered with a fault, or changes nothing; a token would be made twice.
func breaking(before func(context.Context, *access.Service, *takeovertest.World) (string, error),
	do func(context.Context, *access.Service, *takeovertest.World, string) error, again fault.Code,
) func(*testing.T, *takeovertest.World) takeovertest.Steps {
	return func(t *testing.T, w *takeovertest.World) takeovertest.Steps {
		t.Helper()
		s := access.New(w.DB, audit.New(w.IDs, w.Clock.Now), w.IDs, w.Clock.Now, rand.Reader)
		ctx := w.As(t, w.Admin, viewer.GlobalAdmin)
		id, err := before(ctx, s, w)
		check(t, err)
		told := 0
		t.Cleanup(s.Changes.Watch(func(string) { told++ }))
		return takeovertest.Steps{
			Do: func() error {
				told = 0
				err := do(ctx, s, w, id)
				if err != nil && told > 0 {
					t.Errorf("told of what was not done: %v", err)
				}
				return err
			},
			Next: func(t *testing.T, done bool) {
				t.Helper()
				if done && id == "" {
					return
				}
				err := do(ctx, s, w, id)
				if done && again != "" {
					if fault.CodeOf(err) != again {
						t.Errorf("once more: %v, want %s", err, again)
					}
					return
				}
				check(t, err)
			},
		}
	}
}
