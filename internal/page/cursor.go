package page

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// Position is where an entry stands in an order: its sort value, and its id among equals.
type Position struct{ Value, ID string }

const sumLen = 6

// Cursor returns the opaque form of the position. It belongs to the list and order that tag
// names: elsewhere, or changed by hand, it is refused.
func (p Position) Cursor(tag string) string {
	payload := p.Value + "\x00" + p.ID
	return base64.RawURLEncoding.EncodeToString(append(sum(tag, payload), payload...))
}

func parseCursor(tag, cursor string) (Position, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < sumLen {
		return Position{}, false
	}
	payload := string(b[sumLen:])
	if !slices.Equal(b[:sumLen], sum(tag, payload)) {
		return Position{}, false
	}
	at := strings.LastIndexByte(payload, 0)
	if at < 0 {
		return Position{}, false
	}
	return Position{payload[:at], payload[at+1:]}, true
}

func sum(tag, payload string) []byte {
	h := sha256.Sum256([]byte(tag + "\x00" + payload))
	return h[:sumLen]
}
