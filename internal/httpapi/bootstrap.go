package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"purser/internal/bootstrap"
	"purser/internal/directory"
	"purser/internal/fault"
)

// Bootstrap makes the first tenant; bootstrap.Service does.
type Bootstrap interface {
	// Use makes it for whoever has the secret; see bootstrap.Service.Use for its faults.
	Use(ctx context.Context, secret string, o directory.Organization, a directory.Admin) (bootstrap.Made, error)
}

// maxBootstrap is the longest request to /bootstrap.
const maxBootstrap = 16 << 10

// bootstrapRequest is what /bootstrap takes.
type bootstrapRequest struct {
	Secret       string                 `json:"secret"`
	Organization directory.Organization `json:"organization"`
	Admin        directory.Admin        `json:"admin"`
}

// bootstrapped is the answer to who has got in.
type bootstrapped struct {
	TenantID  string `json:"tenantId"`
	UserID    string `json:"userId"`
	Token     string `json:"token"`
	ExpiresAt string `json:"expiresAt"`
}

// problem is what is wrong with a request, or with a field of it.
type problem struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   []string   `json:"field,omitempty"`
}

// serveBootstrap lets the first administrator in. It is JSON only, for pages of this very origin and for what is
// no page: other origins that may call the API may not call this.
func (s *Server) serveBootstrap(w http.ResponseWriter, r *http.Request) {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		s.problems(w, http.StatusForbidden, fault.New(fault.Forbidden, "Pages of other origins may not call this."))
		return
	}
	in, status, refused := readBootstrap(w, r)
	if refused != nil {
		s.problems(w, status, refused)
		return
	}
	ctx, cancel := s.deadline(r.Context())
	defer cancel()
	made, err := s.Bootstrap.Use(ctx, in.Secret, in.Organization, in.Admin)
	all, ok := fault.All(err)
	switch {
	case err == nil:
		s.json(w, http.StatusCreated, bootstrapped{made.TenantID, made.UserID, made.Token.Secret, made.Token.ExpiresAt.String()})
	case !ok:
		s.refuse(w, r, http.StatusInternalServerError, err)
	case all[0].Code == fault.WrongStatus:
		s.problems(w, http.StatusGone, all...)
	case all[0].Code == fault.Conflict:
		s.problems(w, http.StatusConflict, all...)
	default:
		s.problems(w, statusOfCode(all[0].Code), all...)
	}
}

// readBootstrap reads the request, or says with which status to refuse it.
func readBootstrap(w http.ResponseWriter, r *http.Request) (bootstrapRequest, int, *fault.Error) {
	var in bootstrapRequest
	if !isJSON(r.Header) {
		return in, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "Send Content-Type: application/json.")
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBootstrap))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return in, http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "The request is too large: at most %d KB.", maxBootstrap>>10)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err != nil || !utf8.Valid(b) || d.Decode(&in) != nil || d.More() {
		return in, http.StatusBadRequest, fault.New(fault.Invalid, "The request is not one JSON object with texts `secret`, `organization` {`name`, `domain`, `country`, `locale`} and `admin` {`userPrincipalName`, `displayName`, `mail`}.")
	}
	return in, http.StatusOK, nil
}

// problems answers with what is wrong.
func (s *Server) problems(w http.ResponseWriter, status int, all ...*fault.Error) {
	list := make([]problem, len(all))
	for i, f := range all {
		list[i] = problem{f.Code, f.Message, f.Field}
	}
	s.json(w, status, map[string][]problem{"errors": list})
}

// json answers with plain values.
func (s *Server) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", jsonType+"; charset=utf-8")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	s.patient(w)
	w.WriteHeader(status)
	_, _ = w.Write(append(marshal(v), '\n')) // the client is gone, or it is not
}
