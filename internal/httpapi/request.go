package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/fault"
)

// maxBody is the longest request: the body of a POST, the query string of a GET, or a message on
// a socket.
const maxBody = 256 << 10

// body is what a request asks for.
type body struct {
	Query         *string        `json:"query"`
	OperationName *string        `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

var (
	errNotJSON  = fault.New(fault.GraphQLInvalid, "The request is not one JSON object, in UTF-8, with a string `query` and, where given, a string `operationName` and objects `variables` and `extensions`.")
	errNoQuery  = fault.New(fault.GraphQLInvalid, "The request has no `query`.")
	errTooLarge = fault.New(fault.TooComplex, "The request is too large: at most %d KB.", maxBody>>10)
)

// decodeRequest reads a request from JSON. Errors do not repeat what was sent.
func decodeRequest(b []byte) (*graphql.RawParams, error) {
	if !utf8.Valid(b) {
		return nil, errNotJSON
	}
	in, ok := (&quick{b: b}).body()
	if !ok {
		in = body{} // of what was read so far nothing is left: names that come twice would be joined
		if decodeOne(b, &in) != nil {
			return nil, errNotJSON
		}
	}
	return in.params()
}

// decodeOne reads JSON that is one value and nothing else. A number keeps its digits until its type is known.
func decodeOne(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

func (in body) params() (*graphql.RawParams, error) {
	if in.Query == nil {
		return nil, errNoQuery
	}
	p := &graphql.RawParams{Query: *in.Query, Variables: in.Variables, Extensions: in.Extensions}
	if in.OperationName != nil {
		p.OperationName = *in.OperationName
	}
	return p, nil
}

// decodeQuery reads a request from a URL's query string.
func decodeQuery(raw string) (*graphql.RawParams, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fault.New(fault.GraphQLInvalid, "The query string is malformed.")
	}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 || !utf8.ValidString(values.Get(name)) {
			return nil, fault.New(fault.GraphQLInvalid, "The parameter `%s` is given twice, or is not UTF-8.", name)
		}
	}
	var in body
	if values.Has("query") {
		in.Query = new(values.Get("query"))
	}
	in.OperationName = new(values.Get("operationName"))
	for name, to := range map[string]*map[string]any{"variables": &in.Variables, "extensions": &in.Extensions} {
		if s := values.Get(name); s != "" && decodeOne([]byte(s), to) != nil {
			return nil, fault.New(fault.GraphQLInvalid, "The parameter `%s` is not a JSON object.", name)
		}
	}
	return in.params()
}

// text is a request as it was sent: the body of a POST, or the query string of a GET.
type text struct {
	body  []byte
	query string
}

// readText receives a request, or says with which status to refuse it.
func readText(w http.ResponseWriter, r *http.Request) (text, int, error) {
	if r.Method != http.MethodPost {
		if len(r.URL.RawQuery) > maxBody {
			return text{}, http.StatusRequestURITooLong, errTooLarge
		}
		return text{query: r.URL.RawQuery}, 0, nil
	}
	if !isJSON(r.Header) {
		return text{}, http.StatusUnsupportedMediaType, fault.New(fault.GraphQLInvalid, "Send Content-Type: application/json.")
	}
	if r.ContentLength > maxBody {
		return text{}, http.StatusRequestEntityTooLarge, errTooLarge
	}
	b, err := readBody(w, r)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return text{}, http.StatusRequestEntityTooLarge, errTooLarge
	}
	if err != nil {
		return text{}, http.StatusBadRequest, fault.New(fault.GraphQLInvalid, "The request's body did not arrive.")
	}
	return text{body: b}, 0, nil
}

// atOnce is how long a body may be for which there is room before it has arrived.
const atOnce = 4 << 10

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > atOnce {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	b := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, b)
	return b, err
}

// decode reads what the request asks for.
func (t text) decode(r *http.Request) (*graphql.RawParams, error) {
	decode := func() (*graphql.RawParams, error) { return decodeRequest(t.body) }
	if r.Method != http.MethodPost {
		decode = func() (*graphql.RawParams, error) { return decodeQuery(t.query) }
	}
	p, err := decode()
	if err != nil {
		return nil, err
	}
	p.Headers = r.Header
	return p, nil
}
