package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"math"
	"net"
	"net/netip"
	"time"

	"purser/internal/fault"
	"purser/internal/viewer"
)

const (
	// tenantShare is how much more often than one credential all credentials of a tenant may come.
	tenantShare = 5
	// familiarFor is how long a token that was good is taken for a caller's before it is looked up again.
	familiarFor = 10 * time.Minute
)

// gate lets callers in as often as their credentials and tenants may come, and strangers as often as
// their addresses may. It says no before anything is looked up: a token that has been good lately goes by
// its credential's rate, any other by its address's, which gets back what turns out to be good.
type gate struct {
	credentials, tenants, addresses *rate
	familiar                        *table[owner] // by the token's hash
	now                             func() time.Time
	refused                         func(limit string)
}

// owner is whose a token was when it was last looked up.
type owner struct {
	caller *viewer.Caller
	seen   time.Time
}

func newGate(l Limits, now func() time.Time, refused func(limit string)) *gate {
	return &gate{
		credentials: newRate(l.Rate, l.Burst, now),
		tenants:     newRate(l.Rate*tenantShare, l.Burst*tenantShare, now),
		addresses:   newRate(l.Rate, l.Burst, now),
		familiar:    newTable(func(o owner) bool { return now().Sub(o.seen) > familiarFor }),
		now:         now, refused: refused,
	}
}

// visit is one request at the gate.
type visit struct {
	token, address string
	caller         *viewer.Caller // whose the token was lately; nil: nobody's
}

// stranger lets somebody in who shows nothing, or nothing that could be a credential.
func (g *gate) stranger(address string) error {
	return g.tooMany("address", g.addresses.take(address))
}

// arrive lets in who shows a token, so that it can be looked up.
func (g *gate) arrive(token, address string) (visit, error) {
	sum := sha256.Sum256([]byte(token))
	v := visit{token: string(sum[:]), address: address}
	o := g.familiar.get(v.token)
	if o.caller == nil || g.now().Sub(o.seen) > familiarFor {
		return v, g.stranger(address)
	}
	v.caller = o.caller
	return v, g.charge(o.caller)
}

// found tells whose the token is.
func (g *gate) found(v visit, c *viewer.Caller) error {
	o := owner{caller: c, seen: g.now()}
	g.familiar.change(v.token, func(owner) owner { return o })
	if v.caller != nil {
		return nil
	}
	g.addresses.giveBack(v.address)
	return g.charge(c)
}

// lost tells that the token is nobody's, any more.
func (g *gate) lost(v visit) { g.familiar.drop(v.token) }

func (g *gate) charge(c *viewer.Caller) error {
	credential := credentialOf(c)
	if wait := g.credentials.take(credential); wait > 0 {
		return g.tooMany("credential", wait)
	}
	wait := g.tenants.take(c.Home)
	if wait > 0 {
		g.credentials.giveBack(credential)
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

type addressKey struct{}

// withAddress notes where a request comes from: of an IPv6 address the part that one client does not
// choose for itself.
func withAddress(ctx context.Context, remote string) context.Context {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().Is6() {
		host = netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
	}
	return context.WithValue(ctx, addressKey{}, host)
}

func addressOf(ctx context.Context) string {
	s, _ := ctx.Value(addressKey{}).(string)
	return s
}
