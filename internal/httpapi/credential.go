package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/viewer"
)

// maxCredential is the longest that a bearer token may be.
const maxCredential = 8 << 10

var (
	errCredential      = fault.New(fault.Unauthenticated, "The credential is not valid.")
	errCredentialEnded = fault.New(fault.Unauthenticated, "The credential has ended.")
	errAccessLost      = fault.New(fault.Forbidden, "Your roles do not allow this any more.")
)

// bearer returns the token of an Authorization header's value.
func bearer(value string) (string, bool) {
	scheme, token, ok := strings.Cut(value, " ")
	token = strings.Trim(token, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxCredential {
		return "", false
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c > '~' || c == '"' || c == ',' {
			return "", false
		}
	}
	return token, true
}

// guestOf returns who sent the request, if they are known; an error for a bad credential.
func (s *Server) guestOf(ctx context.Context, r *http.Request) (guest, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return guest{}, s.gate.stranger(addressOf(ctx))
	}
	if len(values) > 1 {
		return guest{}, s.noCredential(ctx)
	}
	g, err := s.guestBehind(ctx, values[0])
	return g, s.withoutWhy(ctx, err)
}

// withoutWhy logs why a credential is refused: whoever connects a provider has to know, whoever shows it must not.
func (s *Server) withoutWhy(ctx context.Context, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.Unauthenticated || f.Cause == nil {
		return err
	}
	s.Log.LogAttrs(ctx, slog.LevelInfo, "credential refused", slog.Any("why", f.Cause), slog.String("requestId", audit.RequestID(ctx)))
	return errCredential
}

func (s *Server) guestBehind(ctx context.Context, authorization string) (guest, error) {
	token, v, err := s.arrive(ctx, authorization)
	if err != nil {
		return guest{}, err
	}
	if g := s.presume(ctx, token, v); g.lookUp != nil {
		return g, nil
	}
	c, err := s.lookUp(ctx, token, v)
	return guest{caller: c}, err
}

// callerBehind returns who shows this Authorization.
func (s *Server) callerBehind(ctx context.Context, authorization string) (*viewer.Caller, error) {
	token, v, err := s.arrive(ctx, authorization)
	if err != nil {
		return nil, err
	}
	return s.lookUp(ctx, token, v)
}

// lookUp returns whose the token is that somebody has arrived with.
func (s *Server) lookUp(ctx context.Context, token string, v visit) (*viewer.Caller, error) {
	c, err := s.Authenticate(ctx, token)
	return s.known(ctx, v, c, err)
}

// arrive lets in who shows this Authorization, so that its token can be looked up.
func (s *Server) arrive(ctx context.Context, authorization string) (token string, v visit, err error) {
	token, ok := bearer(authorization)
	if !ok {
		return "", v, s.noCredential(ctx)
	}
	v, err = s.gate.arrive(token, func() string { return addressOf(ctx) })
	return token, v, err
}

// known is what has come of a look-up. The gate hears of it.
func (s *Server) known(ctx context.Context, v visit, c *viewer.Caller, err error) (*viewer.Caller, error) {
	switch {
	case err == nil:
		if err := s.gate.found(v, c); err != nil {
			return nil, err
		}
		return c, nil
	case fault.CodeOf(err) == fault.Unauthenticated:
		s.gate.lost(v)
	case ctx.Err() != nil:
		return nil, fault.New(fault.Unavailable, "The request took too long.").Because(err)
	}
	return nil, err
}

// stillBehind returns who is behind an Authorization that was good when its connection was opened. It is
// no request, and counts for no rate.
func (s *Server) stillBehind(ctx context.Context, authorization string) (*viewer.Caller, error) {
	token, ok := bearer(authorization)
	if !ok {
		return nil, errCredential
	}
	c, err := s.Authenticate(ctx, token)
	if err != nil && ctx.Err() != nil {
		return nil, fault.New(fault.Unavailable, "The request took too long.").Because(err)
	}
	return c, err
}

// noCredential is the answer to what could not be a credential.
func (s *Server) noCredential(ctx context.Context) error {
	if err := s.gate.stranger(addressOf(ctx)); err != nil {
		return err
	}
	return errCredential
}

// admit puts the caller into the context of an operation.
func admit(ctx context.Context, c *viewer.Caller) context.Context {
	ctx = graphql.StartOperationTrace(ctx)
	if c == nil {
		return ctx
	}
	entryOf(ctx).admitted(c)
	return viewer.WithCaller(ctx, c)
}

func (s *Server) baseURL(r *http.Request) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// untilItEnds returns a context that ends with the caller's credential.
func (s *Server) untilItEnds(ctx context.Context, c *viewer.Caller) (context.Context, context.CancelFunc) {
	if c == nil || c.Credential.ExpiresAt == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.Credential.ExpiresAt.Time().Sub(s.Now()), errCredentialEnded)
}

// cutOff tells whether an operation was ended for what became of its caller's credential or access.
func cutOff(ctx context.Context) bool {
	_, ok := errors.AsType[*fault.Error](context.Cause(ctx))
	return ok
}

// deadline is the end of a query or mutation.
func (s *Server) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return withTimeout(ctx, s.Timeout)
}

// statusOfErr is the status for an error outside of an operation.
func statusOfErr(err error) int { return statusOfCode(fault.CodeOf(err)) }

// asFault returns what came of a credential as a fault: where nothing is known, that.
func asFault(err error) error {
	if fault.CodeOf(err) == fault.Internal {
		return fault.New(fault.Unavailable, "Whether the credential is still good cannot be told at the moment.").Because(err)
	}
	return err
}

// gone tells whether the client has gone away, so that there is nobody to answer.
func gone(ctx context.Context) bool { return errors.Is(context.Cause(ctx), context.Canceled) }

// until returns how long it is to an instant, at least a moment.
func (s *Server) until(t time.Time) time.Duration { return max(t.Sub(s.Now()), time.Millisecond) }
