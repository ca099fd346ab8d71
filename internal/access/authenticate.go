package access

import (
	"context"
	"fmt"
	"strings"

	"purser/internal/fault"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Authenticate finds the caller behind a bearer token, with every tenant within reach, in one
// statement. Nothing is remembered from one call to the next: what another process has revoked ends at once. Whatever is wrong with
// the secret, its token or the token's user, the answer is one and the same fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, secret string) (*viewer.Caller, error) {
	begin, err := s.recognise(ctx, secret)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, begin())
}

// LookUp is Authenticate without a round trip of its own; nil for a secret that is refused before anybody is looked up.
func (s *Service) LookUp(ctx context.Context, secret string) *viewer.LookUp {
	begin, err := s.recognise(ctx, secret)
	if err != nil {
		return nil
	}
	var l *lookUp
	var along *store.Along
	return &viewer.LookUp{
		Along: func(ctx context.Context) context.Context {
			l = begin()
			ctx, along = store.WithAlong(ctx, l.query, l.args, l.row)
			return ctx
		},
		Outcome: func(ctx context.Context) (*viewer.Caller, error) {
			if along != nil && along.Arrived() {
				return s.outcome(l)
			}
			return s.ask(ctx, begin())
		},
	}
}

// recognise tells what could be a credential by itself, and returns what begins to look it up.
func (s *Service) recognise(ctx context.Context, secret string) (begin func() *lookUp, err error) {
	if s.issuer != nil && !strings.HasPrefix(secret, secretStart) {
		who, err := s.verify(ctx, secret)
		if err != nil {
			return nil, err
		}
		return func() *lookUp { return s.lookUpUser(who) }, nil
	}
	if !wellFormed(secret) {
		return nil, unauthenticated()
	}
	return func() *lookUp { return s.lookUpToken(secret) }, nil
}

// ask does a look-up by itself.
func (s *Service) ask(ctx context.Context, l *lookUp) (*viewer.Caller, error) {
	if err := s.db.ReadUnwalled(ctx, l.query, l.args, l.row); err != nil {
		return nil, fmt.Errorf("find out who asks: %w", err)
	}
	return s.outcome(l)
}

// outcome is who is behind what was looked up, if anybody.
func (s *Service) outcome(l *lookUp) (*viewer.Caller, error) {
	c, err := l.caller()
	if err == nil && c.Credential.Kind == viewer.APIToken {
		s.uses.note(c.Credential.ID, l.now)
	}
	return c, err
}

// unauthenticated says nothing about what was wrong: that would help to guess.
func unauthenticated() *fault.Error {
	return fault.New(fault.Unauthenticated, "The credential is not valid.")
}
