// Package bigtenant writes an import file of an organization in which everybody holds a license of
// a self-service purchase, and for which a central one stands ready: what a big move starts from.
package bigtenant

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
)

// product is what both purchases are of: Power BI Pro, of the built-in catalogue.
const product = "CFQ7TTC0H9MP"

// Tenant is the organization.
type Tenant struct {
	Domain string
	Users  int
	// Holders is how many of the users hold the central purchase too.
	Holders int
	// Seats is the quantity of the central purchase.
	Seats int
}

// line is one record of the file.
type line map[string]any

// Write writes the tenant with its users. The admin's sign-in name is admin@ the domain.
func (t Tenant) Write(w io.Writer) error {
	lines := []line{t.own(), {"type": "user", "userPrincipalName": "admin@" + t.Domain, "displayName": "Admin", "roles": []string{"GLOBAL_ADMIN"}}}
	for n := range t.Users {
		lines = append(lines, line{"type": "user", "userPrincipalName": t.user(n), "displayName": fmt.Sprintf("User %d", n), "mail": t.user(n)})
	}
	return write(w, lines)
}

// WritePair writes the two purchases, whose references are the name with -source and -target, and
// their licenses. Those of the source are in random order, as people join.
func (t Tenant) WritePair(w io.Writer, name string) error {
	source, target := name+"-source", name+"-target"
	lines := []line{
		t.own(),
		{"type": "purchase", "ref": source, "productId": product, "purchaser": t.user(0), "quantity": t.Users, "purchasedAt": "2026-01-05T09:00:00Z", "expiresAt": "2100-01-05T09:00:00Z"},
		{"type": "purchase", "ref": target, "productId": product, "purchaser": "admin@" + t.Domain, "source": "CENTRAL", "quantity": t.Seats, "purchasedAt": "2026-01-06T09:00:00Z", "expiresAt": "2100-01-06T09:00:00Z"},
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(t.Users) // the same each time
	for _, n := range order {
		lines = append(lines, line{"type": "license", "purchase": source, "user": t.user(n)})
	}
	for _, n := range order[:t.Holders] {
		lines = append(lines, line{"type": "license", "purchase": target, "user": t.user(n)})
	}
	return write(w, lines)
}

func (t Tenant) own() line {
	return line{"type": "tenant", "domain": t.Domain, "name": "Big", "country": "US"}
}

func (t Tenant) user(n int) string { return fmt.Sprintf("user%d@%s", n, t.Domain) }

func write(w io.Writer, lines []line) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return b.Flush()
}
