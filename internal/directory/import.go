package directory

import (
	"context"
	"fmt"
	"io"
	"strings"

	"purser/ent"
	"purser/internal/audit"
	"purser/internal/catalog"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/lines"
	"purser/internal/store"
	"purser/internal/viewer"
)

// Count says what an import did to things of one kind. Updated licenses and users of licenses
// that were released with their purchase are not counted again.
type Count struct{ Added, Updated, Unchanged int }

// Result says what an import did.
type Result struct {
	TenantID, Domain                             string
	Tenant, Users, Purchases, Licenses, Policies Count
	Released                                     int // licenses of purchases that became DELETED
	PassedOver                                   int // lines about licenses of purchases that are DELETED
}

func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", r.Domain, r.TenantID)
	for _, c := range []struct {
		what string
		n    Count
	}{{"tenant", r.Tenant}, {"users", r.Users}, {"purchases", r.Purchases}, {"licenses", r.Licenses}, {"policies", r.Policies}} {
		fmt.Fprintf(&b, "\n%s: %d added, %d updated, %d unchanged", c.what, c.n.Added, c.n.Updated, c.n.Unchanged)
	}
	if r.Released > 0 {
		fmt.Fprintf(&b, "\nlicenses released with their purchases: %d", r.Released)
	}
	if r.PassedOver > 0 {
		fmt.Fprintf(&b, "\nlicenses of DELETED purchases, passed over: %d", r.PassedOver)
	}
	return b.String()
}

// many is the number of changes from which on the planner's statistics are renewed.
const many = 1000

// Import takes over a tenant from JSON Lines, all of the file or nothing, in one transaction. A
// thing that is there already (found by domain, sign-in name, reference, or what it joins) takes
// over the fields that its line has, and keeps the others. The same file once more changes
// nothing. One event tells of the import, and one of every policy that it set. Open connections of the
// tenant's users are looked at again. It is for the
// command line. progress, which may be nil, is told the number of lines now and then.
//
// It returns a *lines.Error when something is wrong with the file.
func (d *Directory) Import(ctx context.Context, r io.Reader, progress func(lines int)) (Result, error) {
	var result Result
	again := rewinder(r)
	err := d.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := again(); err != nil {
			return err
		}
		products, err := catalog.Load(ctx, tx.Client)
		if err != nil {
			return err
		}
		im := &importer{
			d: d, tx: tx, products: products, now: instant.From(d.now()),
			file: lines.Open(r), bad: map[string]bool{}, touched: map[string]bool{},
			progress: progress,
		}
		if err := im.run(ctx); err != nil {
			return err
		}
		result = im.result
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	if result.Users.Updated > 0 {
		d.changes.Happened(ctx, result.TenantID)
	}
	if result.changes() >= many {
		if err := d.db.Analyze(ctx); err != nil {
			return result, fmt.Errorf("the import is done, but the statistics were not renewed: %w", err)
		}
	}
	return result, nil
}

// rewinder returns a function that is called before each attempt to read r, and goes back to
// where r began from the second time on.
func rewinder(r io.Reader) func() error {
	s, ok := r.(io.Seeker)
	var start int64
	if ok {
		var err error
		start, err = s.Seek(0, io.SeekCurrent)
		ok = err == nil // a pipe has the method, but cannot
	}
	first := true
	return func() error {
		if first {
			first = false
			return nil
		}
		if !ok {
			return fault.New(fault.Unavailable, "The database is busy; run the import again.")
		}
		_, err := s.Seek(start, io.SeekStart)
		return err
	}
}

// importer is one attempt at an import.
type importer struct {
	d        *Directory
	tx       *store.Tx
	file     *lines.File
	products *catalog.Index
	now      instant.Milli
	progress func(int)
	result   Result

	tenant     *ent.Tenant
	tenantSeen bool
	bad        map[string]bool // things that had something wrong: what refers to them is passed over

	// The lines that are waiting to be written: users first, then purchases, then licenses.
	// What a waiting line speaks of is touched; a line that changes such a thing waits for a new batch.
	users     []*userLine
	purchases []*purchaseLine
	licenses  []*licenseLine
	touched   map[string]bool

	plannedFor int // changes at which PostgreSQL last planned anew
}

// batch is how many lines are written together.
const batch = 500

