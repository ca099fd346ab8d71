package access

import (
	"context"
	"fmt"
	"strings"

	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Authenticate finds the caller behind a bearer token, with every tenant within reach, in one
// statement. Nothing is remembered from one call to the next: what another process has revoked ends at once. Whatever is wrong with
// the secret, its token or the token's user, the answer is one and the same fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, secret string) (*viewer.Caller, error) {
	q, err := s.recognise(ctx, secret)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, q)
}

// LookUp is Authenticate without a round trip of its own, and on SQLite without a look-up where it would find what one has found before: see
// store.LookUp. It is nil for a secret that is refused before anybody is looked up.
func (s *Service) LookUp(ctx context.Context, secret string) viewer.LookUp {
	q, err := s.recognise(ctx, secret)
	if err != nil {
		return nil
	}
	return &pending{question: q, service: s}
}

// pending is a viewer.LookUp.
type pending struct {
	question

	service *Service
	along   *store.Along
}

// Along implements viewer.LookUp.
func (p *pending) Along(ctx context.Context) context.Context {
	ctx, p.along = store.WithAlong(ctx, &lookUp{question: p.question})
	return ctx
}

// Outcome implements viewer.LookUp.
func (p *pending) Outcome(ctx context.Context) (*viewer.Caller, error) {
	if p.along != nil {
		if found, ok := p.along.Arrived().(*lookUp); ok {
			return p.service.outcome(p.question, found)
		}
	}
	return p.service.ask(ctx, p.question)
}

// recognise tells what could be a credential by itself.
func (s *Service) recognise(ctx context.Context, secret string) (q question, err error) {
	if s.issuer != nil && !strings.HasPrefix(secret, secretStart) {
		who, err := s.verify(ctx, secret)
		return question{who: &who}, err
	}
	if !wellFormed(secret) {
		return q, unauthenticated()
	}
	return question{hash: hashOf(secret)}, nil
}

// ask does a look-up by itself.
func (s *Service) ask(ctx context.Context, q question) (*viewer.Caller, error) {
	l := &lookUp{question: q}
	query, args := l.Statement()
	if err := s.db.ReadUnwalled(ctx, query, args, l.Row); err != nil {
		return nil, fmt.Errorf("find out who asks: %w", err)
	}
	return s.outcome(q, l)
}

// outcome is who is behind what was looked up, if anybody.
func (s *Service) outcome(q question, found *lookUp) (*viewer.Caller, error) {
	now := instant.From(s.now())
	c, err := q.caller(found, now)
	if err == nil && c.Credential.Kind == viewer.APIToken {
		s.uses.note(c.Credential.ID, now)
	}
	return c, err
}

// unauthenticated says nothing about what was wrong: that would help to guess.
func unauthenticated() *fault.Error {
	return fault.New(fault.Unauthenticated, "The credential is not valid.")
}
