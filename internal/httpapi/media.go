package httpapi

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of answers.
const (
	jsonType   = "application/json"
	resultType = "application/graphql-response+json"
	eventsType = "text/event-stream"
)

// contentType has the header of each type in which there are answers.
var contentType = map[string][]string{
	jsonType:   {jsonType + "; charset=utf-8"},
	resultType: {resultType + "; charset=utf-8"},
}

// wanted is one entry of an Accept header.
type wanted struct {
	typ string
	q   float64
}

// accepted reads the Accept headers; entries that make no sense are left out.
func accepted(h http.Header) []wanted {
	var list []wanted
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept"), ","), ",") {
		typ, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(s, 64); err != nil || !(q >= 0 && q <= 1) { // NaN is not a quality
				continue
			}
		}
		list = append(list, wanted{typ, q})
	}
	return list
}

// answerType returns the media type of the answer, and false where none is acceptable. Equal
// wishes go by how exactly they name a type, then by their order, then to plain JSON.
func answerType(h http.Header) (string, bool) {
	if strings.TrimSpace(strings.Join(h.Values("Accept"), "")) == "" {
		return jsonType, true
	}
	list := accepted(h)
	best, typ := wish{}, ""
	for _, candidate := range []string{jsonType, resultType} {
		if w := wishFor(list, candidate); w.q > 0 && (typ == "" || w.beats(best)) {
			best, typ = w, candidate
		}
	}
	return typ, typ != ""
}

// wish is how much a client wants one type: the most exact entry that covers it decides.
type wish struct {
	q     float64
	exact int // 3: by name, 2: type/*, 1: */*
	place int
}

func (w wish) beats(o wish) bool {
	switch {
	case w.q != o.q:
		return w.q > o.q
	case w.exact != o.exact:
		return w.exact > o.exact
	}
	return w.place < o.place
}

func wishFor(list []wanted, typ string) wish {
	var w wish
	family, _, _ := strings.Cut(typ, "/")
	for i, x := range list {
		exact := 0
		switch x.typ {
		case typ:
			exact = 3
		case family + "/*":
			exact = 2
		case "*/*":
			exact = 1
		}
		if exact > w.exact {
			w = wish{q: x.q, exact: exact, place: i}
		}
	}
	return w
}

// wantsEvents tells whether the answer shall be a stream of events: where they are asked for by name, and JSON is not, or
// is wanted less. Clients that take both alike do not expect a stream for a query.
func wantsEvents(h http.Header) bool {
	list := accepted(h)
	events := wishFor(list, eventsType)
	if events.q == 0 || events.exact < 3 {
		return false
	}
	for _, typ := range []string{jsonType, resultType} {
		if json := wishFor(list, typ); json.q > events.q || json.q == events.q && json.exact == 3 {
			return false
		}
	}
	return true
}

// isJSON tells whether a request's body is JSON in UTF-8. Nothing else may be: pages of other
// origins can send forms and plain text without asking first.
func isJSON(h http.Header) bool {
	types := h.Values("Content-Type")
	if len(types) != 1 || strings.TrimSpace(h.Get("Content-Encoding")) != "" {
		return false
	}
	if types[0] == jsonType {
		return true
	}
	typ, params, err := mime.ParseMediaType(types[0])
	charset, ok := params["charset"]
	return err == nil && typ == jsonType && (!ok || strings.EqualFold(charset, "utf-8"))
}
