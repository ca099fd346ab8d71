package idempotency

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Answers may hold what is shown only once: the secret of a token, the link to an export. So they are kept
// encrypted with a key made of the caller's, of which only a hash is kept: whoever reads the table can make nothing
// of them, unless a caller's key can be guessed.

// seal returns an answer as it is kept.
func (a *attempt) seal(answer []byte) (string, error) {
	box, err := a.box()
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(box.Seal(nil, nil, answer, a.call.Input[:])), nil //nolint:gosec // the box makes the nonce
}

// unseal returns the answer that was found.
func (a *attempt) unseal() ([]byte, error) {
	box, err := a.box()
	if err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(a.found.Answer)
	if err != nil {
		return nil, fmt.Errorf("read a kept answer: %w", err)
	}
	answer, err := box.Open(nil, nil, sealed, a.call.Input[:])
	if err != nil {
		return nil, fmt.Errorf("read a kept answer: %w", err)
	}
	return answer, nil
}

func (a *attempt) box() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(a.call.Key), []byte(a.id()), "purser answer", 32)
	if err != nil {
		return nil, fmt.Errorf("make a key for an answer: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make a key for an answer: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
