package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"purser/ent"
	"purser/ent/idempotencykey"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// attempt is a call under way.
type attempt struct {
	keys     *Keys
	call     Call
	viewer   viewer.Viewer       // zero until the call has entered a tenant
	found    *ent.IdempotencyKey // the answer that there is already
	looked   bool                // for one, since the work has begun
	recorded bool
}

// id is the record's: a key belongs to a credential in a tenant. None of the three holds a NUL.
func (a *attempt) id() string {
	hash := sha256.Sum256([]byte(strings.Join([]string{a.viewer.Tenant, a.call.Credential, a.call.Key}, "\x00")))
	return hex.EncodeToString(hash[:])
}

// look reads the answer to the call, and returns an error where there is one.
func (a *attempt) look(ctx context.Context, db *ent.Client) error {
	found, err := db.IdempotencyKey.Query().
		Where(idempotencykey.ID(a.id()), idempotencykey.ExpiresAtGT(instant.From(a.keys.now()))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an idempotency key: %w", err)
	}
	a.found = found
	return a.ended()
}

// Both end a call to which an answer was found; only the latter reaches the caller.
var (
	errAnswered = fault.New(fault.Conflict, "This was answered before.")
	errMismatch = fault.New(fault.KeyMismatch, "This idempotency key came with other input before. Use a key for one call only.")
)

// ended says why the call does not go on after an answer was found.
func (a *attempt) ended() error {
	if a.matches() {
		return errAnswered
	}
	return errMismatch
}

// matches tells whether what was found is the answer to this input.
func (a *attempt) matches() bool { return bytes.Equal(a.found.InputHash, a.call.Input[:]) }

// begin has other calls with the key wait for this one, and looks whether it has waited for one itself.
func (a *attempt) begin(ctx context.Context, tx *store.Tx) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	if a.found != nil {
		return a.ended()
	}
	look := store.Statement{
		SQL:  "SELECT input_hash, answer FROM idempotency_keys WHERE id = ? AND expires_at > ? AND COALESCE(tenant_id = ?, FALSE)",
		Args: []any{a.id(), instant.From(a.keys.now()), a.viewer.Tenant},
		Row: func(r *store.Rows) error {
			a.found = new(ent.IdempotencyKey)
			return r.Scan(&a.found.InputHash, &a.found.Answer)
		},
	}
	if err := tx.Together(ctx, append(tx.LockingName(a.id()), look)...); err != nil {
		return fmt.Errorf("lock an idempotency key and look for it: %w", err)
	}
	if a.found == nil {
		return nil
	}
	return a.ended()
}

// record keeps the answer, in place of one that has expired, and clears away others that have.
func (a *attempt) record(ctx context.Context, tx *store.Tx, answer []byte) error {
	sealed, err := a.seal(answer)
	if err != nil {
		return err
	}
	now := instant.From(a.keys.now())
	err = tx.Together(ctx, store.Statement{
		SQL: `INSERT INTO idempotency_keys (id, input_hash, answer, expires_at, tenant_id) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET input_hash = excluded.input_hash, answer = excluded.answer, expires_at = excluded.expires_at`,
		Args: []any{a.id(), a.call.Input[:], sealed, now.Add(life), a.viewer.Tenant},
	}, sweep(tx, now))
	if err != nil {
		return fmt.Errorf("record an idempotency key, and clear away others: %w", err)
	}
	a.recorded = true
	return nil
}

// sweptAtOnce is how many expired answers are cleared away with each that is recorded: more than one, so
// that they get fewer.
const sweptAtOnce = 10

// sweep deletes a few expired answers, of whichever tenant: nobody reads them any more.
func sweep(tx *store.Tx, now instant.Milli) store.Statement {
	skip := ""
	if tx.Postgres() {
		skip = " FOR UPDATE SKIP LOCKED" // others who sweep do not wait, nor do callers who use a key anew
	}
	return store.Statement{SQL: `DELETE FROM idempotency_keys WHERE id IN
		(SELECT id FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?` + skip + `)`, Args: []any{now, sweptAtOnce}}
}
