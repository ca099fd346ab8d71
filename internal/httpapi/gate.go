package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"math"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"purser/internal/fault"
	"purser/internal/viewer"
)

const (
	// tenantShare is how much more often than one credential all credentials of a tenant may come.
	tenantShare = 5
	// familiarFor is how long a token that was good is taken for a caller's before it is looked up again.
	familiarFor = 10 * time.Minute
	// noted is how old what is known of a familiar token may get, so that it is not written down with each request.
	noted = time.Minute
)

// gate lets callers in as often as their credentials and tenants may come, and strangers as often as
// their addresses may. It says no before anything is looked up: a token that has been good lately goes by
// its credential's rate, any other by its address's, which gets back what turns out to be good.
//
// A familiar token takes no lock here, and writes but two numbers: what it has used up of its rates.
type gate struct {
	credentials, tenants, addresses *rate
	familiar                        *table[tokenHash, acquaintance]
	now                             clock
	refused                         func(limit string)
}

type tokenHash [sha256.Size]byte

// acquaintance is what is known of a token: whose it was lately. It is replaced, never changed; nil: nobody's.
type acquaintance = atomic.Pointer[owner]

// owner is whose a token was when it was looked up, and what they may still do.
type owner struct {
	caller             *viewer.Caller
	seen               time.Duration // by the gate's clock
	credential, tenant *meter
}

func newGate(l Limits, wall func() time.Time, refused func(limit string)) *gate {
	now := since(wall)
	g := &gate{
		credentials: newRate(l.Rate, l.Burst, now),
		tenants:     newRate(l.Rate*tenantShare, min(l.Burst, largestBurst)*tenantShare, now),
		addresses:   newRate(l.Rate, l.Burst, now),
		now:         now, refused: refused,
	}
	g.familiar = newTable(
		func(tokenHash) *acquaintance { return new(acquaintance) },
		func(a *acquaintance, anyway bool) bool { return anyway || lately(a, now()) == nil },
	)
	return g
}

// visit is one request at the gate.
type visit struct {
	token   tokenHash
	owner   *owner // whose the token was lately; nil: nobody's
	address *meter // what a stranger was charged to
}

// stranger lets somebody in who shows nothing, or nothing that could be a credential.
func (g *gate) stranger(address string) error {
	return g.tooMany("address", g.addresses.take(g.addresses.of(address), g.now()))
}

// arrive lets in who shows a token, so that it can be looked up. Where they come from is asked of strangers alone.
func (g *gate) arrive(token string, address func() string) (visit, error) {
	v, now := visit{token: sha256.Sum256([]byte(token))}, g.now()
	if v.owner = lately(g.familiar.get(v.token), now); v.owner != nil {
		return v, g.charge(v.owner, now)
	}
	v.address = g.addresses.of(address())
	return v, g.tooMany("address", g.addresses.take(v.address, now))
}

// lately returns whose a token was, unless that is too long ago.
func lately(a *acquaintance, now time.Duration) *owner {
	if a == nil {
		return nil
	}
	o := a.Load()
	if o == nil || now-o.seen > familiarFor+noted {
		return nil
	}
	return o
}

// found tells whose the token is.
func (g *gate) found(v visit, c *viewer.Caller) error {
	now := g.now()
	if v.owner != nil && now-v.owner.seen < noted && v.owner.caller.SameAs(c) {
		return nil
	}
	o := &owner{caller: c, seen: now, credential: g.credentials.of(credentialOf(c)), tenant: g.tenants.of(c.Home)}
	g.familiar.add(v.token).Store(o)
	if v.owner != nil {
		return nil
	}
	g.addresses.giveBack(v.address)
	return g.charge(o, now)
}

// lost tells that the token is nobody's, any more.
func (g *gate) lost(v visit) {
	if a := g.familiar.get(v.token); a != nil {
		a.Store(nil)
	}
}

func (g *gate) charge(o *owner, now time.Duration) error {
	if wait := g.credentials.take(o.credential, now); wait > 0 {
		return g.tooMany("credential", wait)
	}
	wait := g.tenants.take(o.tenant, now)
	if wait > 0 {
		g.credentials.giveBack(o.credential)
	}
	return g.tooMany("tenant", wait)
}

// tooMany is the refusal of who has to wait; nil for nobody.
func (g *gate) tooMany(limit string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	g.refused(limit + " rate")
	seconds := int(math.Ceil(wait.Seconds()))
	return fault.New(fault.RateLimited, "Too many requests from this %s. Try again in %d s.", limit, seconds).With("retryAfter", seconds)
}

// credentialOf names a caller's credential; one that has no name of its own is its user's.
func credentialOf(c *viewer.Caller) string { return cmp.Or(c.Credential.ID, c.User, c.Home) }

// addressOf returns where a request comes from: of an IPv6 address the part that one client does not
// choose for itself.
func addressOf(ctx context.Context) string {
	remote := entryOf(ctx).remote
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().Is6() {
		host = netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
	}
	return host
}