func userKey(upnKey string) string  { return "user " + upnKey }
func purchaseKey(ref string) string { return "purchase " + ref }

func (im *importer) run(ctx context.Context) error {
	for im.file.Next() {
		r, ok := parse(im.file)
		if !ok {
			continue
		}
		if err := im.read(ctx, r); err != nil {
			return err
		}
		if len(im.users)+len(im.purchases)+len(im.licenses) >= batch {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	if !im.tenantSeen {
		im.file.Wrong(max(im.file.Number(), 1), "", "the tenant's own line is missing")
	}
	if err := im.file.Err(); err != nil {
		return err
	}
	return im.record(ctx)
}

// kind is the type of a line.
type kind string

const (
	kindTenant   kind = "tenant"
	kindUser     kind = "user"
	kindPurchase kind = "purchase"
	kindLicense  kind = "license"
	kindPolicy   kind = "policy"
)

var kinds = []kind{kindTenant, kindUser, kindPurchase, kindLicense, kindPolicy}

func (im *importer) read(ctx context.Context, r *record) error {
	t := enum(r, "type", kinds)
	if t == nil || r.failed {
		need(r, "type", t)
		return nil
	}
	k := kind(*t)
	if k != kindTenant && !im.tenantSeen {
		r.wrong("type", "comes before the tenant's own line")
	}
	switch k {
	case kindUser:
		return im.user(ctx, r)
	case kindPurchase:
		return im.purchase(ctx, r)
	case kindLicense:
		im.license(r)
	case kindPolicy:
		return im.policy(ctx, r)
	case kindTenant:
		return im.ownLine(ctx, r)
	}
	return nil
}

// flush writes what is waiting.
func (im *importer) flush(ctx context.Context) error {
	if im.tenant != nil {
		ctx = im.inTenant(ctx)
		for _, save := range []func(context.Context) error{im.saveUsers, im.savePurchases, im.saveLicenses} {
			if err := save(ctx); err != nil {
				return err
			}
		}
		if err := im.planAnew(ctx); err != nil {
			return err
		}
	}
	im.users, im.purchases, im.licenses = im.users[:0], im.purchases[:0], im.licenses[:0]
	clear(im.touched)
	if im.progress != nil {
		im.progress(im.file.Number())
	}
	return nil
}

// define flushes when a waiting line speaks of the thing that the next line is about.
func (im *importer) define(ctx context.Context, key string) error {
	if im.touched[key] {
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	im.touched[key] = true
	return nil
}

func (im *importer) inTenant(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.System(im.tenant.ID))
}

// count counts what became of one thing.
func (c *Count) count(added, changed bool) {
	switch {
	case added:
		c.Added++
	case changed:
		c.Updated++
	default:
		c.Unchanged++
	}
}

func (r *Result) changes() int {
	n := r.Released
	for _, c := range []Count{r.Tenant, r.Users, r.Purchases, r.Licenses, r.Policies} {
		n += c.Added + c.Updated
	}
	return n
}

// record leaves the event of the import, if it changed anything.
func (im *importer) record(ctx context.Context) error {
	if im.result.changes() == 0 {
		return nil
	}
	r, event := &im.result, audit.Event{Action: audit.TenantImported, Subject: im.tenant.ID}
	for _, c := range []struct {
		field string
		n     int
	}{
		{"tenant.added", r.Tenant.Added},
		{"tenant.updated", r.Tenant.Updated},
		{"users.added", r.Users.Added},
		{"users.updated", r.Users.Updated},
		{"purchases.added", r.Purchases.Added},
		{"purchases.updated", r.Purchases.Updated},
		{"licenses.added", r.Licenses.Added},
		{"licenses.updated", r.Licenses.Updated},
		{"licenses.released", r.Released},
		{"policies.added", r.Policies.Added},
		{"policies.updated", r.Policies.Updated},
	} {
		if c.n > 0 {
			event.Changes = append(event.Changes, audit.Changed(c.field, "", fmt.Sprint(c.n)))
		}
	}
	ctx = im.inTenant(ctx)
	if r.Users.Updated > 0 { // somebody may have been blocked, or have lost a role
		if err := im.d.changes.Announce(ctx, im.tx); err != nil {
			return err
		}
	}
	return im.d.trail.Record(ctx, im.tx, event)
}
