package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/fault"
	"purser/internal/lean"
)

// defaultPatience is how long a client may take to receive one piece of an answer.
const defaultPatience = 30 * time.Second

// beforeData stands before the data of an answer without errors.
const beforeData = `{"data":`

// around returns what stands before and after the data of an answer; the data itself, which the
// executor has written already, is not touched again. Without data there is no key for it.
func around(r *graphql.Response) (before, after []byte) {
	switch {
	case len(r.Errors) == 0 && r.Data != nil:
		before = []byte(beforeData)
	case len(r.Errors) == 0:
		before = []byte("{")
	default:
		before = append([]byte(`{"errors":`), marshal(r.Errors)...)
		if r.Data != nil {
			before = append(before, `,"data":`...)
		}
	}
	return before, afterData(nil, r, len(before) > 1)
}

// afterData appends what stands behind the data; comma: and something before that.
func afterData(b []byte, r *graphql.Response, comma bool) []byte {
	if len(r.Extensions) > 0 {
		if comma {
			b = append(b, ',')
		}
		b = extensions(append(b, `"extensions":`...), r.Extensions)
	}
	return append(b, '}')
}

// extensions appends what is told beside the data: as a rule the cost, and nothing else.
func extensions(b []byte, of map[string]any) []byte {
	if c, ok := of["cost"].(charge); ok && len(of) == 1 {
		return append(c.append(append(b, `{"cost":`...)), '}')
	}
	return append(b, marshal(of)...)
}

// marshal writes errors and extensions, which are made of plain values only.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}

// wire returns an answer in one piece, between what a stream's framing puts before and after it.
// It has no line breaks.
func wire(prefix string, r *graphql.Response, suffix string) []byte {
	before, after := around(r)
	data := []byte(r.Data)
	if bytes.ContainsAny(data, "\r\n") { // only between tokens: in strings they are escaped
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\n"), nil), []byte("\r"), nil)
	}
	return bytes.Join([][]byte{[]byte(prefix), before, data, after, []byte(suffix)}, nil)
}

// write sends an answer.
func (s *Server) write(w http.ResponseWriter, typ string, status int, resp *graphql.Response) {
	before, after := around(resp)
	s.writeAll(w, typ, status, resp, before, resp.Data, after)
}

// send sends an answer that was executed with a buffer, into which beforeData was written first. When its data went into
// that, it is complete but for its end, unless there are errors, which come before the data.
func (s *Server) send(w http.ResponseWriter, typ string, status int, resp *graphql.Response, b *lean.Buffer) {
	if len(resp.Errors) > 0 || b.Len() != len(beforeData)+len(resp.Data) {
		s.write(w, typ, status, resp)
		return
	}
	_, _ = b.Write(afterData(b.AvailableBuffer(), resp, true)) // as a buffer, it takes all
	s.writeAll(w, typ, status, resp, b.Bytes())
}

func (s *Server) writeAll(w http.ResponseWriter, typ string, status int, resp *graphql.Response, parts ...[]byte) {
	length := 0
	for _, b := range parts {
		length += len(b)
	}
	h := w.Header()
	h["Content-Type"] = contentType[typ]
	h["Content-Length"] = []string{strconv.Itoa(length)}
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case http.StatusTooManyRequests:
		h.Set("Retry-After", fmt.Sprint(resp.Errors[0].Extensions["retryAfter"]))
	}
	s.patient(w)
	w.WriteHeader(status)
	for _, b := range parts {
		if _, err := w.Write(b); err != nil {
			return // the client is gone
		}
	}
}

// patient gives the client the time that it may take to receive what is written next.
func (s *Server) patient(w http.ResponseWriter) {
	deadline := time.Now().Add(s.patience)                       //nolint:forbidigo // a socket goes by the kernel's clock, not by an injected one
	_ = http.NewResponseController(w).SetWriteDeadline(deadline) // without support there is no deadline
}

// refuse answers with an error alone.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	typ, ok := answerType(r.Header)
	if !ok {
		typ = jsonType
	}
	s.write(w, typ, status, s.engine.refusal(r.Context(), err))
}

// statusOf is the status of an answer. The executor having run, it is 200: the errors are in the
// body. A request that was refused before is 200 to clients who take plain JSON, as they expect of
// GraphQL, and 400 to those who know better; what is not about the document has a status of its own.
func statusOf(resp *graphql.Response, typ string) int {
	if resp.Data != nil || len(resp.Errors) == 0 {
		return http.StatusOK
	}
	if status := statusOfCode(codeOf(resp)); status != http.StatusBadRequest {
		return status
	}
	if typ == jsonType {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// codeOf returns the code of an answer's first error.
func codeOf(resp *graphql.Response) fault.Code {
	switch code := resp.Errors[0].Extensions["code"].(type) {
	case fault.Code:
		return code
	case string:
		return fault.Code(code)
	}
	return ""
}

func statusOfCode(code fault.Code) int {
	switch code {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}
