// Package bootstrap lets the first administrator into a database without tenants, by a secret link that works
// once.
package bootstrap

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"purser/ent"
	"purser/internal/access"
	"purser/internal/directory"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

const (
	// LinkTTL is how long a link works.
	LinkTTL = 30 * time.Minute
	// tokenTTL is how long the first admin's token works: a day to connect an OpenID provider, or to make others.
	tokenTTL = 24 * time.Hour

	// linkID is the id of the only row: a new link ends the one before it.
	linkID      = "bootstrap"
	secretStart = "psb_"
	secretBytes = 32
)

// Deps is what a service is made of.
type Deps struct {
	DB        *store.DB
	Directory *directory.Directory
	Access    *access.Service
	Now       func() time.Time
	Rand      io.Reader // of the secrets
}

// Service offers links and takes them.
type Service struct{ Deps }

// New returns a service.
func New(d Deps) *Service { return &Service{d} }

// Made is what a link was used for. The token's secret is shown this once.
type Made struct {
	TenantID, UserID string
	Token            access.Token
}

// Offer makes a link and returns its secret: "" where there are tenants already. The link before it ends. It is
// for the start of the server, whose output the operator reads.
func (s *Service) Offer(ctx context.Context) (string, error) {
	random := make([]byte, secretBytes)
	if _, err := io.ReadFull(s.Rand, random); err != nil {
		return "", fmt.Errorf("make a bootstrap link: %w", err)
	}
	secret := secretStart + base64.RawURLEncoding.EncodeToString(random)
	err := s.DB.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		some, err := tx.Tenant.Query().Exist(ctx)
		if err != nil || some {
			secret = ""
			return err
		}
		return tx.BootstrapLink.Create().SetID(linkID).SetHash(hashOf(secret)).SetExpiresAt(instant.From(s.Now()).Add(LinkTTL)).
			OnConflictColumns("id").UpdateNewValues().Exec(ctx)
	})
	if err != nil {
		return "", fmt.Errorf("make a bootstrap link: %w", err)
	}
	return secret, nil
}

// Use makes the first tenant, its first admin and a token for them, and ends the link, all in one transaction.
// Whoever has the secret may.
// It returns fault.NotFound for what is no link, fault.WrongStatus where the link has ended or there are tenants
// already, and the faults of directory.Found, after which the link still works.
func (s *Service) Use(ctx context.Context, secret string, o directory.Organization, a directory.Admin) (Made, error) {
	var m Made
	err := s.DB.InSession(ctx, store.Session{
		Begin: func(ctx context.Context, tx *store.Tx) error { return s.take(ctx, tx, secret) },
		Run: func(ctx context.Context) (err error) {
			if m.TenantID, m.UserID, err = s.Directory.Found(ctx, o, a); err != nil {
				return err
			}
			ctx = viewer.NewContext(ctx, viewer.System(m.TenantID))
			m.Token, err = s.Access.CreateToken(ctx, access.NewToken{Name: "bootstrap link", UserID: &m.UserID, TTL: tokenTTL})
			return err
		},
		End: func(context.Context, *store.Tx) error { return nil },
	})
	if err != nil {
		return Made{}, err
	}
	return m, nil
}

// take ends the link with this secret, if it works. Of several who come at once the first to get here has it.
func (s *Service) take(ctx context.Context, tx *store.Tx, secret string) error {
	if err := tx.Lock(ctx, "bootstrap_links", linkID); err != nil {
		return fmt.Errorf("lock the bootstrap link: %w", err)
	}
	some, err := tx.Tenant.Query().Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for tenants: %w", err)
	}
	if some {
		return fault.New(fault.WrongStatus, "This server has been set up already.")
	}
	link, err := tx.BootstrapLink.Get(ctx, linkID)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("find the bootstrap link: %w", err)
	}
	if link == nil || subtle.ConstantTimeCompare(link.Hash, hashOf(secret)) != 1 {
		return fault.New(fault.NotFound, "This is not the link that the server printed when it was started last.")
	}
	if link.ExpiresAt <= instant.From(s.Now()) {
		return fault.New(fault.WrongStatus, "The link has ended. Start the server again: it prints a new one.")
	}
	if err := tx.BootstrapLink.DeleteOneID(linkID).Exec(ctx); err != nil {
		return fmt.Errorf("end the bootstrap link: %w", err)
	}
	return nil
}

// hashOf returns what is stored of a secret, which is too random to be guessed from it.
func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
