// Package access says who may come in: it makes and revokes API tokens, gives partners access, finds the
// caller behind a credential, and tells open connections when that has to be asked again.
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
	// Changes tells when credentials may have come to mean something else.
	Changes *Changes

	db    *store.DB
	trail *audit.Trail
	ids   *id.Source
	now   func() time.Time
	rand  io.Reader
	uses  uses

	issuer *openid.Provider // nil: API tokens alone
}

// New returns a service that takes the randomness of its secrets from rand.
func New(db *store.DB, trail *audit.Trail, ids *id.Source, now func() time.Time, rand io.Reader) *Service {
	return &Service{Changes: NewChanges(db), db: db, trail: trail, ids: ids, now: now, rand: rand}
}
