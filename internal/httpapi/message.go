package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/coder/websocket"

	"purser/internal/fault"
)

// The protocol is graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// The types of messages.
const (
	msgInit      = "connection_init"
	msgAck       = "connection_ack"
	msgPing      = "ping"
	msgPong      = "pong"
	msgSubscribe = "subscribe"
	msgNext      = "next"
	msgError     = "error"
	msgComplete  = "complete"
)

// closing is why a socket is closed. Clients decide by the code whether to come back.
type closing struct {
	code   websocket.StatusCode
	reason string
}

// The reasons for closing a socket.
var (
	closeGoingAway    = closing{websocket.StatusGoingAway, "Going away"}
	closeInternal     = closing{4500, "Internal server error"}
	closeUnavailable  = closing{websocket.StatusTryAgainLater, "Try again later"}
	closeInvalid      = closing{4400, "Invalid message"}
	closeUnauthorized = closing{4401, "Unauthorized"}
	closeForbidden    = closing{4403, "Forbidden"}
	closeSubprotocol  = closing{4406, "Subprotocol not acceptable"}
	closeInitTimeout  = closing{4408, "Connection initialisation timeout"}
	closeInitTwice    = closing{4429, "Too many initialisation requests"}
	closeTooMany      = closing{4429, "Too many sockets"}
)

func closeDuplicate(id string) closing {
	if len(id) > 60 { // a close frame holds little
		id = "this id"
	}
	return closing{4409, "Subscriber for " + id + " already exists"}
}

// refusedBy is how a socket is closed for what came of a credential.
func refusedBy(err error) closing {
	switch fault.CodeOf(err) {
	case fault.Unavailable, fault.RateLimited:
		return closeUnavailable
	case fault.Internal:
		return closeInternal
	default:
		return closeForbidden
	}
}

// message is one message of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

var errMessage = errors.New("not a message of the protocol")

// parseMessage reads what a client may send.
func parseMessage(typ websocket.MessageType, b []byte) (message, error) {
	var m message
	if typ != websocket.MessageText || !utf8.Valid(b) || json.Unmarshal(b, &m) != nil {
		return m, errMessage
	}
	switch m.Type {
	case msgInit, msgPing, msgPong:
		if p := bytes.TrimSpace(m.Payload); len(p) > 0 && p[0] != '{' && p[0] != 'n' {
			return m, errMessage
		}
	case msgSubscribe, msgComplete:
		if m.ID == "" {
			return m, errMessage
		}
	default:
		return m, errMessage
	}
	return m, nil
}

// authorization returns the credential in the payload of a connection_init.
func authorization(payload json.RawMessage) (string, bool) {
	var p struct{ Authorization *string } // however it is capitalized
	if json.Unmarshal(payload, &p) != nil || p.Authorization == nil {
		return "", false
	}
	return *p.Authorization, true
}

// head is the start of a message about an operation, up to its payload.
func head(typ, id string) string {
	return `{"type":"` + typ + `","id":` + string(marshal(id)) + `,"payload":`
}
