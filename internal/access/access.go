// Package access says who may come in: it makes API tokens, and finds the caller behind a credential.
package access

import (
	"io"
	"time"

	"purser/internal/audit"
	"purser/internal/id"
	"purser/internal/openid"
	"purser/internal/store"
)

// Service makes tokens and recognises them.
type Service struct {
	db    *store.DB
	trail *audit.Trail
	ids   *id.Source
	now   func() time.Time
	rand  io.Reader

	issuer *openid.Provider // nil: API tokens alone
}

// New returns a service that takes the randomness of its secrets from rand.
func New(db *store.DB, trail *audit.Trail, ids *id.Source, now func() time.Time, rand io.Reader) *Service {
	return &Service{db: db, trail: trail, ids: ids, now: now, rand: rand}
}
