package httpapi

import (
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"purser/internal/fault"
)

// read lets only GET and HEAD through to a handler.
func (s *Server) read(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.notAllowed(w, r, "GET, HEAD")
			return
		}
		next(w, r)
	}
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "There is nothing at this address."))
}

// paced holds a handler that asks the database for anybody to the rate of their address.
func (s *Server) paced(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.gate.stranger(addressOf(r.Context())); err != nil {
			s.refuse(w, r, statusOfErr(err), err)
			return
		}
		next(w, r)
	}
}

// serveSchema serves the schema's text, which is public.
func (s *Server) serveSchema(w http.ResponseWriter, _ *http.Request) { s.text(w, http.StatusOK, s.SDL) }

// serveHealth tells that the process is alive.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	s.text(w, http.StatusOK, []byte("ok\n"))
}

// serveReady tells whether requests may be sent here.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.deadline(r.Context())
	defer cancel()
	switch {
	case s.stopping.Err() != nil:
		s.text(w, http.StatusServiceUnavailable, []byte("shutting down\n"))
	case s.Ready(ctx) != nil:
		s.text(w, http.StatusServiceUnavailable, []byte("not ready\n"))
	default:
		s.text(w, http.StatusOK, []byte("ready\n"))
	}
}

func (s *Server) text(w http.ResponseWriter, status int, b []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	s.patient(w)
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone, or it is not
}

// serveExport serves the file behind an export link: who has the link, has the file.
func (s *Server) serveExport(w http.ResponseWriter, r *http.Request) {
	leave, ok := s.streams.enter()
	if !ok {
		s.refuse(w, r, http.StatusServiceUnavailable, errTooManyOpen)
		return
	}
	defer leave()
	name, write, err := s.Exports.Open(r.Context(), r.PathValue("id"), r.URL.Query().Get("key"))
	if err != nil {
		s.refuse(w, r, statusOfErr(err), err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the server's is meant for the request, which is here
	out := &patientWriter{server: s, w: w}
	err = write(r.Context(), out)
	switch {
	case err == nil:
	case out.begun:
		s.Log.LogAttrs(r.Context(), slog.LevelWarn, "export broke off", slog.Any("error", err))
		panic(http.ErrAbortHandler) //nolint:forbidigo // the one way to tell the client that the file is not whole
	default:
		h.Del("Content-Disposition")
		s.refuse(w, r, statusOfErr(err), err)
	}
}

// patientWriter gives the client time for each piece, not for the whole.
type patientWriter struct {
	server *Server
	w      http.ResponseWriter
	begun  bool
}

var _ io.Writer = (*patientWriter)(nil)

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	p.begun = true
	p.server.patient(p.w)
	return p.w.Write(b)
}
