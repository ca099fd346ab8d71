package access

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// A secret is psr_, thirty random characters, and six that check them: what was mistyped or cut
// off is recognised without asking the database, and scanners find leaked ones without guessing.
const (
	secretStart  = "psr_"
	randomLen    = 30
	checksumLen  = 6
	secretLen    = len(secretStart) + randomLen + checksumLen
	shownLen     = 10 // how much of a secret is kept to tell tokens apart
	base62       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	fairByte     = 256 - 256%len(base62) // from here on the remainder would favour some characters
	randomAtOnce = 64
)

// newSecret returns a fresh secret.
func newSecret(random io.Reader) (string, error) {
	body := make([]byte, 0, randomLen)
	var buf [randomAtOnce]byte
	for len(body) < randomLen {
		if _, err := io.ReadFull(random, buf[:]); err != nil {
			return "", fmt.Errorf("make a secret: %w", err)
		}
		for _, b := range buf {
			if int(b) < fairByte && len(body) < randomLen {
				body = append(body, base62[int(b)%len(base62)])
			}
		}
	}
	check := checksum(string(body))
	return secretStart + string(body) + string(check[:]), nil
}

// checksum returns the CRC-32 of a secret's random part in base 62.
func checksum(random string) (out [checksumLen]byte) {
	n := crc32.ChecksumIEEE([]byte(random))
	for i := checksumLen - 1; i >= 0; i-- {
		out[i] = base62[n%uint32(len(base62))]
		n /= uint32(len(base62))
	}
	return out
}

// wellFormed tells whether s may be a secret that newSecret made.
func wellFormed(s string) bool {
	if len(s) != secretLen || !strings.HasPrefix(s, secretStart) {
		return false
	}
	random, check := s[len(secretStart):len(secretStart)+randomLen], s[len(secretStart)+randomLen:]
	for i := range len(random) {
		if strings.IndexByte(base62, random[i]) < 0 {
			return false
		}
	}
	want := checksum(random)
	return check == string(want[:])
}

// hashOf returns what is stored of a secret. A secret is too random to be guessed from its hash,
// so that a fast one is enough.
func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
