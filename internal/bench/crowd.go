package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// crowd is many subscribers of one move, who come the same way.
type crowd struct {
	way           way
	events, ended atomic.Int64
	subscribers   []subscriber
	done          chan error
}

// way is how a subscriber comes.
type way struct {
	name string
	come func(ctx context.Context, base, token, moveID string) (subscriber, error)
}

var ways = []way{{"WebSocket", overSocket}, {"SSE", overEvents}}

// subscriber is the other end of a subscription.
type subscriber interface {
	// next returns the next answer, io.EOF at the end.
	next(ctx context.Context) ([]byte, error)
	leave() error
}

// atOnce is how many subscribers come at the same time.
const atOnce = 20

// come returns when n subscribers have each got a first event.
func (c *crowd) come(ctx context.Context, base, token, moveID string, n int) error {
	c.subscribers, c.done = make([]subscriber, n), make(chan error, n)
	errs := make(chan error, n)
	var coming sync.WaitGroup
	for first := range atOnce {
		coming.Go(func() {
			for i := first; i < n; i += atOnce {
				s, err := c.way.come(ctx, base, token, moveID)
				if err != nil {
					errs <- err
					return
				}
				c.subscribers[i] = s
				if b, err := s.next(ctx); err != nil || bytes.Contains(b, []byte(`"errors"`)) {
					errs <- fmt.Errorf("subscribe: %w: %s", err, b)
					return
				}
				c.events.Add(1)
			}
		})
	}
	coming.Wait()
	close(errs)
	return <-errs // nil when there is none
}

// wait returns when every subscriber has seen the end of the move.
func (c *crowd) wait(ctx context.Context) error {
	for _, s := range c.subscribers {
		go func() { c.done <- c.read(ctx, s) }()
	}
	var errs []error
	for range c.subscribers {
		errs = append(errs, <-c.done)
	}
	return errors.Join(errs...)
}

// read reads up to the end of the subscription.
func (c *crowd) read(ctx context.Context, s subscriber) error {
	var last []byte
	for {
		b, err := s.next(ctx)
		switch {
		case err == nil:
			c.events.Add(1)
			last = bytes.Clone(b)
		case !errors.Is(err, io.EOF):
			return err
		case !bytes.Contains(last, []byte(`"status":"SUCCEEDED"`)):
			return fmt.Errorf("the last event is %s", last)
		default:
			c.ended.Add(1)
			return nil
		}
	}
}

func (c *crowd) leave() error {
	var errs []error
	for _, s := range c.subscribers {
		if s != nil {
			errs = append(errs, s.leave())
		}
	}
	return errors.Join(errs...)
}

// following is the request of each subscriber.
func following(moveID string) map[string]any {
	return map[string]any{
		"query":     `subscription ($id: ID!) { moveProgress(moveId: $id) { status total moved alreadyLicensed gone remaining percent sequence at estimatedFinish } }`,
		"variables": map[string]string{"id": moveID},
	}
}

// socket is a subscriber over WebSocket.
type socket struct{ conn *websocket.Conn }

func overSocket(ctx context.Context, base, token, moveID string) (subscriber, error) {
	conn, _, err := websocket.Dial(ctx, base+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the socket takes it over
	if err != nil {
		return nil, err
	}
	if err := wsjson.Write(ctx, conn, map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + token}}); err != nil {
		return nil, err
	}
	if _, b, err := conn.Read(ctx); err != nil || !bytes.Contains(b, []byte("connection_ack")) {
		return nil, fmt.Errorf("not let in: %w: %s", err, b)
	}
	return socket{conn}, wsjson.Write(ctx, conn, map[string]any{"type": "subscribe", "id": "1", "payload": following(moveID)})
}

func (s socket) next(ctx context.Context) ([]byte, error) {
	_, b, err := s.conn.Read(ctx)
	switch {
	case err != nil:
		return nil, err
	case bytes.HasPrefix(b, []byte(`{"type":"complete"`)):
		return nil, io.EOF
	case !bytes.HasPrefix(b, []byte(`{"type":"next"`)):
		return nil, fmt.Errorf("not an answer: %s", b)
	}
	return b, nil
}

func (s socket) leave() error { return s.conn.CloseNow() }

// stream is a subscriber over server-sent events.
type stream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

func overEvents(ctx context.Context, base, token, moveID string) (subscriber, error) {
	request, err := json.Marshal(following(moveID))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if typ := res.Header.Get("Content-Type"); !strings.HasPrefix(typ, "text/event-stream") {
		return nil, errors.Join(fmt.Errorf("status %d with %s", res.StatusCode, typ), res.Body.Close())
	}
	return stream{res.Body, bufio.NewScanner(res.Body)}, nil
}

func (s stream) next(context.Context) ([]byte, error) {
	for s.lines.Scan() {
		if b, ok := bytes.CutPrefix(s.lines.Bytes(), []byte("data: ")); ok {
			return b, nil
		}
		if bytes.Equal(s.lines.Bytes(), []byte("event: complete")) {
			return nil, io.EOF
		}
	}
	return nil, errors.Join(io.ErrUnexpectedEOF, s.lines.Err())
}

func (s stream) leave() error { return s.body.Close() }
