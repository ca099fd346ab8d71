package httpapi_test

import (
	"strings"
	"testing"

	"github.com/coder/websocket"

	"purser/internal/fault"
	"purser/internal/httpapi"
)

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(`{"query":"{hello}","variables":{"a":[1,null,{"b":"c"}]},"operationName":"A","extensions":{}}`))
	f.Add([]byte(`{"query":null}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := httpapi.DecodeRequest(b)
		if (p == nil) != (err != nil) || err != nil && fault.CodeOf(err) != fault.GraphQLInvalid {
			t.Errorf("%v, %v", p, err)
		}
		if q, err := httpapi.DecodeQuery(string(b)); (q == nil) != (err != nil) {
			t.Errorf("%v, %v", q, err)
		}
		readAlike(t, b)
	})
}

func FuzzBearer(f *testing.F) {
	f.Add("Bearer good")
	f.Add("bearer  x ")
	f.Fuzz(func(t *testing.T, s string) {
		token, ok := httpapi.Bearer(s)
		if ok && (token == "" || strings.ContainsAny(token, " \t\r\n\x00,\"") || !strings.HasSuffix(strings.TrimRight(s, " "), token)) {
			t.Errorf("%q gives %q", s, token)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte(`{"type":"subscribe","id":"1","payload":{"query":"{a}"}}`))
	f.Add([]byte(`{"type":"connection_init","payload":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := httpapi.ParseMessage(websocket.MessageText, b)
		if err == nil && m.Type == "subscribe" && m.ID == "" {
			t.Errorf("%q: an operation without an id", b)
		}
	})
}
