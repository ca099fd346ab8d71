// Package id makes and reads the typed ids that the API, the database, logs and mails share.
//
// An id is a prefix that names its kind, an underscore, and a UUIDv7 in lower-case
// Crockford base32: 26 characters, so that ids of one kind sort by the time they were made.
package id

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"time"
)

// Kind is the prefix of an id: it names the table that the id belongs to.
type Kind string

// The kinds of things that have ids.
const (
	Tenant            Kind = "ten"
	User              Kind = "usr"
	Product           Kind = "prd"
	Purchase          Kind = "pur"
	License           Kind = "lic"
	Move              Kind = "mov"
	Notification      Kind = "ntf"
	AuditEvent        Kind = "evt"
	LicenseRequest    Kind = "req"
	APIToken          Kind = "tok"
	PartnerAccess     Kind = "par"
	Export            Kind = "exp"
	Policy            Kind = "pol" // tenant and product
	ProductLicenses   Kind = "pli" // tenant and product
	PurchaserLicenses Kind = "gli" // tenant, product, source and purchaser
)

const (
	prefixLen = 4 // three letters and the underscore
	bodyLen   = 26
	alphabet  = "0123456789abcdefghjkmnpqrstvwxyz"
)

// Source makes ids. It is safe for concurrent use.
type Source struct {
	now  func() time.Time
	rand io.Reader

	mu     sync.Mutex
	last   int64  // millisecond of the last id
	seq    uint16 // counts the ids of one millisecond: they sort in the order they were made
	random [8]byte
}

// NewSource returns a source that takes the time from now. It takes randomness for many ids at once.
func NewSource(now func() time.Time) *Source {
	return NewSourceFrom(now, bufio.NewReaderSize(rand.Reader, 1024))
}

// NewSourceFrom returns a source with its own randomness, which makes it repeatable.
func NewSourceFrom(now func() time.Time, random io.Reader) *Source {
	return &Source{now: now, rand: random}
}

// New returns a new id of the kind.
func (s *Source) New(k Kind) string {
	var u [16]byte
	s.mu.Lock()
	ms := max(s.now().UnixMilli(), s.last)
	if ms == s.last {
		s.seq++
		if s.seq > 0xfff { // 4096 ids in a millisecond: borrow from the next
			ms++
			s.seq = 0
		}
	} else {
		s.seq = 0
	}
	s.last = ms
	seq := s.seq
	_, err := io.ReadFull(s.rand, s.random[:])
	copy(u[8:], s.random[:])
	s.mu.Unlock()
	if err != nil {
		clear(u[8:]) // crypto/rand never fails; a repeatable source that ends is still unique by time and count
	}
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16|0x7000|uint64(seq))
	u[8] = u[8]&0x3f | 0x80
	return string(appendBody(append(append(make([]byte, 0, prefixLen+bodyLen), k...), '_'), u))
}

// Compose returns an id of kind k that is made of the bodies of other ids, in order.
func Compose(k Kind, parts ...string) string {
	var b strings.Builder
	b.WriteString(string(k) + "_")
	for _, p := range parts {
		b.WriteString(p)
	}
	return b.String()
}

// Body returns what follows the prefix of a well-formed simple id.
func Body(s string) string {
	if len(s) < prefixLen {
		return ""
	}
	return s[prefixLen:]
}

// KindOf returns the kind of a well-formed id, and "" for anything else.
func KindOf(s string) Kind {
	if len(s) < prefixLen+bodyLen || s[prefixLen-1] != '_' {
		return ""
	}
	k, want := Kind(s[:prefixLen-1]), bodyLen
	switch k {
	case Policy, ProductLicenses:
		want = 2 * bodyLen
	case PurchaserLicenses:
		want = 3*bodyLen + 1
	case Tenant, User, Product, Purchase, License, Move, LicenseRequest, Notification, AuditEvent, APIToken, PartnerAccess, Export:
	default:
		return ""
	}
	if body := s[prefixLen:]; len(body) != want || !inAlphabet(body) {
		return ""
	}
	return k
}

// Is tells whether s is a well-formed id of kind k.
func Is(s string, k Kind) bool { return KindOf(s) == k }

// Known returns a well-formed id as it is, and "" for anything else: no row has that, so a malformed
// id is an unknown one.
func Known(s string) string {
	if KindOf(s) == "" {
		return ""
	}
	return s
}

// Pair returns the ids of which a policy's or a licenses row's id is composed.
func Pair(s string) (tenant, product string, ok bool) {
	if k := KindOf(s); k != Policy && k != ProductLicenses {
		return "", "", false
	}
	b := s[prefixLen:]
	return string(Tenant) + "_" + b[:bodyLen], string(Product) + "_" + b[bodyLen:], true
}

func appendBody(b []byte, u [16]byte) []byte {
	var out [bodyLen]byte
	hi, lo := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	for i := bodyLen - 1; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return append(b, out[:]...)
}

func inAlphabet(s string) bool {
	for i := range len(s) {
		if !letters[s[i]] {
			return false
		}
	}
	return true
}

// letters tells which bytes are in the alphabet.
var letters = func() (is [256]bool) {
	for i := range len(alphabet) {
		is[alphabet[i]] = true
	}
	return is
}()
