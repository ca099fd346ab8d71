package apitest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"purser/ent/purchase"
	"purser/internal/id"
	"purser/internal/viewer"
)

// Names calls things by what they are instead of by their ids:
//
//	@ten:contoso.example            a tenant
//	@usr:avery@contoso.example      a user
//	@prd:CFQ7TTC0H9MP               a product
//	@pur:contoso/avery/CFQ7TTC0H9MP a purchase: tenant, purchaser (or nobody), product; with /2 the second alike
//	@pol:contoso/CFQ7TTC0H9MP       a policy
//	@pli:contoso/CFQ7TTC0H9MP       a row of the licenses page
//	@mov1, @lic1 …                  anything else, by first appearance
//	@cur1 …                         a cursor, likewise
type Names struct {
	ids   map[string]string // by name
	names map[string]string // by id
	made  map[string]int    // how many of a kind were numbered
}

// Names returns the names of what the demo holds.
func (s *Server) Names(t *testing.T) *Names {
	t.Helper()
	n := &Names{ids: map[string]string{}, names: map[string]string{}, made: map[string]int{}}
	products := map[string]string{}
	for _, p := range s.DB.Client().Product.Query().AllX(t.Context()) {
		n.add("@prd:"+p.VendorProductID, p.ID)
		products[p.ID] = p.VendorProductID
	}
	for _, tenant := range s.DB.Client().Tenant.Query().AllX(t.Context()) {
		n.add("@ten:"+tenant.Domain, tenant.ID)
		label, _, _ := strings.Cut(tenant.Domain, ".")
		ctx := viewer.NewContext(t.Context(), viewer.System(tenant.ID))
		local := map[string]string{}
		for _, u := range s.DB.Client().User.Query().AllX(ctx) {
			n.add("@usr:"+u.UserPrincipalName, u.ID)
			local[u.ID], _, _ = strings.Cut(u.UserPrincipalName, "@")
		}
		for p, vendor := range products {
			n.add("@pol:"+label+"/"+vendor, id.Compose(id.Policy, id.Body(tenant.ID), id.Body(p)))
			n.add("@pli:"+label+"/"+vendor, id.Compose(id.ProductLicenses, id.Body(tenant.ID), id.Body(p)))
		}
		for _, p := range s.DB.Client().Purchase.Query().Order(purchase.ByID()).AllX(ctx) {
			by := "nobody"
			if p.PurchaserID != nil {
				by = local[*p.PurchaserID]
			}
			n.addPurchase(fmt.Sprintf("@pur:%s/%s/%s", label, by, products[p.ProductID]), p.ID)
		}
	}
	return n
}

func (n *Names) add(name, id string) { n.ids[name], n.names[id] = id, name }

func (n *Names) addPurchase(name, id string) {
	unique := name
	for i := 2; n.ids[unique] != ""; i++ {
		unique = fmt.Sprintf("%s/%d", name, i)
	}
	n.add(unique, id)
}

var nameInText = regexp.MustCompile(`@(ten|usr|prd|pur|pol|pli|gli|mov|req|evt|ntf|lic|tok|par|cur):?[^"\s]+`)

// IDs puts ids in the place of names.
func (n *Names) IDs(text string) string {
	return nameInText.ReplaceAllStringFunc(text, func(name string) string {
		if id := n.ids[name]; id != "" {
			return id
		}
		return name
	})
}

var (
	idInText     = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26,}`)
	secretInText = regexp.MustCompile(`psr_[0-9A-Za-z]+`)
	exportInText = regexp.MustCompile(`"url": "[^"]*"`)
	cursorInText = regexp.MustCompile(`(ursor": ")([^"]+)`)
)

// Named puts names in the place of ids, and leaves out what differs from run to run.
func (n *Names) Named(text string) string {
	text = secretInText.ReplaceAllString(text, "psr_…")
	text = exportInText.ReplaceAllString(text, `"url": "…"`)
	text = cursorInText.ReplaceAllStringFunc(text, func(field string) string {
		part := cursorInText.FindStringSubmatch(field)
		return part[1] + n.name(part[2], "cur")
	})
	return idInText.ReplaceAllStringFunc(text, func(id string) string { return n.name(id, id[:3]) })
}

// name returns what an id or a cursor is called; one that is new gets a number.
func (n *Names) name(id, kind string) string {
	if n.names[id] == "" {
		n.made[kind]++
		n.add(fmt.Sprintf("@%s%d", kind, n.made[kind]), id)
	}
	return n.names[id]
}
