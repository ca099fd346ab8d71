package httpapi

import (
	"sync"
	"sync/atomic"

	"purser/internal/fault"
)

// room is how many of one kind may be under way at once; any number where the limit is 0.
type room struct {
	limit   int64
	taken   atomic.Int64
	refused func()
}

// full tells that there is no room, without taking any.
func (r *room) full() bool {
	full := r.limit > 0 && r.taken.Load() >= r.limit
	if full {
		r.refused()
	}
	return full
}

// enter takes a place, if there is one, and returns what gives it back, which may be called again, in the same goroutine.
func (r *room) enter() (leave func(), ok bool) {
	if r.taken.Add(1) > r.limit && r.limit > 0 {
		r.taken.Add(-1)
		r.refused()
		return func() {}, false
	}
	left := false
	return func() {
		if !left {
			left = true
			r.taken.Add(-1)
		}
	}, true
}

// seats is how many places each key may have at once; any number where the limit is 0.
type seats struct {
	limit int
	mu    sync.Mutex
	taken map[string]int
}

func (s *seats) enter(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit > 0 && s.taken[key] >= s.limit {
		return false
	}
	s.taken[key]++
	return true
}

func (s *seats) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[key]--; s.taken[key] == 0 {
		delete(s.taken, key)
	}
}

var (
	errBusy        = fault.New(fault.Unavailable, "The server is busy. Try again in a moment.")
	errStopping    = fault.New(fault.Unavailable, "The server is shutting down.")
	errTooManyOpen = fault.New(fault.Unavailable, "The server has as many subscriptions and downloads under way as it can. Try again later.")
)
